//! The rules that are left for one peer: what it cannot match is gone before a request comes.

use super::{PeerAnswers, PolicyProgram, Program, RuleProgram};
use crate::model::{Layer, Subject};
use crate::peer::Peer;
use crate::terms::{Action, TierDefault};
use crate::truth::Truth;
use crate::verdict::RuleId;
use std::sync::Arc;

/// A program with every question about the peer answered.
#[derive(Debug)]
pub struct PeerRules {
    /// The tiers, as far as a request can get.
    pub tiers: Vec<PeerTier>,
    /// What the peer is to the program.
    pub answers: PeerAnswers,
    /// Whether a request of the peer may reach a staged policy.
    pub has_staged: bool,
    /// What the rules ask of a request.
    pub uses: Uses,
}

/// A tier and the rules of it that the peer can match.
#[derive(Debug)]
pub struct PeerTier {
    /// The system it belongs to.
    pub layer: Layer,
    /// What its end does.
    pub end: TierDefault,
    /// The end as a rule, of the first enforced policy that isolates; none if there is none.
    pub enforced_end: Option<RuleId>,
    /// The end as a rule, of the first policy of all that isolates.
    pub pending_end: Option<RuleId>,
    /// Position of the tier in the program.
    pub tier: usize,
    /// The rules, in order, by their position in [`Program::steps`].
    pub left: Vec<usize>,
    /// The rules that may change the headers of a request that this tier allows: all of them, also
    /// those behind one that decides.
    pub rewriters: Vec<usize>,
}

/// Which facts the rules ask for; nothing else need be fetched.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Uses {
    /// The method.
    pub method: bool,
    /// The path.
    pub path: bool,
    /// The authority.
    pub authority: bool,
    /// Headers that are not pseudo-headers.
    pub headers: bool,
    /// The destination port.
    pub port: bool,
    /// The source port.
    pub source_port: bool,
    /// The workload's own address.
    pub local_address: bool,
    /// The address that headers may name.
    pub remote_address: bool,
    /// The server name of the TLS handshake.
    pub server_name: bool,
    /// What filters ahead of ours wrote.
    pub metadata: bool,
}

impl PeerRules {
    /// No rules, for a direction that is not enforced.
    #[must_use]
    pub fn nothing() -> Self {
        Self {
            tiers: Vec::new(),
            answers: PeerAnswers::default(),
            has_staged: false,
            uses: Uses::default(),
        }
    }

    /// The rules of a program that are left for a peer.
    #[must_use]
    pub fn new(program: &Program, peer: &Peer) -> Self {
        Self::of(program, PeerAnswers::new(program, peer))
    }

    /// The rules of a program that are left for every peer of which it is told the same.
    #[must_use]
    pub fn of(program: &Program, answers: PeerAnswers) -> Self {
        let mut rules = Self {
            answers,
            ..Self::nothing()
        };
        let mut decided = None;
        for (index, tier) in program.tiers.iter().enumerate() {
            // No request gets past an earlier tier of the layer.
            if decided != Some(tier.layer) && rules.add_tier(program, index) {
                decided = Some(tier.layer);
            }
        }
        rules
    }

    /// How many rules are left.
    #[must_use]
    pub fn len(&self) -> usize {
        self.tiers.iter().map(|tier| tier.left.len()).sum()
    }

    /// Whether no rule is left.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Adds what is left of a tier; true if no request gets past it to the next of its layer.
    fn add_tier(&mut self, program: &Program, index: usize) -> bool {
        let (Some(tier), Some(steps)) = (program.tiers.get(index), program.steps.get(index)) else {
            return true;
        };
        let end_of =
            |policy: &PolicyProgram| RuleId::new(Arc::clone(&policy.id), program.direction, None);
        let mut isolating = tier.policies.iter().filter(|policy| policy.isolates);
        let mut kept = PeerTier {
            layer: tier.layer,
            end: tier.end,
            enforced_end: isolating.clone().find(|policy| !policy.staged).map(end_of),
            pending_end: isolating.next().map(end_of),
            tier: index,
            left: Vec::new(),
            rewriters: Vec::new(),
        };
        let mut decided = false;
        let mut passes_on = false;
        let mut last_policy = usize::MAX;
        for place in steps.of_peer(&self.answers) {
            let Some(step) = steps.steps.get(place) else {
                continue;
            };
            if decided && !step.rewrites {
                continue;
            }
            let ends = step.ends(&self.answers);
            if ends == Truth::False {
                continue;
            }
            if let Some(rule) = tier.rule(step) {
                self.uses.add(rule);
            }
            if step.rewrites {
                kept.rewriters.push(place);
            }
            if decided {
                continue;
            }
            kept.left.push(place);
            passes_on |= step.action == Action::Pass;
            decided = step.decides_all(ends);
            if decided && !tier.rewrites {
                (last_policy, _) = step.position;
                break;
            }
        }
        let reached = tier.policies.iter().take(last_policy.saturating_add(1));
        self.has_staged |= reached.into_iter().any(|policy| policy.staged);
        // Every request is decided here if nothing passes on, and the last rule, or the end, takes
        // what is left. Then later tiers need not be kept.
        let denied = kept.end == TierDefault::Deny && kept.enforced_end.is_some();
        self.tiers.push(kept);
        !passes_on && (decided || denied)
    }
}

impl Uses {
    fn add(&mut self, rule: &RuleProgram) {
        // What is changed is looked at first.
        self.headers |= !rule.rewrites.is_empty();
        for condition in &rule.conditions {
            self.add_condition(condition);
        }
    }

    fn add_condition(&mut self, condition: &super::Condition) {
        use super::Condition as C;
        match condition {
            C::Protocol(_) | C::NotProtocol(_) | C::Http => {}
            C::OwnNets(_) | C::OwnNotNets(_) | C::OwnAddress(_) | C::LocalNets(..) => {
                self.local_address = true;
            }
            C::SourcePorts(_) | C::SourceNotPorts(_) => self.source_port = true,
            C::Ports(_) | C::NotPorts(_) | C::PortRanges(..) => self.port = true,
            C::RemoteNets(..) => self.remote_address = true,
            C::Text(text) => self.add_text(text.subject()),
            C::Token(_) => self.metadata = true,
            C::AnyOf(alternatives) => {
                for condition in alternatives.iter().flatten() {
                    self.add_condition(condition);
                }
            }
            C::Methods(_) => self.method = true,
            C::Paths(_) => self.path = true,
            C::Header(_) => self.headers = true,
        }
    }

    fn add_text(&mut self, subject: &Subject) {
        match subject {
            Subject::ServerName => self.server_name = true,
            Subject::Metadata(..) => self.metadata = true,
            Subject::Domain => {
                self.server_name = true;
                self.authority = true;
            }
            Subject::Method => self.method = true,
            Subject::Host | Subject::Authority => self.authority = true,
            Subject::Path | Subject::Target => self.path = true,
            Subject::Header(_) | Subject::SoleHeader(_) => self.headers = true,
        }
    }
}
