//! Who is behind an address, and who holds an identity.

#[cfg(feature = "objects")]
mod build;
mod classes;
#[cfg(feature = "objects")]
mod moving;
mod pods;
#[cfg(feature = "objects")]
mod renew;
#[cfg(feature = "compiled")]
mod serial;
mod there;

pub use self::pods::Stamp;
#[cfg(feature = "objects")]
pub use self::renew::{Change, Changes};

use self::classes::Classes;
use self::pods::Pods;
use self::there::There;
use super::RELEASE_UNITS;
use super::labels::{Inherited, NAMESPACE_LABEL, SERVICE_ACCOUNT_LABEL, SetLabels};
use super::workload::{NetworkSet, Workload};
use crate::gather;
use crate::pace::Pace;
use crate::spiffe::SpiffeId;
use crate::terms::NamedPort;
use ipnet::IpNet;
use litemap::LiteMap;
use prefix_trie::joint::JointPrefixMap;
use std::collections::BTreeMap;
use std::net::IpAddr;
use std::sync::Arc;

/// The name Calico adds to the labels of namespaces and service accounts.
const NAME_LABEL: &str = "projectcalico.org/name";
/// The name Kubernetes adds to the labels of namespaces.
const KUBERNETES_NAME_LABEL: &str = "kubernetes.io/metadata.name";
/// The label that sets pods apart from host endpoints and network sets.
pub(super) const ORCHESTRATOR_LABEL: &str = "projectcalico.org/orchestrator";

/// A namespace and a name in it.
type Namespaced = (String, String);

/// Every workload and network set, found by address or by identity.
#[derive(Default)]
pub struct Directory {
    namespaces: LiteMap<String, Arc<SetLabels>>,
    service_accounts: LiteMap<Namespaced, Arc<SetLabels>>,
    classes: Classes,
    by_address: BTreeMap<IpAddr, There>,
    pods: Pods,
    /// The addresses of nodes, each with the numbers of those that have it; of the same type as
    /// those of workloads, for its size.
    nodes: BTreeMap<IpAddr, There>,
    sets: Vec<NetworkSet>,
    sets_by_net: JointPrefixMap<IpNet, Vec<usize>>,
}

/// A pod, and where it is.
#[derive(Debug, Clone, Copy)]
pub struct Placed<'d> {
    /// What selectors see of it.
    pub workload: &'d Workload,
    /// Its addresses.
    pub addresses: &'d [IpAddr],
    /// The addresses of the node it runs on.
    pub node_addresses: &'d [IpAddr],
    /// Whether it is on the network of its host.
    pub host_network: bool,
}

impl std::fmt::Debug for Directory {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Directory")
            .field("workloads", &self.classes.len())
            .field("addresses", &self.by_address.len())
            .field("sets", &self.sets.len())
            .finish_non_exhaustive()
    }
}

/// What is at an address.
#[derive(Debug, Clone, Default)]
pub struct Members<'d> {
    /// The workloads; more than one only while a bundle lags behind the cluster.
    pub workloads: Vec<&'d Workload>,
    /// The network sets that contain it.
    pub sets: Vec<&'d NetworkSet>,
}

impl Directory {
    /// Frees it in slices.
    pub(super) async fn release(self, pace: &Pace) {
        pace.free(self.by_address, RELEASE_UNITS).await;
        self.pods.release(RELEASE_UNITS, pace).await;
        pace.free(self.nodes, RELEASE_UNITS).await;
        pace.free(self.service_accounts, RELEASE_UNITS).await;
        pace.free(self.namespaces, RELEASE_UNITS).await;
        self.classes.release(RELEASE_UNITS, pace).await;
    }

    /// What is at an address.
    #[must_use]
    pub fn at(&self, address: IpAddr) -> Members<'_> {
        let there = self.by_address.get(&address);
        let classes = there.into_iter().flat_map(There::classes);
        let workloads = classes.filter_map(|class| self.classes.get(class));
        let workloads = workloads.collect();
        let mut sets = Vec::new();
        for (_, of_net) in self.sets_by_net.cover(&IpNet::from(address)) {
            sets.extend_from_slice(of_net);
        }
        let sets = gather::numbers(sets);
        Members {
            workloads,
            sets: sets
                .iter()
                .filter_map(|index| self.sets.get(*index))
                .collect(),
        }
    }

    /// Whether a known node has this address.
    #[must_use]
    pub fn is_node(&self, address: IpAddr) -> bool {
        self.nodes.contains_key(&address)
    }

    /// Every address of the nodes that have one of these.
    #[must_use]
    pub fn of_same_nodes(&self, addresses: &[IpAddr]) -> Vec<IpAddr> {
        let there = addresses.iter().filter_map(|one| self.nodes.get(one));
        let numbers: Vec<_> = there.flat_map(There::classes).collect();
        let is_same = |there: &There| there.classes().any(|number| numbers.contains(&number));
        let nodes = self.nodes.iter().filter(|(_, there)| is_same(there));
        nodes.map(|(address, _)| *address).collect()
    }

    /// Every network set that has a network in it.
    pub fn sets(&self) -> impl Iterator<Item = &NetworkSet> {
        self.sets.iter().filter(|set| !set.nets.is_empty())
    }

    /// Every known workload that runs under this identity.
    #[must_use]
    pub fn holding(&self, id: &SpiffeId) -> Vec<&Workload> {
        self.classes.of(&id.namespace, &id.service_account)
    }

    /// The pod of that name.
    #[must_use]
    pub fn pod(&self, namespace: &str, name: &str) -> Option<Placed<'_>> {
        let pod = self.pods.get(namespace, name)?;
        Some(Placed {
            workload: self.classes.get(pod.class)?,
            addresses: pod.addresses.as_slice(),
            node_addresses: pod.node_addresses.as_slice(),
            host_network: pod.host_network,
        })
    }

    /// Whether any workload with an address is known.
    #[must_use]
    pub fn has_workloads(&self) -> bool {
        self.classes.len() > 0
    }

    /// How many different workloads there are; pods that are alike count once.
    #[must_use]
    pub fn workload_count(&self) -> usize {
        self.classes.len()
    }

    /// The labels of a namespace, without prefix, its names included even if it is not known.
    #[must_use]
    pub fn namespace_labels(&self, namespace: &str) -> Arc<SetLabels> {
        let known = self.namespaces.get(namespace).cloned();
        known.unwrap_or_else(|| Arc::new(named_namespace(namespace, &SetLabels::new_vec())))
    }

    /// The labels of a service account, without prefix, its name included even if it is not known.
    #[must_use]
    pub fn service_account_labels(&self, namespace: &str, name: &str) -> Arc<SetLabels> {
        let known = self
            .service_accounts
            .get(&(namespace.to_owned(), name.to_owned()))
            .cloned();
        known.unwrap_or_else(|| Arc::new(named_account(name, &SetLabels::new_vec())))
    }

    /// A workload as selectors see it (calico.md 2.2): own labels without the reserved prefixes,
    /// the forced ones, and those of its namespace and service account.
    #[must_use]
    pub fn workload(
        &self,
        namespace: &str,
        service_account: &str,
        labels: &SetLabels,
        named_ports: Vec<NamedPort>,
    ) -> Workload {
        let own = own_labels(namespace, service_account, labels);
        Workload {
            namespace: namespace.to_owned(),
            service_account: service_account.to_owned(),
            labels: Inherited {
                own,
                namespace: self.namespace_labels(namespace),
                service_account: self.service_account_labels(namespace, service_account),
            },
            named_ports,
        }
    }

    fn insert_set(&mut self, set: NetworkSet) {
        let index = self.sets.len();
        for net in &set.nets {
            self.sets_by_net.entry(net.trunc()).or_default().push(index);
        }
        self.sets.push(set);
    }
}

/// Own labels without the reserved prefixes, and the forced ones.
fn own_labels(namespace: &str, service_account: &str, labels: &SetLabels) -> SetLabels {
    let reserved = |key: &str| key.starts_with("pcns.") || key.starts_with("pcsa.");
    let own = labels.iter().filter(|(key, _)| !reserved(key));
    let mut own = gather::map(own.map(|(key, value)| (key.clone(), value.clone())));
    own.insert(NAMESPACE_LABEL.to_owned(), namespace.to_owned());
    own.insert(SERVICE_ACCOUNT_LABEL.to_owned(), service_account.to_owned());
    own.insert(ORCHESTRATOR_LABEL.to_owned(), "k8s".to_owned());
    own
}

fn named_namespace(name: &str, labels: &SetLabels) -> SetLabels {
    let mut labels = labels.clone();
    // Every namespace of a cluster has this one; manifests seldom spell it out.
    labels
        .entry(KUBERNETES_NAME_LABEL.to_owned())
        .or_insert_with(|| name.to_owned());
    labels.insert(NAME_LABEL.to_owned(), name.to_owned());
    labels
}

fn named_account(name: &str, labels: &SetLabels) -> SetLabels {
    let mut labels = labels.clone();
    labels.insert(NAME_LABEL.to_owned(), name.to_owned());
    labels
}
