//! What can only be seen of all objects together (calico.md 1.8).

#[cfg(not(target_arch = "wasm32"))]
mod calico;
#[cfg(not(target_arch = "wasm32"))]
mod cilium;
#[cfg(not(target_arch = "wasm32"))]
mod istio;
#[cfg(not(target_arch = "wasm32"))]
mod kubernetes;
#[cfg(not(target_arch = "wasm32"))]
mod named;
#[cfg(not(target_arch = "wasm32"))]
mod references;

use super::Resources;
use super::kubernetes::NetworkPolicy;
use super::object::{Metadata, ObjectId, Place};
use crate::pace::Pace;
use crate::problem::{Problem, Report, Segment, Severity};
use std::collections::BTreeMap;

/// What it costs to hold one object against all others.
const DUPLICATE_UNITS: usize = 128;

/// Two objects of the same name: which of them holds would depend on the order of the input.
pub(super) async fn duplicates(
    resources: &Resources,
    dropped: &[Metadata],
    report: &Report,
    pace: &Pace,
) {
    // Two dialects have a kind NetworkPolicy; every other kind is one dialect's.
    let is_kubernetes = |policy: &NetworkPolicy| !policy.staged;
    let kubernetes = resources.network_policies.iter();
    let kubernetes = kubernetes.map(|policy| (is_kubernetes(policy), &policy.metadata));
    let others = metadata(resources)
        .chain(dropped)
        .map(|metadata| (false, metadata));
    let mut first: BTreeMap<(bool, &ObjectId), &Metadata> = BTreeMap::new();
    for (is_kubernetes, metadata) in others.chain(kubernetes) {
        pace.spend(DUPLICATE_UNITS).await;
        let Some(known) = first.get_mut(&(is_kubernetes, &metadata.id)) else {
            first.insert((is_kubernetes, &metadata.id), metadata);
            continue;
        };
        let place = |metadata: &Metadata| (metadata.document, metadata.item);
        let (earlier, later) = if place(known) <= place(metadata) {
            (*known, metadata)
        } else {
            (metadata, *known)
        };
        *known = earlier;
        report.add(defined_twice(earlier, later));
    }
}

fn defined_twice(earlier: &Metadata, later: &Metadata) -> Problem {
    let place = |metadata: &Metadata| {
        Place {
            document: metadata.document,
            item: metadata.item,
        }
        .to_string()
    };
    let message = format!(
        "defined twice: in {} and in {}",
        place(earlier),
        place(later)
    );
    later.problem(
        Severity::Error,
        "duplicate-object",
        keys(&["metadata", "name"]),
        message,
        "remove one of them",
    )
}

/// Names that stand for nothing in the input, and whatever else bites and only shows together.
#[cfg(not(target_arch = "wasm32"))]
pub(super) fn references(resources: &Resources, report: &Report) {
    references::tiers(resources, report);
    references::namespaces(resources, report);
    named::service_accounts(resources, report);
    named::ports(resources, report);
    calico::lost_labels(resources, report);
    cilium::policies(resources, report);
    istio::selectors(resources, report);
    istio::dry_runs(resources, report);
    istio::peer_authentications(resources, report);
    kubernetes::check(resources, report);
}

/// The metadata of every object, but for Kubernetes' NetworkPolicies.
fn metadata(resources: &Resources) -> impl Iterator<Item = &Metadata> {
    let tiers = resources.tiers.iter().map(|object| &object.metadata);
    let policies = resources.policies.iter().map(|object| &object.metadata);
    let network_sets = resources.network_sets.iter().map(|object| &object.metadata);
    let cilium_policies = resources
        .cilium_policies
        .iter()
        .map(|object| &object.metadata);
    let cidr_groups = resources.cidr_groups.iter().map(|object| &object.metadata);
    let authorization = resources
        .authorization_policies
        .iter()
        .map(|object| &object.metadata);
    let authentication = resources
        .peer_authentications
        .iter()
        .map(|object| &object.metadata);
    let pods = resources.pods.iter().map(|object| &object.metadata);
    let namespaces = resources.namespaces.iter().map(|object| &object.metadata);
    let service_accounts = resources
        .service_accounts
        .iter()
        .map(|object| &object.metadata);
    let workload_groups = resources
        .workload_groups
        .iter()
        .map(|object| &object.metadata);
    let cluster_policies = resources.cluster_policies.iter();
    let cluster_policies = cluster_policies.map(|object| &object.metadata);
    let nodes = resources.nodes.iter().map(|object| &object.metadata);
    tiers
        .chain(policies)
        .chain(network_sets)
        .chain(cilium_policies)
        .chain(cidr_groups)
        .chain(authorization)
        .chain(authentication)
        .chain(pods)
        .chain(namespaces)
        .chain(service_accounts)
        .chain(workload_groups)
        .chain(cluster_policies)
        .chain(nodes)
}

fn keys(names: &[&str]) -> Vec<Segment> {
    names
        .iter()
        .map(|name| Segment::Key((*name).to_owned()))
        .collect()
}
