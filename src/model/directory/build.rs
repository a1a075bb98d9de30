//! A directory of resources.

use super::classes::ClassId;
use super::pods::{Addresses, PodEntry, Stamp};
use super::{Directory, Namespaced, There, named_account, named_namespace};
use crate::gather;
use crate::model::labels::{Inherited, NAMESPACE_LABEL, SetLabels};
use crate::model::workload::NetworkSet;
use crate::pace::Pace;
use crate::resources::Resources;
use crate::resources::core::Pod;
use crate::resources::workload_group::WorkloadGroup;
use litemap::LiteMap;
use std::sync::Arc;

/// What it costs to take in a workload, a set or the labels of a namespace.
pub(super) const WORKLOAD_UNITS: usize = 512;
/// What it costs to take in one more address or network of it.
pub(super) const ADDRESS_UNITS: usize = 64;

impl Directory {
    /// The directory of these resources.
    pub async fn build(resources: &Resources, pace: &Pace) -> Self {
        let mut directory = Self::default();
        directory.take_surroundings(resources, pace).await;
        for pod in &resources.pods {
            directory.add_pod(pod, None);
            pace.spend(WORKLOAD_UNITS).await;
        }
        directory.take_groups(resources, pace).await;
        directory
    }

    /// Takes in what workloads inherit from, and what else there is but for workloads.
    pub(super) async fn take_surroundings(&mut self, resources: &Resources, pace: &Pace) {
        self.namespaces = namespaces(resources, pace).await;
        self.service_accounts = service_accounts(resources, pace).await;
        for (number, node) in (0..).zip(&resources.nodes) {
            for address in &node.addresses {
                let there = self.nodes.entry(*address);
                there
                    .and_modify(|there| there.add(number))
                    .or_insert(There::One(number));
            }
            pace.spend(ADDRESS_UNITS).await;
        }
        for set in &resources.network_sets {
            self.add_set(set);
            let nets = set.nets.len().saturating_mul(ADDRESS_UNITS);
            pace.spend(WORKLOAD_UNITS.saturating_add(nets)).await;
        }
    }

    pub(super) async fn take_groups(&mut self, resources: &Resources, pace: &Pace) {
        for group in &resources.workload_groups {
            self.add_group(group);
            let addresses = group.addresses.len().saturating_mul(ADDRESS_UNITS);
            pace.spend(WORKLOAD_UNITS.saturating_add(addresses)).await;
        }
    }

    /// Puts a pod in; false if there is one of that name.
    pub(super) fn add_pod(&mut self, pod: &Pod, stamp: Option<Stamp>) -> bool {
        let namespace = pod.namespace();
        let workload = self.workload(
            namespace,
            &pod.service_account,
            &pod.metadata.labels,
            pod.named_ports.clone(),
        );
        let class = self.classes.join(workload);
        self.place(pod, class, stamp)
    }

    /// Puts a pod of a class in; false if there is one of that name.
    pub(super) fn place(&mut self, pod: &Pod, class: ClassId, stamp: Option<Stamp>) -> bool {
        let entry = PodEntry {
            class,
            host_network: pod.host_network,
            stamp,
            addresses: Addresses::new(&pod.addresses),
            node_addresses: Addresses::new(&pod.node_addresses),
        };
        self.put(pod.namespace(), &pod.metadata.id.name, entry)
    }

    fn add_group(&mut self, group: &WorkloadGroup) {
        let workload = self.workload(
            &group.namespace,
            &group.service_account,
            &group.labels,
            group.named_ports.clone(),
        );
        let class = self.classes.join(workload);
        for address in &group.addresses {
            self.settle(*address, class);
        }
    }

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
}

async fn namespaces(resources: &Resources, pace: &Pace) -> LiteMap<String, Arc<SetLabels>> {
    let mut labelled = Vec::new();
    for namespace in &resources.namespaces {
        let name = namespace.metadata.id.name.clone();
        let labels = named_namespace(&name, &namespace.metadata.labels);
        labelled.push((name, Arc::new(labels)));
        pace.spend(WORKLOAD_UNITS).await;
    }
    gather::sorted(labelled, pace).await
}

async fn service_accounts(
    resources: &Resources,
    pace: &Pace,
) -> LiteMap<Namespaced, Arc<SetLabels>> {
    let mut labelled = Vec::new();
    for account in &resources.service_accounts {
        let id = &account.metadata.id;
        let namespace = id.namespace.clone().unwrap_or_else(|| "default".to_owned());
        let labels = named_account(&id.name, &account.metadata.labels);
        labelled.push(((namespace, id.name.clone()), Arc::new(labels)));
        pace.spend(WORKLOAD_UNITS).await;
    }
    gather::sorted(labelled, pace).await
}
