//! Tiers and namespaces that objects name, and that the input does not have.

use super::{keys, metadata};
use crate::problem::{Report, Severity};
use crate::resources::Resources;
use crate::resources::object::Metadata;
use std::collections::{BTreeMap, BTreeSet};

/// Tiers that exist without an object (calico.md 1.4).
const FIXED_TIERS: [&str; 3] = ["default", "kube-admin", "kube-baseline"];

/// Most names that a help text lists.
const LISTED: usize = 20;

/// Policies in a tier that does not exist: Calico evaluates them all the same, after all tiers
/// that do, and denies at the end (calico.md 3.1).
pub(super) fn tiers(resources: &Resources, report: &Report) {
    let given = resources
        .tiers
        .iter()
        .map(|tier| tier.metadata.id.name.as_str());
    let known = BTreeSet::from_iter(given.chain(FIXED_TIERS));
    let list: Vec<&str> = known.iter().take(LISTED).copied().collect();
    let help = format!(
        "tiers are {}{}",
        list.join(", "),
        if known.len() > LISTED { ", …" } else { "" }
    );
    for policy in resources
        .policies
        .iter()
        .filter(|policy| !known.contains(&*policy.tier))
    {
        let message = format!(
            "tier `{}` does not exist: the policy comes after all tiers, and what it does not \
             decide is denied",
            policy.tier
        );
        let path = keys(&["spec", "tier"]);
        report.add(policy.metadata.problem(
            Severity::Warning,
            "unknown-tier",
            path,
            message,
            &help,
        ));
    }
}

/// Objects in a namespace whose object is not there, while others are: whatever selects by the
/// labels of namespaces does not see them.
pub(super) fn namespaces(resources: &Resources, report: &Report) {
    let names = resources.namespaces.iter();
    let known = BTreeSet::from_iter(names.map(|namespace| &*namespace.metadata.id.name));
    if known.is_empty() {
        return;
    }
    let groups = resources
        .workload_groups
        .iter()
        .map(|group| (&*group.namespace, &group.metadata, ["spec", "namespace"]));
    let policies = resources.network_policies.iter();
    let all = metadata(resources)
        .chain(policies.map(|policy| &policy.metadata))
        .filter_map(|object| {
            Some((
                object.id.namespace.as_deref()?,
                object,
                ["metadata", "namespace"],
            ))
        })
        // Service accounts come with every namespace and take no part by themselves.
        .filter(|(_, object, _)| object.id.kind != "ServiceAccount");
    let mut missing: BTreeMap<&str, (&Metadata, [&str; 2], usize)> = BTreeMap::new();
    for (namespace, object, path) in all.chain(groups).filter(|(name, ..)| !known.contains(name)) {
        let (_, _, count) = missing.entry(namespace).or_insert((object, path, 0));
        *count = count.saturating_add(1);
    }
    for (namespace, (object, path, count)) in missing {
        let others = match count {
            1 => String::new(),
            more => format!(", here and in {} more objects", more.saturating_sub(1)),
        };
        let message = format!(
            "no Namespace `{namespace}` is given{others}: namespace selectors see no labels for it"
        );
        let problem = object.problem(
            Severity::Warning,
            "unknown-namespace",
            keys(&path),
            message,
            "add the Namespace object",
        );
        report.add(problem);
    }
}
