//! Resources: the users' own objects as types that cannot be wrong.
//!
//! First stage of the arrow (design section 1). One module per dialect; [`decode`] reads all
//! objects of an input, reports every mistake, and gives nothing if one of them is an error.

pub mod calico;
pub mod cilium;
pub mod core;
pub mod istio;
pub mod kubernetes;
pub mod label_selector;
pub mod object;
pub mod workload_group;

mod check;
mod expression;
mod kind;
mod label;
mod loader;
mod name;
mod network;
#[cfg(test)]
mod tests;

use self::calico::{NetworkSet, Policy, Tier};
use self::cilium::CidrGroup;
use self::core::{Namespace, Node, Pod, ServiceAccount};
use self::istio::{AuthorizationPolicy, PeerAuthentication};
use self::kubernetes::{ClusterPolicy, NetworkPolicy};
use self::loader::Loader;
use self::workload_group::WorkloadGroup;
use crate::bundle::Object;
use crate::pace::{Pace, at_once};
use crate::problem::{Problems, Report};
use serde_json::Value;

/// All objects of a bundle, by kind, each kind in the order of the input.
#[derive(Debug, Clone, Default)]
pub struct Resources {
    /// Calico tiers.
    pub tiers: Vec<Tier>,
    /// Calico policies of every kind, staged ones included, `stagedAction: Delete` left out.
    pub policies: Vec<Policy>,
    /// Calico network sets, namespaced and global.
    pub network_sets: Vec<NetworkSet>,
    /// Cilium policies of both kinds.
    pub cilium_policies: Vec<cilium::Policy>,
    /// Cilium's named lists of networks.
    pub cidr_groups: Vec<CidrGroup>,
    /// Istio's authorization policies.
    pub authorization_policies: Vec<AuthorizationPolicy>,
    /// Istio's peer authentications.
    pub peer_authentications: Vec<PeerAuthentication>,
    /// Kubernetes' policies, Calico's staged form of them included.
    pub network_policies: Vec<NetworkPolicy>,
    /// Policies of a Kubernetes cluster's administrators, of every kind.
    pub cluster_policies: Vec<ClusterPolicy>,
    /// Pods.
    pub pods: Vec<Pod>,
    /// Namespaces.
    pub namespaces: Vec<Namespace>,
    /// Service accounts.
    pub service_accounts: Vec<ServiceAccount>,
    /// Nodes.
    pub nodes: Vec<Node>,
    /// heliast's compact form of many pods that are alike.
    pub workload_groups: Vec<WorkloadGroup>,
}

/// What it costs to free an object, or a rule of a policy.
const RELEASE_UNITS: usize = 16;

impl Resources {
    /// Frees the objects in slices.
    pub async fn release(self, pace: &Pace) {
        let Self {
            tiers,
            policies,
            network_sets,
            cilium_policies,
            cidr_groups,
            authorization_policies,
            peer_authentications,
            network_policies,
            cluster_policies,
            pods,
            namespaces,
            service_accounts,
            nodes,
            workload_groups,
        } = self;
        for policy in policies {
            let rules = [&policy.ingress, &policy.egress].into_iter().flatten();
            let rules: usize = rules.map(Vec::len).sum();
            drop(policy);
            pace.spend(RELEASE_UNITS.saturating_mul(rules.saturating_add(1)))
                .await;
        }
        pace.free(cilium_policies, RELEASE_UNITS).await;
        pace.free(cidr_groups, RELEASE_UNITS).await;
        for policy in authorization_policies {
            let rules = policy.rules.len();
            drop(policy);
            pace.spend(RELEASE_UNITS.saturating_mul(rules.saturating_add(1)))
                .await;
        }
        pace.free(peer_authentications, RELEASE_UNITS).await;
        for policy in network_policies {
            let rules = [&policy.ingress, &policy.egress].into_iter().flatten();
            let units: usize = rules.flatten().map(kubernetes::Rule::entries).sum();
            drop(policy);
            pace.spend(RELEASE_UNITS.saturating_mul(units.saturating_add(1)))
                .await;
        }
        pace.free(cluster_policies, RELEASE_UNITS).await;
        pace.free(pods, RELEASE_UNITS).await;
        pace.free(workload_groups, RELEASE_UNITS).await;
        pace.free(network_sets, RELEASE_UNITS).await;
        pace.free(namespaces, RELEASE_UNITS).await;
        pace.free(service_accounts, RELEASE_UNITS).await;
        pace.free(nodes, RELEASE_UNITS).await;
        pace.free(tiers, RELEASE_UNITS).await;
    }
}

/// How much an input may ask for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Strictness {
    /// All that heliast can enforce: Calico's language, and `http` on every action, in both
    /// directions, with `headers`.
    Heliast,
    /// Only what Calico's own admission takes as well (calico.md 1.6), for policy that is applied
    /// to a cluster too.
    CalicoCompatible,
}

/// An input that can be used.
#[derive(Debug, Clone, Default)]
pub struct Loaded {
    /// Its objects.
    pub resources: Resources,
    /// What in it has no effect, or not the expected one.
    pub warnings: Problems,
}

/// Reads all objects of an input (design 6.2).
///
/// # Errors
///
/// If any object is in error, all problems of the whole input: it is taken whole or refused whole.
pub fn decode(objects: &[Value], strictness: Strictness) -> Result<Loaded, Problems> {
    let report = Report::default();
    let mut loader = Loader::new(&report, strictness);
    for (document, value) in objects.iter().enumerate() {
        loader.document(document, value);
    }
    let resources = at_once(loader.finish(&Pace::unbounded()));
    // What is missing can only be known of an input that was read to the end. It is for people who
    // write policy, and costs every sidecar start time: the module leaves it out.
    #[cfg(not(target_arch = "wasm32"))]
    if !report.is_refused() {
        check::references(&resources, &report);
    }
    conclude(resources, report)
}

/// Reads a pod of a bundle; none if it is in error, which is reported.
pub(crate) fn decode_pod(document: usize, value: &Value, report: &Report) -> Option<Pod> {
    let mut loader = Loader::new(report, Strictness::Heliast);
    loader.document(document, value);
    loader.into_pod()
}

/// Reads the objects of a bundle in slices, in as many parts as its user wants. Names that stand
/// for nothing are no concern here: who made the bundle was warned of them.
pub(crate) struct Reader<'r> {
    loader: Loader<'r>,
}

impl<'r> Reader<'r> {
    pub(crate) fn new(report: &'r Report) -> Self {
        let loader = Loader::new(report, Strictness::Heliast);
        Self { loader }
    }

    /// Reads some of the objects, each with its position in the bundle. `trim` sees each of
    /// Calico's policies before the next is read.
    pub(crate) async fn read<'o>(
        &mut self,
        objects: &mut dyn Iterator<Item = (usize, &'o Object)>,
        trim: &dyn Fn(&mut Policy),
        pace: &Pace,
    ) {
        for (document, object) in objects {
            // A canonical form is JSON; null would be refused as no object at all.
            let value = serde_json::from_slice(object.text.as_bytes()).unwrap_or_default();
            let policies = self.loader.resources.policies.len();
            self.loader.document(document, &value);
            let new = self.loader.resources.policies.get_mut(policies..);
            new.into_iter().flatten().for_each(trim);
            pace.spend(object.text.len()).await;
        }
    }

    /// What was read so far.
    pub(crate) fn resources(&self) -> &Resources {
        &self.loader.resources
    }

    /// All that was read, after it was held against each other.
    pub(crate) async fn finish(self, pace: &Pace) -> Resources {
        self.loader.finish(pace).await
    }
}

fn conclude(resources: Resources, report: Report) -> Result<Loaded, Problems> {
    let problems = report.into_problems();
    if problems.refused {
        return Err(problems);
    }
    Ok(Loaded {
        resources,
        warnings: problems,
    })
}
