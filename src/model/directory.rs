//! Who is behind an address, and who holds an identity.

#[cfg(feature = "compiled")]
mod serial;

use super::RELEASE_UNITS;
use super::labels::{Inherited, SetLabels};
use super::labels::{NAMESPACE_LABEL, SERVICE_ACCOUNT_LABEL};
use super::workload::{NetworkSet, Workload};
use crate::gather;
use crate::pace::Pace;
#[cfg(feature = "objects")]
use crate::resources::Resources;
#[cfg(feature = "objects")]
use crate::resources::core::Pod;
#[cfg(feature = "objects")]
use crate::resources::workload_group::WorkloadGroup;
use crate::spiffe::SpiffeId;
use crate::terms::NamedPort;
use ipnet::IpNet;
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

/// What it costs to take in a workload, a set or the labels of a namespace.
#[cfg(feature = "objects")]
const WORKLOAD_UNITS: usize = 512;
/// What it costs to take in one more address or network of it.
#[cfg(feature = "objects")]
const ADDRESS_UNITS: usize = 64;

/// A namespace and a name in it.
type Namespaced = (String, String);

/// Every workload and network set, found by address or by identity.
#[derive(Default)]
pub struct Directory {
    namespaces: BTreeMap<String, Arc<SetLabels>>,
    service_accounts: BTreeMap<Namespaced, Arc<SetLabels>>,
    workloads: Vec<Workload>,
    by_address: BTreeMap<IpAddr, Vec<usize>>,
    by_identity: BTreeMap<Namespaced, Vec<usize>>,
    by_name: BTreeMap<Namespaced, PodEntry>,
    /// The addresses of nodes; of the same type as those of workloads, for its size.
    nodes: BTreeMap<IpAddr, Vec<usize>>,
    sets: Vec<NetworkSet>,
    sets_by_net: JointPrefixMap<IpNet, Vec<usize>>,
}

/// The pod of a name.
struct PodEntry {
    workload: usize,
    addresses: Vec<IpAddr>,
    node_addresses: Vec<IpAddr>,
    host_network: bool,
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
            .field("workloads", &self.workloads.len())
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
    #[cfg(feature = "objects")]
    /// The directory of these resources.
    pub async fn build(resources: &Resources, pace: &Pace) -> Self {
        let mut directory = Self {
            namespaces: namespaces(resources, pace).await,
            service_accounts: service_accounts(resources, pace).await,
            ..Self::default()
        };
        let mut known = BTreeMap::new();
        for pod in &resources.pods {
            directory.add_pod(pod, &mut known);
            pace.spend(WORKLOAD_UNITS).await;
        }
        for group in &resources.workload_groups {
            directory.add_group(group, &mut known);
            let addresses = group.addresses.len().saturating_mul(ADDRESS_UNITS);
            pace.spend(WORKLOAD_UNITS.saturating_add(addresses)).await;
        }
        for node in &resources.nodes {
            for address in &node.addresses {
                directory.nodes.entry(*address).or_default();
            }
            pace.spend(ADDRESS_UNITS).await;
        }
        for set in &resources.network_sets {
            directory.add_set(set);
            let nets = set.nets.len().saturating_mul(ADDRESS_UNITS);
            pace.spend(WORKLOAD_UNITS.saturating_add(nets)).await;
        }
        pace.free(known, RELEASE_UNITS).await;
        directory
    }

    /// Frees it in slices.
    pub(super) async fn release(self, pace: &Pace) {
        pace.free(self.by_address, RELEASE_UNITS).await;
        pace.free(self.by_name, RELEASE_UNITS).await;
        pace.free(self.by_identity, RELEASE_UNITS).await;
        pace.free(self.nodes, RELEASE_UNITS).await;
        pace.free(self.service_accounts, RELEASE_UNITS).await;
        pace.free(self.workloads, RELEASE_UNITS).await;
    }

    /// What is at an address.
    #[must_use]
    pub fn at(&self, address: IpAddr) -> Members<'_> {
        let workloads = self.by_address.get(&address).map_or(&[][..], Vec::as_slice);
        let mut sets: Vec<usize> = self
            .sets_by_net
            .cover(&IpNet::from(address))
            .flat_map(|(_, sets)| sets.iter().copied())
            .collect();
        sets.sort_unstable();
        sets.dedup();
        Members {
            workloads: workloads
                .iter()
                .filter_map(|index| self.workloads.get(*index))
                .collect(),
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

    /// Every network set that has a network in it.
    pub fn sets(&self) -> impl Iterator<Item = &NetworkSet> {
        self.sets.iter().filter(|set| !set.nets.is_empty())
    }

    /// Every known workload that runs under this identity.
    #[must_use]
    pub fn holding(&self, id: &SpiffeId) -> Vec<&Workload> {
        let key = (id.namespace.clone(), id.service_account.clone());
        let holders = self.by_identity.get(&key).map_or(&[][..], Vec::as_slice);
        holders
            .iter()
            .filter_map(|index| self.workloads.get(*index))
            .collect()
    }

    /// The pod of that name.
    #[must_use]
    pub fn pod(&self, namespace: &str, name: &str) -> Option<Placed<'_>> {
        let pod = self.by_name.get(&(namespace.to_owned(), name.to_owned()))?;
        Some(Placed {
            workload: self.workloads.get(pod.workload)?,
            addresses: &pod.addresses,
            node_addresses: &pod.node_addresses,
            host_network: pod.host_network,
        })
    }

    /// Whether any workload with an address is known.
    #[must_use]
    pub fn has_workloads(&self) -> bool {
        !self.by_address.is_empty()
    }

    /// How many different workloads there are; pods that are alike count once.
    #[must_use]
    pub fn workload_count(&self) -> usize {
        self.workloads.len()
    }

    /// The labels of a namespace, without prefix, its names included even if it is not known.
    #[must_use]
    pub fn namespace_labels(&self, namespace: &str) -> Arc<SetLabels> {
        let known = self.namespaces.get(namespace).cloned();
        known.unwrap_or_else(|| Arc::new(named_namespace(namespace, &SetLabels::new())))
    }

    /// The labels of a service account, without prefix, its name included even if it is not known.
    #[must_use]
    pub fn service_account_labels(&self, namespace: &str, name: &str) -> Arc<SetLabels> {
        let known = self
            .service_accounts
            .get(&(namespace.to_owned(), name.to_owned()))
            .cloned();
        known.unwrap_or_else(|| Arc::new(named_account(name, &SetLabels::new())))
    }

    /// A workload as selectors see it (calico.md 2.2): own labels without the reserved prefixes,
    /// the forced ones, and those of its namespace and service account.
    #[must_use]
    pub fn workload(
        &self,
        namespace: &str,
        service_account: &str,
        labels: &BTreeMap<String, String>,
        named_ports: Vec<NamedPort>,
    ) -> Workload {
        let reserved = |key: &str| key.starts_with("pcns.") || key.starts_with("pcsa.");
        let own = labels.iter().filter(|(key, _)| !reserved(key));
        let mut own = gather::map(own.map(|(key, value)| (key.clone(), value.clone())));
        own.insert(NAMESPACE_LABEL.to_owned(), namespace.to_owned());
        own.insert(SERVICE_ACCOUNT_LABEL.to_owned(), service_account.to_owned());
        own.insert(ORCHESTRATOR_LABEL.to_owned(), "k8s".to_owned());
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

    #[cfg(feature = "objects")]
    fn add_pod(&mut self, pod: &Pod, known: &mut BTreeMap<Workload, usize>) {
        let id = &pod.metadata.id;
        let namespace = id.namespace.as_deref().unwrap_or("default");
        let ports = pod.named_ports.clone();
        let workload = self.workload(namespace, &pod.service_account, &pod.metadata.labels, ports);
        let placed = PodEntry {
            workload: self.add_workload(workload, &pod.addresses, known),
            addresses: pod.addresses.clone(),
            node_addresses: pod.node_addresses.clone(),
            host_network: pod.host_network,
        };
        let name = (namespace.to_owned(), id.name.clone());
        self.by_name.insert(name, placed);
    }

    #[cfg(feature = "objects")]
    fn add_group(&mut self, group: &WorkloadGroup, known: &mut BTreeMap<Workload, usize>) {
        let ports = group.named_ports.clone();
        let workload = self.workload(
            &group.namespace,
            &group.service_account,
            &group.labels,
            ports,
        );
        self.add_workload(workload, &group.addresses, known);
    }

    #[cfg(feature = "objects")]
    fn add_workload(
        &mut self,
        workload: Workload,
        addresses: &[IpAddr],
        known: &mut BTreeMap<Workload, usize>,
    ) -> usize {
        let index = known.get(&workload).copied().unwrap_or_else(|| {
            let index = self.workloads.len();
            let identity = (workload.namespace.clone(), workload.service_account.clone());
            self.by_identity.entry(identity).or_default().push(index);
            self.workloads.push(workload.clone());
            known.insert(workload, index);
            index
        });
        for address in addresses {
            let there = self.by_address.entry(*address).or_default();
            if !there.contains(&index) {
                there.push(index);
            }
        }
        index
    }

    #[cfg(feature = "objects")]
    fn add_set(&mut self, set: &crate::resources::calico::NetworkSet) {
        let mut labels = Inherited {
            own: set.metadata.labels.clone(),
            ..Inherited::default()
        };
        if let Some(namespace) = &set.metadata.id.namespace {
            labels
                .own
                .insert(NAMESPACE_LABEL.to_owned(), namespace.clone());
            labels.namespace = self.namespace_labels(namespace);
        }
        self.insert_set(NetworkSet {
            labels,
            nets: set.nets.clone(),
        });
    }

    fn insert_set(&mut self, set: NetworkSet) {
        let index = self.sets.len();
        for net in &set.nets {
            self.sets_by_net.entry(net.trunc()).or_default().push(index);
        }
        self.sets.push(set);
    }
}

#[cfg(feature = "objects")]
async fn namespaces(resources: &Resources, pace: &Pace) -> BTreeMap<String, Arc<SetLabels>> {
    let mut labelled = BTreeMap::new();
    for namespace in &resources.namespaces {
        let name = namespace.metadata.id.name.clone();
        let labels = named_namespace(&name, &namespace.metadata.labels);
        labelled.insert(name, Arc::new(labels));
        pace.spend(WORKLOAD_UNITS).await;
    }
    labelled
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

#[cfg(feature = "objects")]
async fn service_accounts(
    resources: &Resources,
    pace: &Pace,
) -> BTreeMap<Namespaced, Arc<SetLabels>> {
    let mut labelled = BTreeMap::new();
    for account in &resources.service_accounts {
        let id = &account.metadata.id;
        let namespace = id.namespace.clone().unwrap_or_else(|| "default".to_owned());
        let labels = named_account(&id.name, &account.metadata.labels);
        labelled.insert((namespace, id.name.clone()), Arc::new(labels));
        pace.spend(WORKLOAD_UNITS).await;
    }
    labelled
}

fn named_account(name: &str, labels: &SetLabels) -> SetLabels {
    let mut labels = labels.clone();
    labels.insert(NAME_LABEL.to_owned(), name.to_owned());
    labels
}
