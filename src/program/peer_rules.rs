//! The rules that are left for one peer: what it cannot match is gone before a request comes.

use super::{PathIndex, PeerView, Program, RuleProgram};
use crate::model::{Layer, Subject};
use crate::peer::Peer;
use crate::terms::{Action, NamedPort, TierDefault};
use crate::truth::Truth;
use crate::verdict::RuleId;
use std::sync::Arc;

/// A program with every question about the peer answered.
#[derive(Debug)]
pub struct PeerRules {
    /// The tiers, as far as a request can get.
    pub tiers: Vec<PeerTier>,
    /// The named ports of the peer, if it is known which workload it is.
    pub named_ports: Option<Vec<NamedPort>>,
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
    /// Finds the rules that a path can match, where there are many.
    pub by_path: Option<PathIndex>,
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
    /// The HTTP part: method, path and headers.
    pub http: bool,
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
            named_ports: None,
            has_staged: false,
            uses: Uses::default(),
        }
    }

    /// The rules of a program that are left for a peer.
    #[must_use]
    pub fn new(program: &Program, peer: &Peer) -> Self {
        let directory = program.model.directory.read();
        let view = PeerView::new(peer, &directory, program.settings.recognition);
        let judged: Vec<Truth> = program
            .entities
            .iter()
            .map(|entity| view.judge(entity, &directory))
            .collect();
        let ends = |rule: &RuleProgram| {
            let who = judged.get(rule.peer).copied().unwrap_or(Truth::Unknown);
            rule.own_end
                .and(who)
                .and(view.judge_ip_version(rule.ip_version))
        };
        let mut rules = Self {
            named_ports: view.named_ports(),
            ..Self::nothing()
        };
        let mut decided = None;
        for (index, tier) in program.tiers.iter().enumerate() {
            // No request gets past an earlier tier of the layer.
            if decided != Some(tier.layer) && rules.add_tier(program, index, &ends) {
                decided = Some(tier.layer);
            }
        }
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
        let end_of = |policy: &super::PolicyProgram| RuleId {
            policy: Arc::clone(&policy.id),
            direction: program.direction,
            index: None,
        };
        let mut isolating = tier.policies.iter().filter(|policy| policy.isolates);
        let mut kept = PeerTier {
            layer: tier.layer,
            end: tier.end,
            enforced_end: isolating.clone().find(|policy| !policy.staged).map(end_of),
            pending_end: isolating.next().map(end_of),
            steps: Vec::new(),
            by_path: None,
            rewriters: Vec::new(),
        };
        let mut decided = false;
        let mut paths = Vec::new();
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
                let id = RuleId {
                    index: Some(rule.index),
                    ..end_of(policy)
                };
                if rewrites {
                    let rewriter = Step::new(id.clone(), rule, false, ends, position);
                    kept.rewriters.push(rewriter);
                }
                if decided {
                    continue;
                }
                let step = Step::new(id, rule, policy.staged, ends, position);
                decided = step.decides_all();
                paths.push(rule.paths());
                kept.steps.push(step);
                if decided && !tier.rewrites {
                    break 'policies;
                }
            }
        }
        kept.by_path = PathIndex::build(paths.into_iter());
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
        self.add_conditions(&rule.conditions);
    }

    fn add_conditions(&mut self, conditions: &[super::Condition]) {
        use super::Condition as C;
        for condition in conditions {
            match condition {
                C::Protocol(_) | C::NotProtocol(_) => {}
                C::OwnNets(_) | C::OwnNotNets(_) | C::LocalNets(..) => self.local_address = true,
                C::SourcePorts(_) | C::SourceNotPorts(_) => self.source_port = true,
                C::Ports(_) | C::NotPorts(_) | C::PortRanges(..) => self.port = true,
                C::RemoteNets(..) => self.remote_address = true,
                C::Text(text) => self.add_text(text.subject()),
                C::Token(_) => self.metadata = true,
                C::AnyOf(alternatives) => {
                    for conditions in alternatives {
                        self.add_conditions(conditions);
                    }
                }
                C::Http | C::Methods(_) | C::Paths(_) | C::Header(_) => self.http = true,
            }
        }
    }

    fn add_text(&mut self, subject: &Subject) {
        match subject {
            Subject::ServerName => self.server_name = true,
            Subject::Metadata(..) => self.metadata = true,
            Subject::Domain => {
                self.server_name = true;
                self.http = true;
            }
            Subject::Method
            | Subject::Host
            | Subject::Authority
            | Subject::Path
            | Subject::Target
            | Subject::Header(_)
            | Subject::SoleHeader(_) => self.http = true,
        }
    }
}
