//! Calico's shorthands spelt out: from resources to tiers in evaluation order.

use super::{Entity, IdentityClause, NamespaceClause, Policy, Rule, Tier};
use crate::gather;
use crate::pace::Pace;
use crate::resources::Resources;
use crate::resources::calico::{
    self, EntityRule, NamespaceMatch, ServiceAccountMatch, TierDefault,
};
use crate::selector::Selector;
use crate::verdict::PolicyId;
use std::cmp::Ordering;
use std::collections::BTreeMap;
use std::sync::Arc;

/// The label that names an object's namespace.
pub(super) const NAMESPACE_LABEL: &str = "projectcalico.org/namespace";
/// The label that names a pod's service account.
pub(super) const SERVICE_ACCOUNT_LABEL: &str = "projectcalico.org/serviceaccount";

/// Tiers that exist without an object, with order and end (calico.md 1.4).
const FIXED_TIERS: [(&str, f64, TierDefault); 3] = [
    ("kube-admin", 1_000.0, TierDefault::Pass),
    ("default", 1_000_000.0, TierDefault::Deny),
    ("kube-baseline", 10_000_000.0, TierDefault::Pass),
];

/// What it costs to spell out a rule.
const RULE_UNITS: usize = 512;

/// The tiers that have policies, in the order of calico.md 3.1.
pub(super) async fn tiers(resources: &Resources, pace: &Pace) -> Vec<Tier> {
    let known = known_tiers(resources);
    let mut by_tier: BTreeMap<&str, Vec<&calico::Policy>> = BTreeMap::new();
    for policy in resources
        .policies
        .iter()
        .filter(|policy| policy.reaches_pods)
    {
        by_tier.entry(&policy.tier).or_default().push(policy);
    }
    let mut tiers: Vec<_> = by_tier
        .into_iter()
        .map(|(name, policies)| (known.get(name).copied(), name, policies))
        .collect();
    // A tier that does not exist comes after all that do (calico.md 3.1 row 2).
    tiers.sort_unstable_by(|(left, left_name, _), (right, right_name, _)| {
        let place = |tier: &Option<(Option<f64>, TierDefault)>| tier.and_then(|(order, _)| order);
        (left.is_none().cmp(&right.is_none()))
            .then_with(|| by_order(place(left), place(right)))
            .then_with(|| left_name.cmp(right_name))
    });
    let mut spelt = Vec::with_capacity(tiers.len());
    for (tier, name, policies) in tiers {
        spelt.push(spell_tier(name, tier, policies, pace).await);
    }
    spelt
}

fn known_tiers(resources: &Resources) -> BTreeMap<&str, (Option<f64>, TierDefault)> {
    let fixed = FIXED_TIERS.map(|(name, order, end)| (name, (Some(order), end)));
    let given = resources.tiers.iter().map(|tier| {
        (
            tier.metadata.id.name.as_str(),
            (tier.order, tier.default_action),
        )
    });
    // An object wins over the fixed tier of its name: clusters list the fixed ones as objects too.
    gather::map(fixed.into_iter().chain(given))
}

async fn spell_tier(
    name: &str,
    known: Option<(Option<f64>, TierDefault)>,
    mut policies: Vec<&calico::Policy>,
    pace: &Pace,
) -> Tier {
    policies.sort_unstable_by(|left, right| {
        by_order(left.order, right.order).then_with(|| tie_break(left).cmp(&tie_break(right)))
    });
    let mut tier = Tier {
        name: name.to_owned(),
        end: known.map_or(TierDefault::Deny, |(_, end)| end),
        policies: Vec::with_capacity(policies.len()),
    };
    for policy in policies {
        let rules = [&policy.ingress, &policy.egress].into_iter().flatten();
        let rules: usize = rules.map(Vec::len).sum();
        tier.policies.push(spell_policy(policy));
        pace.spend(RULE_UNITS.saturating_mul(rules.saturating_add(1)))
            .await;
    }
    tier
}

/// Numbers ascending, none last.
fn by_order(left: Option<f64>, right: Option<f64>) -> Ordering {
    let place = |order: Option<f64>| order.unwrap_or(f64::INFINITY);
    place(left).total_cmp(&place(right))
}

/// `name/namespace/kind`, byte by byte (calico.md 3.1 row 3).
fn tie_break(policy: &calico::Policy) -> impl Ord {
    let id = &policy.metadata.id;
    let namespace = id.namespace.as_deref().unwrap_or("");
    // No name has a slash, so the parts compare as the whole does once a slash ends each.
    (Ended(&id.name), Ended(namespace), id.kind)
}

/// Text that compares as if a slash followed it.
#[derive(PartialEq, Eq)]
struct Ended<'t>(&'t str);

impl Ended<'_> {
    fn bytes(&self) -> impl Iterator<Item = u8> {
        self.0.bytes().chain([b'/'])
    }
}

impl Ord for Ended<'_> {
    fn cmp(&self, other: &Self) -> Ordering {
        self.bytes().cmp(other.bytes())
    }
}

impl PartialOrd for Ended<'_> {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

fn spell_policy(policy: &calico::Policy) -> Policy {
    let id = &policy.metadata.id;
    let namespace = id.namespace.as_deref();
    let spell = |rules: &Option<Vec<calico::Rule>>| {
        rules.as_ref().map(|rules| {
            rules
                .iter()
                .map(|rule| spell_rule(rule, namespace))
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
        applies_to: applies_to(policy),
        ingress: spell(&policy.ingress),
        egress: spell(&policy.egress),
    }
}

/// Which workloads the policy governs (calico.md 2.3). `all()` in the policy's own selector keeps
/// its meaning; only inside the namespace and service account selectors is it narrowed.
fn applies_to(policy: &calico::Policy) -> Selector {
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

fn spell_rule(rule: &calico::Rule, namespace: Option<&str>) -> Rule {
    Rule {
        action: rule.action,
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
