//! Istio's order of policies (istio.md 1.6): AUDIT is recorded, a DENY that matches is final, and
//! once an ALLOW policy governs a workload, what none of them matches is denied.

mod clauses;
mod sources;

use self::sources::Peer;
use super::labels::NAMESPACE_LABEL;
use super::{Clause, Interest, Layer, MutualTls, Policy, Rule, Tier};
use crate::gather;
use crate::pace::Pace;
use crate::resources::Resources;
use crate::resources::istio::{
    self, AuthorizationPolicy, Condition, PeerAuthentication, PolicyAction,
};
use crate::selector::Selector;
use crate::terms::{Action, TierDefault};
use crate::verdict::PolicyId;
use std::sync::Arc;

/// Name and end of each tier, and which policies it has; mutual TLS comes in front of them, where
/// programs are compiled.
const TIERS: [(&str, TierDefault, PolicyAction); 3] = [
    ("audit", TierDefault::Pass, PolicyAction::Audit),
    ("deny", TierDefault::Pass, PolicyAction::Deny),
    ("allow", TierDefault::Deny, PolicyAction::Allow),
];

/// What it costs to spell out a rule.
const RULE_UNITS: usize = 512;

/// The tiers of Istio's policies.
pub(super) async fn tiers(resources: &Resources, interest: &Interest, pace: &Pace) -> Vec<Tier> {
    let mut tiers = Vec::new();
    for (name, end, action) in TIERS {
        let policies = resources.authorization_policies.iter();
        let policies = policies.filter(|policy| policy.action == action);
        // Within a tier the order decides only which of several rules is named.
        let policies = policies
            .map(|policy| (&policy.metadata.id, policy))
            .collect();
        let policies = gather::sorted(policies, pace).await;
        let mut tier = Tier {
            layer: Layer::Istio,
            name: name.to_owned(),
            end,
            policies: Vec::new(),
        };
        for (_, policy) in policies {
            let mut policy = spell_policy(policy, name);
            let rules = policy.ingress.as_ref().map_or(0, Vec::len);
            interest.trim_spelt(&mut policy);
            tier.policies.push(policy);
            pace.spend(RULE_UNITS.saturating_mul(rules.saturating_add(1)))
                .await;
        }
        if !tier.policies.is_empty() {
            tiers.push(tier);
        }
    }
    tiers
}

/// What the peer authentications say, in the order of the objects.
pub(super) fn mutual_tls(resources: &Resources) -> Vec<MutualTls> {
    let said = |policy: &PeerAuthentication| MutualTls {
        namespace: policy.metadata.id.namespace.clone(),
        name: policy.metadata.id.name.clone(),
        document: policy.metadata.document,
        created: policy.created.clone(),
        selector: policy.selector.clone(),
        mode: policy.mode,
        ports: policy.ports.clone(),
    };
    resources.peer_authentications.iter().map(said).collect()
}

fn spell_policy(policy: &AuthorizationPolicy, tier: &str) -> Policy {
    let id = &policy.metadata.id;
    let namespace = id.namespace.as_deref().unwrap_or_default();
    let action = match policy.action {
        PolicyAction::Allow => Action::Allow,
        PolicyAction::Deny => Action::Deny,
        PolicyAction::Audit => Action::Log,
    };
    let rules = policy.rules.iter().enumerate();
    let rules = rules.flat_map(|(index, rule)| spell_rule(rule, index, action, namespace));
    let mut applies_to = policy.scope.selector.clone();
    if policy.scope.is_targeted {
        // What names gateways means those of its own namespace, in the root namespace too.
        applies_to = applies_to.and(Selector::equals(NAMESPACE_LABEL, namespace));
    }
    Policy {
        id: Arc::new(PolicyId {
            dialect: "istio",
            tier: Some(tier.to_owned()),
            kind: id.kind,
            namespace: id.namespace.clone(),
            name: id.name.clone(),
        }),
        document: policy.metadata.document,
        staged: policy.dry_run,
        isolates: policy.action == PolicyAction::Allow,
        home: (!policy.scope.is_targeted).then(|| namespace.to_owned()),
        applies_to,
        ingress: Some(rules.collect()),
        egress: None,
    }
}

/// A rule for each source.
fn spell_rule(rule: &istio::Rule, index: usize, action: Action, namespace: &str) -> Vec<Rule> {
    let anyone = [Vec::new()];
    let sources = rule.from.as_deref().unwrap_or(&anyone);
    let spell = |source: &Vec<Condition>| {
        let mut spelt = Rule::new(index, action);
        let mut peer = Peer::new(namespace, action);
        for condition in source.iter().chain(&rule.when) {
            match clauses::clause(condition, action) {
                Some(clause) => spelt.clauses.push(clause),
                None => peer.add(condition),
            }
        }
        spelt.clauses.extend(operations(rule.to.as_deref(), action));
        spelt.source = peer.entity()?;
        Some(spelt)
    };
    sources.iter().filter_map(spell).collect()
}

/// What the operations ask; a single one needs no choice.
fn operations(operations: Option<&[Vec<Condition>]>, action: Action) -> Vec<Clause> {
    let all = |conditions: &Vec<Condition>| {
        let clause = |condition| clauses::clause(condition, action);
        conditions.iter().filter_map(clause).collect::<Vec<_>>()
    };
    match operations {
        None => Vec::new(),
        Some([only]) => all(only),
        Some(several) => vec![Clause::AnyOf(several.iter().map(all).collect())],
    }
}
