//! From the model to the program of one workload and direction.

use super::condition::Condition;
use super::http;
use super::peer_view::PeerView;
use super::port_set::{End, PortSet};
use super::{Local, PolicyProgram, Program, RuleProgram, TierProgram};
use crate::model::{Entity, Model, Policy, Rule, Tier};
use crate::pace::{Pace, at_once};
use crate::peer::{PeerBinding, PlaintextPeers, Recognition};
use crate::truth::Truth;
use crate::verdict::{Direction, PolicyId, RuleId};
use std::collections::BTreeMap;
use std::sync::Arc;

/// What it costs to see whether a policy selects the workload.
const SELECT_UNITS: usize = 64;
/// What it costs to compile a rule.
const RULE_UNITS: usize = 1024;

impl Program {
    /// What `local` enforces in `direction` under the policy of `model`.
    #[must_use]
    pub fn compile(
        model: Arc<Model>,
        local: Local,
        direction: Direction,
        recognition: Recognition,
    ) -> Self {
        let pace = Pace::unbounded();
        at_once(Self::compile_in_slices(
            model,
            local,
            direction,
            recognition,
            &pace,
        ))
    }

    /// What `local` enforces in `direction` under the policy of `model`, compiled in slices.
    pub async fn compile_in_slices(
        model: Arc<Model>,
        local: Local,
        direction: Direction,
        recognition: Recognition,
        pace: &Pace,
    ) -> Self {
        let recognition = match direction {
            Direction::Ingress => recognition,
            // Whoever is called has shown no certificate yet: it is known by its address.
            Direction::Egress => Recognition {
                binding: PeerBinding::Address,
                plaintext: PlaintextPeers::ByAddress,
            },
        };
        let mut compiler = Compiler {
            model: &model,
            own_end: PeerView::of_local(&local, &model.directory),
            local: &local,
            direction,
            entities: BTreeMap::new(),
        };
        let mut tiers = Vec::new();
        for tier in &model.tiers {
            tiers.extend(compiler.tier(tier, pace).await);
        }
        let entities = compiler.into_entities();
        let profile = profile(&local.workload.namespace, direction);
        Self {
            model,
            local,
            direction,
            recognition,
            tiers,
            entities,
            profile,
        }
    }
}

struct Compiler<'m> {
    model: &'m Model,
    local: &'m Local,
    own_end: PeerView<'m>,
    direction: Direction,
    entities: BTreeMap<Entity, usize>,
}

impl Compiler<'_> {
    async fn tier(&mut self, tier: &Tier, pace: &Pace) -> Option<TierProgram> {
        let mut policies = Vec::new();
        for policy in &tier.policies {
            let compiled = self.policy(policy);
            let rules = compiled.as_ref().map_or(0, |policy| policy.rules.len());
            policies.extend(compiled);
            let units = rules.saturating_mul(RULE_UNITS);
            pace.spend(SELECT_UNITS.saturating_add(units)).await;
        }
        let governs = !policies.is_empty();
        governs.then(|| TierProgram {
            name: tier.name.clone(),
            end: tier.end,
            policies,
        })
    }

    fn policy(&mut self, policy: &Policy) -> Option<PolicyProgram> {
        let rules = policy.rules(self.direction)?;
        if !policy.applies_to.matches(&self.local.workload.labels) {
            return None;
        }
        let rules = rules
            .iter()
            .enumerate()
            .filter_map(|(index, rule)| self.rule(index, rule));
        Some(PolicyProgram {
            rules: rules.collect(),
            id: Arc::clone(&policy.id),
            document: policy.document,
            staged: policy.staged,
        })
    }

    /// The rule as it looks from this end; none if this end already fails it.
    fn rule(&mut self, index: usize, rule: &Rule) -> Option<RuleProgram> {
        let (own, peer) = match self.direction {
            Direction::Ingress => (&rule.destination, &rule.source),
            Direction::Egress => (&rule.source, &rule.destination),
        };
        let own_end = self.own_end.judge_who(own, &self.model.directory);
        let own_end = if own.unknowable {
            Truth::Unknown
        } else {
            own_end
        };
        let kept = own_end != Truth::False;
        kept.then(|| RuleProgram {
            index,
            action: rule.action,
            own_end,
            peer: self.intern(peer),
            ip_version: rule.ip_version,
            conditions: self.conditions(own, rule),
        })
    }

    fn intern(&mut self, entity: &Entity) -> usize {
        if let Some(index) = self.entities.get(entity) {
            return *index;
        }
        let index = self.entities.len();
        self.entities.insert(entity.clone(), index);
        index
    }

    fn into_entities(self) -> Vec<Entity> {
        let mut entities: Vec<_> = self.entities.into_iter().collect();
        entities.sort_unstable_by_key(|(_, index)| *index);
        entities.into_iter().map(|(entity, _)| entity).collect()
    }

    /// The clauses that ask something of the request, cheapest first.
    fn conditions(&self, own: &Entity, rule: &Rule) -> Vec<Condition> {
        let (source_end, destination_end) = match self.direction {
            Direction::Ingress => (End::Peer, End::Own),
            Direction::Egress => (End::Own, End::Peer),
        };
        let ports = |ports: &[_], end| {
            let asks = !ports.is_empty();
            asks.then(|| PortSet::compile(ports, end, self.local))
        };
        let nets = |nets: &[_]| (!nets.is_empty()).then(|| nets.to_vec());
        let mut conditions: Vec<Condition> = [
            rule.protocol.map(Condition::Protocol),
            rule.not_protocol.map(Condition::NotProtocol),
            nets(&own.nets).map(Condition::OwnNets),
            nets(&own.not_nets).map(Condition::OwnNotNets),
            ports(&rule.source_ports, source_end).map(Condition::SourcePorts),
            ports(&rule.source_not_ports, source_end).map(Condition::SourceNotPorts),
            ports(&rule.ports, destination_end).map(Condition::Ports),
            ports(&rule.not_ports, destination_end).map(Condition::NotPorts),
        ]
        .into_iter()
        .flatten()
        .collect();
        if let Some(http) = &rule.http {
            conditions.extend(http::conditions(http));
        }
        conditions
    }
}

/// The profile every Kubernetes namespace has: it allows all (calico.md 2.5).
fn profile(namespace: &str, direction: Direction) -> RuleId {
    let policy = Arc::new(PolicyId {
        dialect: "calico",
        tier: None,
        kind: "Profile",
        namespace: None,
        name: format!("kns.{namespace}"),
    });
    RuleId {
        policy,
        direction,
        index: Some(0),
    }
}
