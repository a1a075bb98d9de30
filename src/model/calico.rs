//! Calico's shorthands spelt out: from resources to policies.

use super::labels::{NAMESPACE_LABEL, SERVICE_ACCOUNT_LABEL};
use super::tiers::Ordered;
use super::{Entity, IdentityClause, NamespaceClause, Policy, Rule};
use crate::pace::Pace;
use crate::resources::Resources;
use crate::resources::calico::{self, EntityRule, NamespaceMatch, ServiceAccountMatch};
use crate::selector::Selector;
use crate::verdict::PolicyId;
use std::sync::Arc;

/// What it costs to spell out a rule.
const RULE_UNITS: usize = 512;

/// Calico's policies, each with its place.
pub(super) async fn policies(resources: &Resources, pace: &Pace) -> Vec<Ordered> {
    let mut spelt = Vec::new();
    for policy in &resources.policies {
        if !policy.reaches_pods {
            continue;
        }
        let rules = [&policy.ingress, &policy.egress].into_iter().flatten();
        let rules: usize = rules.map(Vec::len).sum();
        spelt.push(Ordered {
            tier: policy.tier.clone(),
            order: policy.order,
            policy: spell_policy(policy),
        });
        pace.spend(RULE_UNITS.saturating_mul(rules.saturating_add(1)))
            .await;
    }
    spelt
}

fn spell_policy(policy: &calico::Policy) -> Policy {
    let id = &policy.metadata.id;
    let namespace = id.namespace.as_deref();
    let spell = |rules: &Option<Vec<calico::Rule>>| {
        rules.as_ref().map(|rules| {
            let rules = rules.iter().enumerate();
            rules
                .map(|(index, rule)| spell_rule(index, rule, namespace))
                .collect()
        })
    };
    Policy {
        id: Arc::new(PolicyId {
            dialect: "calico",
            tier: Some(policy.tier.clone()),
            kind: id.kind,
            namespace: id.namespace.clone(),
            name: id.name.clone(),
        }),
        document: policy.metadata.document,
        staged: policy.kind.is_staged(),
        isolates: true,
        home: None,
        applies_to: applies_to(policy),
        ingress: spell(&policy.ingress),
        egress: spell(&policy.egress),
    }
}

/// Which workloads the policy governs (calico.md 2.3). `all()` in the policy's own selector keeps
/// its meaning; only inside the namespace and service account selectors is it narrowed.
pub(super) fn applies_to(policy: &calico::Policy) -> Selector {
    let mut whole = policy.selector.clone();
    if let Some(namespace) = &policy.metadata.id.namespace {
        whole = whole.and(Selector::equals(NAMESPACE_LABEL, namespace));
    }
    if let Some(selector) = &policy.namespace_selector {
        whole = whole.and(of_namespace(selector));
    }
    if let Some(selector) = &policy.service_account_selector {
        whole = whole.and(of_service_account(selector));
    }
    whole
}

fn of_namespace(selector: &Selector) -> Selector {
    selector
        .clone()
        .with_prefix("pcns.")
        .replace_all_with(&Selector::has(NAMESPACE_LABEL))
        .replace_global_with(&Selector::has(NAMESPACE_LABEL).negate())
}

fn of_service_account(selector: &Selector) -> Selector {
    selector
        .clone()
        .with_prefix("pcsa.")
        .replace_all_with(&Selector::has(SERVICE_ACCOUNT_LABEL))
}

fn spell_rule(index: usize, rule: &calico::Rule, namespace: Option<&str>) -> Rule {
    Rule {
        ip_version: rule.ip_version,
        protocol: rule.protocol,
        not_protocol: rule.not_protocol,
        source: spell_entity(&rule.source, namespace),
        source_ports: rule.source.ports.clone(),
        source_not_ports: rule.source.not_ports.clone(),
        destination: spell_entity(&rule.destination, namespace),
        ports: rule.destination.ports.clone(),
        not_ports: rule.destination.not_ports.clone(),
        http: rule.http.clone(),
        ..Rule::new(index, rule.action)
    }
}

/// One end of a rule (calico.md 2.4).
fn spell_entity(rule: &EntityRule, policy_namespace: Option<&str>) -> Entity {
    let namespace = which_namespace(rule, policy_namespace);
    let namespace_selector = match &namespace {
        NamespaceClause::Any => None,
        NamespaceClause::Named(name) => Some(Selector::equals(NAMESPACE_LABEL, name)),
        NamespaceClause::Labelled(selector) => Some(of_namespace(selector)),
    };
    let parts = [
        rule.service_accounts.as_ref().and_then(service_accounts),
        rule.selector.clone(),
        namespace_selector.or_else(|| global_only(rule)),
    ];
    let positive = parts.into_iter().flatten().reduce(Selector::and);
    let (member, not_member) = match (positive, rule.not_selector.clone()) {
        (Some(positive), Some(negative)) => (Some(positive.and(negative.negate())), None),
        (positive, negative) => (positive, negative),
    };
    Entity {
        nets: rule.nets.clone(),
        not_nets: rule.not_nets.clone(),
        member,
        not_member,
        identity: identity(rule.service_accounts.as_ref(), namespace),
        unknowable: rule.services.is_some(),
        ..Entity::default()
    }
}

/// The namespace clause: the rule's own, else the policy's namespace if the rule asks who at all.
fn which_namespace(rule: &EntityRule, policy_namespace: Option<&str>) -> NamespaceClause {
    let asks_who =
        rule.selector.is_some() || rule.not_selector.is_some() || rule.service_accounts.is_some();
    match (&rule.namespace_selector, policy_namespace) {
        (Some(NamespaceMatch::Selector(selector)), _) => {
            NamespaceClause::Labelled(selector.clone())
        }
        // `global()` says nothing of a principal; the members exclude every pod (calico.md 4.2).
        (Some(NamespaceMatch::Global), _) => NamespaceClause::Any,
        (None, Some(namespace)) if asks_who => NamespaceClause::Named(namespace.to_owned()),
        (None, _) => NamespaceClause::Any,
    }
}

fn global_only(rule: &EntityRule) -> Option<Selector> {
    let global = rule.namespace_selector == Some(NamespaceMatch::Global);
    global.then(|| Selector::has(NAMESPACE_LABEL).negate())
}

fn service_accounts(accounts: &ServiceAccountMatch) -> Option<Selector> {
    // In a rule `all()` keeps its meaning; only a policy's own selector narrows it (calico.md 2.3).
    let by_label = accounts
        .selector
        .clone()
        .map(|selector| selector.with_prefix("pcsa."));
    let by_name = (!accounts.names.is_empty())
        .then(|| Selector::is_in(SERVICE_ACCOUNT_LABEL, accounts.names.iter().cloned()));
    [by_label, by_name]
        .into_iter()
        .flatten()
        .reduce(Selector::and)
}

fn identity(accounts: Option<&ServiceAccountMatch>, namespace: NamespaceClause) -> IdentityClause {
    IdentityClause {
        service_accounts: accounts
            .map(|accounts| accounts.names.clone())
            .unwrap_or_default(),
        service_account_selector: accounts.and_then(|accounts| accounts.selector.clone()),
        namespace,
    }
}
