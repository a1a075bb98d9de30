//! The rules that are left for one peer: what it cannot match is gone before a request comes.

use super::{PeerAnswers, Program, RuleIndex, RuleProgram};
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
    /// The rules, in order.
    pub steps: Vec<Step>,
    /// Finds the rules that a request can match, where there are many.
    pub index: Option<RuleIndex>,
    /// The rules that may change the headers of a request that this tier allows: all of them, also
    /// those behind one that decides.
    pub rewriters: Vec<Step>,
}

/// A rule that the peer can match: position of tier, policy and rule in the program.
#[derive(Debug)]
pub struct Step {
    /// The rule.
    pub rule: RuleId,
    /// What it does.
    pub action: Action,
    /// Whether it is only evaluated, never enforced.
    pub staged: bool,
    /// What its clauses about the ends say: True or Unknown.
    pub ends: Truth,
    /// Position of its tier, policy and rule in the program.
    pub position: (usize, usize, usize),
    /// Whether it asks anything of the request.
    pub conditional: bool,
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
        let ends = |rule: &RuleProgram| {
            let peer = answers.entity(rule.peer);
            let version = answers.ip_version(rule.ip_version);
            rule.own_end.and(peer).and(version)
        };
        let mut rules = Self::nothing();
        let mut decided = None;
        for (index, tier) in program.tiers.iter().enumerate() {
            // No request gets past an earlier tier of the layer.
            if decided != Some(tier.layer) && rules.add_tier(program, index, &ends) {
                decided = Some(tier.layer);
            }
        }
        rules.answers = answers;
        rules
    }

    /// How many rules are left.
    #[must_use]
    pub fn len(&self) -> usize {
        self.tiers.iter().map(|tier| tier.steps.len()).sum()
    }

    /// Whether no rule is left.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Adds what is left of a tier; true if no request gets past it to the next of its layer.
    fn add_tier(
        &mut self,
        program: &Program,
        tier_index: usize,
        ends: &dyn Fn(&RuleProgram) -> Truth,
    ) -> bool {
        let Some(tier) = program.tiers.get(tier_index) else {
            return true;
        };
        let id_of = |policy: &super::PolicyProgram, index| {
            RuleId::new(Arc::clone(&policy.id), program.direction, index)
        };
        let end_of = |policy: &super::PolicyProgram| id_of(policy, None);
        let mut isolating = tier.policies.iter().filter(|policy| policy.isolates);
        let mut kept = PeerTier {
            layer: tier.layer,
            end: tier.end,
            enforced_end: isolating.clone().find(|policy| !policy.staged).map(end_of),
            pending_end: isolating.next().map(end_of),
            steps: Vec::new(),
            index: None,
            rewriters: Vec::new(),
        };
        let mut decided = false;
        let mut rules = Vec::new();
        'policies: for (policy_index, policy) in tier.policies.iter().enumerate() {
            self.has_staged |= policy.staged;
            for (rule_index, rule) in policy.rules.iter().enumerate() {
                let rewrites = !rule.rewrites.is_empty() && !policy.staged;
                if decided && !rewrites {
                    continue;
                }
                let ends = ends(rule);
                if ends == Truth::False {
                    continue;
                }
                self.uses.add(rule);
                let position = (tier_index, policy_index, rule_index);
                let id = id_of(policy, Some(rule.index));
                if rewrites {
                    let rewriter = Step::new(id.clone(), rule, false, ends, position);
                    kept.rewriters.push(rewriter);
                }
                if decided {
                    continue;
                }
                let step = Step::new(id, rule, policy.staged, ends, position);
                decided = step.decides_all();
                rules.push(rule);
                kept.steps.push(step);
                if decided && !tier.rewrites {
                    break 'policies;
                }
            }
        }
        kept.index = RuleIndex::build(&rules);
        let is_last = kept.keeps_all();
        self.tiers.push(kept);
        is_last
    }
}

impl PeerTier {
    /// Whether every request is decided here, so that later tiers need not be kept: nothing passes
    /// on, and the last rule, or the end, takes what is left.
    fn keeps_all(&self) -> bool {
        let passes_on = self.steps.iter().any(|step| step.action == Action::Pass);
        let decided = self.steps.last().is_some_and(Step::decides_all);
        let denied = self.end == TierDefault::Deny && self.enforced_end.is_some();
        !passes_on && (decided || denied)
    }
}

impl Step {
    fn new(
        id: RuleId,
        rule: &RuleProgram,
        staged: bool,
        ends: Truth,
        position: (usize, usize, usize),
    ) -> Self {
        let conditional = !rule.conditions.is_empty();
        Self {
            rule: id,
            action: rule.action,
            staged,
            ends,
            position,
            conditional,
        }
    }

    /// Whether no request goes past this rule.
    fn decides_all(&self) -> bool {
        let met = match self.action {
            Action::Allow | Action::Pass => self.ends == Truth::True,
            Action::Deny => true,
            Action::Log => false,
        };
        met && !self.conditional && !self.staged
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
            C::OwnNets(_) | C::OwnNotNets(_) | C::LocalNets(..) => self.local_address = true,
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
