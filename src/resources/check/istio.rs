//! What Istio's objects say together (istio.md 1.6, 1.8, 2).

use super::keys;
use crate::problem::{Report, Segment, Severity};
use crate::resources::Resources;
use crate::resources::istio::{PeerAuthentication, PolicyAction, ROOT_NAMESPACE};
use crate::resources::object::Metadata;
use crate::selector::Selector;
use litemap::LiteMap;
use std::collections::{BTreeMap, BTreeSet};

fn warn(
    report: &Report,
    metadata: &Metadata,
    code: &'static str,
    field: &[&str],
    message: &str,
    help: &str,
) {
    let path: Vec<Segment> = keys(field);
    report.add(metadata.problem(Severity::Warning, code, path, message.to_owned(), help));
}

/// Policies that select no workload of the input.
pub(super) fn selectors(resources: &Resources, report: &Report) {
    let pods = resources.pods.iter().map(|pod| {
        let namespace = pod.metadata.id.namespace.as_deref().unwrap_or_default();
        (namespace, &pod.metadata.labels)
    });
    let groups = resources
        .workload_groups
        .iter()
        .map(|group| (group.namespace.as_str(), &group.labels));
    // Pods that are alike are one entry: a fleet has far fewer kinds of them than pods.
    let workloads = BTreeSet::from_iter(pods.chain(groups));
    if workloads.is_empty() {
        return;
    }
    let policies = resources
        .authorization_policies
        .iter()
        .filter(|policy| policy.scope.has_labels && !policy.scope.is_targeted)
        .map(|policy| (&policy.metadata, &policy.scope.selector));
    let peers = resources
        .peer_authentications
        .iter()
        .filter_map(|policy| Some((&policy.metadata, policy.selector.as_ref()?)));
    for (metadata, selector) in policies.chain(peers) {
        let namespace = metadata.id.namespace.as_deref().unwrap_or_default();
        let is_meant = |(of, labels): &(&str, &LiteMap<String, String>)| {
            (namespace == ROOT_NAMESPACE || namespace == *of) && selector.matches(*labels)
        };
        if !workloads.iter().any(is_meant) {
            warn(
                report,
                metadata,
                "istio-selector-no-workload",
                &["spec", "selector"],
                "selects no workload that is given",
                "compare it with the labels of the pods of its namespace",
            );
        }
    }
}

/// Dry runs of ALLOW policies beside which nothing is allowed for good: then nothing is denied
/// by default either.
pub(super) fn dry_runs(resources: &Resources, report: &Report) {
    let allows = || {
        let policies = resources.authorization_policies.iter();
        policies.filter(|policy| policy.action == PolicyAction::Allow)
    };
    let enforced = BTreeSet::from_iter(
        allows()
            .filter(|policy| !policy.dry_run)
            .map(|policy| policy.metadata.id.namespace.as_deref()),
    );
    let is_guarded = |metadata: &Metadata| {
        enforced.contains(&Some(ROOT_NAMESPACE))
            || enforced.contains(&metadata.id.namespace.as_deref())
    };
    for policy in allows().filter(|policy| policy.dry_run && !is_guarded(&policy.metadata)) {
        warn(
            report,
            &policy.metadata,
            "istio-dry-run-no-allow",
            &["metadata", "annotations"],
            "no ALLOW policy beside this dry run is enforced: nothing is denied by default",
            "that is what a dry run is for; remove the annotation to enforce it",
        );
    }
}

/// Peer authentications without effect.
pub(super) fn peer_authentications(resources: &Resources, report: &Report) {
    let mut winners: BTreeMap<(Option<&str>, Option<&Selector>), &PeerAuthentication> =
        BTreeMap::new();
    for policy in &resources.peer_authentications {
        let namespace = policy.metadata.id.namespace.as_deref();
        if namespace == Some(ROOT_NAMESPACE) && policy.selector.is_some() {
            warn(
                report,
                &policy.metadata,
                "istio-root-selector",
                &["spec", "selector"],
                "a selector has no place in the root namespace: the object has no effect",
                "move it to the namespace of the workloads",
            );
            continue;
        }
        let level = (namespace, policy.selector.as_ref());
        let Some(winner) = winners.get_mut(&level) else {
            winners.insert(level, policy);
            continue;
        };
        let mut loser = policy;
        if policy.age() < winner.age() {
            std::mem::swap(winner, &mut loser);
        }
        warn(
            report,
            &loser.metadata,
            "istio-several-peer-authentications",
            &["metadata", "name"],
            "an older object speaks for the same workloads: this one has no effect",
            "make one object of them",
        );
    }
}
