//! Workloads and network sets: what selectors select.

use super::labels::Inherited;
use crate::terms::NamedPort;
use ipnet::IpNet;

/// Pods that are alike: one entry for any number of them.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Workload {
    /// Their namespace.
    pub namespace: String,
    /// Their service account.
    pub service_account: String,
    /// What selectors see.
    pub labels: Inherited,
    /// Their named ports.
    pub named_ports: Vec<NamedPort>,
}

impl Workload {
    /// Takes away what sets pods apart: Kubernetes policy does not govern those on the network of
    /// their host (kubernetes-cilium.md 2.1).
    pub(crate) fn leave_pod_network(&mut self) {
        let label = super::directory::ORCHESTRATOR_LABEL.to_owned();
        self.labels.own.insert(label, "host".to_owned());
    }
}

/// A set of networks.
#[derive(Debug, Clone)]
pub struct NetworkSet {
    /// What selectors see.
    pub labels: Inherited,
    /// Its networks.
    pub nets: Vec<IpNet>,
}
