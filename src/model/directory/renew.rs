//! A directory that follows a bundle: pods come one by one, before the labels of their namespaces
//! are known; a few of them change in place; and when more than pods changes, a new directory goes
//! on with the pods of the one before.

use super::build::WORKLOAD_UNITS;
use super::{Directory, Stamp};
use crate::model::labels::Inherited;
use crate::model::workload::Workload;
use crate::pace::Pace;
use crate::resources::Resources;
use crate::resources::core::Pod;
use std::collections::BTreeMap;
use std::net::IpAddr;
use std::sync::Arc;

/// What a bundle says anew of the pod of a name.
#[derive(Debug)]
pub enum Change {
    /// It is there, and looks so.
    There(Box<Pod>, Stamp),
    /// It is gone.
    Gone,
}

/// The pods that change, by namespace and name.
pub type Changes = BTreeMap<(String, String), Change>;

/// What it costs to go on with a pod.
const COPY_UNITS: usize = 64;

impl Directory {
    /// Takes in a pod before the labels of its namespace and service account are known; false if
    /// there is one of that name. [`Self::dress`] must follow before anything is asked.
    pub(crate) fn take(&mut self, pod: &Pod, stamp: Stamp, bare: &Inherited) -> bool {
        let workload = Workload {
            namespace: pod.namespace().to_owned(),
            service_account: pod.service_account.clone(),
            labels: Inherited {
                own: super::own_labels(pod.namespace(), &pod.service_account, &pod.metadata.labels),
                ..bare.clone()
            },
            named_ports: pod.named_ports.clone(),
        };
        let class = self.classes.join(workload);
        self.place(pod, class, Some(stamp))
    }

    /// Takes in all but the pods that were taken before; the first pod whose name was taken.
    pub(crate) async fn dress<'r>(
        &mut self,
        resources: &'r Resources,
        pace: &Pace,
    ) -> Result<(), &'r Pod> {
        self.take_surroundings(resources, pace).await;
        let mut classes = std::mem::take(&mut self.classes);
        let inherit = |workload: &mut Workload| self.inherit(workload);
        classes.dress(inherit, WORKLOAD_UNITS, pace).await;
        self.classes = classes;
        self.take_rest(resources, pace).await
    }

    /// A directory of these resources and the pods of this one, changed.
    pub(crate) async fn renewed<'r>(
        &self,
        changes: &Changes,
        resources: &'r Resources,
        pace: &Pace,
    ) -> (Self, Result<(), &'r Pod>) {
        let mut directory = Self::default();
        directory.take_surroundings(resources, pace).await;
        for (namespace, name, entry) in self.pods.all() {
            pace.spend(COPY_UNITS).await;
            let has_changed = || changes.contains_key(&(namespace.to_owned(), name.to_owned()));
            if entry.stamp.is_none() || (!changes.is_empty() && has_changed()) {
                continue;
            }
            let Some(workload) = self.classes.shared(entry.class) else {
                continue;
            };
            let mut workload = Arc::clone(workload);
            if !directory.has_dressed(&workload) {
                directory.inherit(Arc::make_mut(&mut workload));
                pace.spend(WORKLOAD_UNITS).await;
            }
            let copy = super::pods::PodEntry {
                class: directory.classes.join_shared(&workload),
                host_network: entry.host_network,
                stamp: entry.stamp,
                addresses: entry.addresses.clone(),
                node_addresses: entry.node_addresses.clone(),
            };
            directory.put(namespace, name, copy);
        }
        for change in changes.values() {
            if let Change::There(pod, stamp) = change {
                directory.add_pod(pod, Some(*stamp));
            }
            pace.spend(WORKLOAD_UNITS).await;
        }
        let rest = directory.take_rest(resources, pace).await;
        (directory, rest)
    }

    /// Whether there are workloads with addresses whatever becomes of these pods.
    pub(crate) fn outlasts(&self, changes: &Changes) -> bool {
        let addresses = changes.keys().filter_map(|(namespace, name)| {
            let pod = self.pods.get(namespace, name)?;
            Some(pod.addresses.as_slice().len())
        });
        self.by_address.len() > addresses.sum()
    }

    /// Whether one of these pods is at one of these addresses, before or after.
    pub(crate) fn touches(&self, changes: &Changes, addresses: &[IpAddr]) -> bool {
        let is_one = |there: &[IpAddr]| there.iter().any(|address| addresses.contains(address));
        changes.iter().any(|((namespace, name), change)| {
            let before = self.pods.get(namespace, name);
            before.is_some_and(|pod| is_one(pod.addresses.as_slice()))
                || matches!(change, Change::There(pod, _) if is_one(&pod.addresses))
        })
    }

    /// Changes pods in place.
    pub(crate) fn apply(&mut self, changes: &Changes) {
        for ((namespace, name), change) in changes {
            match change {
                Change::There(pod, stamp) => drop(self.add_pod(pod, Some(*stamp))),
                Change::Gone => self.remove_pod(namespace, name),
            }
        }
    }

    /// The stamp of a pod, unless it came in a list.
    pub(crate) fn stamp(&self, namespace: &str, name: &str) -> Option<Stamp> {
        self.pods.get(namespace, name)?.stamp
    }

    /// Pods that came in lists, and groups of workloads.
    async fn take_rest<'r>(
        &mut self,
        resources: &'r Resources,
        pace: &Pace,
    ) -> Result<(), &'r Pod> {
        for pod in &resources.pods {
            if !self.add_pod(pod, None) {
                return Err(pod);
            }
            pace.spend(WORKLOAD_UNITS).await;
        }
        self.take_groups(resources, pace).await;
        Ok(())
    }

    fn inherit(&self, workload: &mut Workload) {
        let Workload {
            namespace,
            service_account,
            labels,
            ..
        } = workload;
        labels.namespace = self.namespace_labels(namespace);
        labels.service_account = self.service_account_labels(namespace, service_account);
    }

    /// Whether a workload inherits what it should.
    fn has_dressed(&self, workload: &Workload) -> bool {
        let Workload {
            namespace,
            service_account,
            labels,
            ..
        } = workload;
        labels.namespace == self.namespace_labels(namespace)
            && labels.service_account == self.service_account_labels(namespace, service_account)
    }
}
