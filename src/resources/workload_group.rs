//! WorkloadGroup: many pods that are alike, in heliast's own compact form (design 6.2).

use crate::resources::core::NamedPort;
use crate::resources::object::Metadata;
use std::collections::BTreeMap;
use std::net::IpAddr;

/// Workloads of one namespace, service account and label set.
#[derive(Debug, Clone, PartialEq)]
pub struct WorkloadGroup {
    /// Which object; the labels of the workloads are in [`Self::labels`].
    pub metadata: Metadata,
    /// The namespace of the workloads.
    pub namespace: String,
    /// Their service account.
    pub service_account: String,
    /// Their own labels.
    pub labels: BTreeMap<String, String>,
    /// Their named ports.
    pub named_ports: Vec<NamedPort>,
    /// Their addresses.
    pub addresses: Vec<IpAddr>,
}
