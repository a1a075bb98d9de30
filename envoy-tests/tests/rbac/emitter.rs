//! A second translation of AuthorizationPolicy, into Envoy's native RBAC filters: from istio.md
//! section 1 alone, and never from what heliast does.

mod address;
mod domains;
mod host;
mod metadata;
mod path;
mod principal;
mod quirk;
mod rule;
mod scope;
mod side;
#[cfg(test)]
mod tests;
mod text;
mod token;

use std::collections::BTreeMap;

use anyhow::Result;
use serde_json::{Map, Value, json};

pub(crate) use quirk::Quirk;

use crate::policy::{Action, Policy};

const TYPE: &str = "type.googleapis.com/envoy.extensions.filters.http.rbac.v3.RBAC";

/// Who enforces, and what the mesh says.
#[derive(Clone, Debug)]
pub(crate) struct Workload {
    pub(crate) namespace: String,
    pub(crate) labels: BTreeMap<String, String>,
    pub(crate) root_namespace: String,
    /// The workload's own first, then its aliases.
    pub(crate) trust_domains: Vec<String>,
}

/// What a policy is taken to say where Istio's code means something else than the words do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Reading {
    /// As Istio's code has it.
    Code,
    /// As its author meant it: a namespace is no more than a namespace, an item of a list is what
    /// stands inside one pair of brackets, a star is any text.
    Author,
}

/// What policies are taken to mean.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Meaning<'m> {
    pub(crate) reading: Reading,
    /// How servers behind the filter compare.
    pub(crate) quirks: &'m [Quirk],
}

impl Meaning<'_> {
    /// As Envoy compares.
    pub(crate) const CODE: Self = Self {
        reading: Reading::Code,
        quirks: &[],
    };
}

/// Whether a policy is enforced at a workload, and not only tried.
pub(crate) fn enforces(document: &Value, workload: &Workload) -> bool {
    let policy = Policy::read(document);
    policy.is_ok_and(|policy| !policy.dry_run && scope::governs(&policy, workload))
}

/// The documents that govern a workload.
pub(crate) fn governing(documents: &[Value], workload: &Workload) -> Vec<Value> {
    let governs = |document: &&Value| {
        let policy = Policy::read(document);
        policy.is_ok_and(|policy| scope::governs(&policy, workload))
    };
    documents.iter().filter(governs).cloned().collect()
}

/// The filters of a workload, in the order of the chain (1.6): AUDIT, DENY, ALLOW; each only where
/// a policy of that action selects the workload.
pub(crate) fn filters(
    documents: &[Value],
    workload: &Workload,
    meaning: Meaning<'_>,
) -> Result<Vec<Value>> {
    let mut policies = Vec::new();
    for document in documents {
        let policy = Policy::read(document)?;
        if scope::governs(&policy, workload) {
            policies.push(policy);
        }
    }
    let mut filters = Vec::new();
    for action in [Action::Audit, Action::Deny, Action::Allow] {
        let of_action = policies.iter().filter(|policy| policy.action == action);
        let of_action: Vec<_> = of_action.collect();
        filters.extend(filter(action, &of_action, workload, meaning)?);
    }
    Ok(filters)
}

/// An RBAC filter of this configuration, as the chain has it.
pub(crate) fn in_chain(mut config: Map<String, Value>) -> Value {
    config.insert("@type".into(), TYPE.into());
    json!({"name": "envoy.filters.http.rbac", "typed_config": config})
}

/// A dry run makes shadow rules, and no more; an enforced policy without rules still makes the set
/// of rules, which is empty.
fn filter(
    action: Action,
    policies: &[&Policy],
    workload: &Workload,
    meaning: Meaning<'_>,
) -> Result<Option<Value>> {
    let (name, prefix) = match action {
        Action::Allow => ("ALLOW", "istio_dry_run_allow_"),
        Action::Deny => ("DENY", "istio_dry_run_deny_"),
        Action::Audit => ("LOG", "istio_dry_run_audit_"),
    };
    let mut config = Map::new();
    config.insert("shadow_rules_stat_prefix".into(), prefix.into());
    for (key, dry_run) in [("rules", false), ("shadow_rules", true)] {
        let of_kind = policies.iter().filter(|policy| policy.dry_run == dry_run);
        let of_kind: Vec<_> = of_kind.collect();
        if !of_kind.is_empty() {
            let mut set = Map::new();
            for policy in of_kind {
                set.extend(rule::of_policy(policy, workload, meaning)?);
            }
            config.insert(key.into(), json!({"action": name, "policies": set}));
        }
    }
    Ok((!policies.is_empty()).then(|| in_chain(config)))
}
