//! Pods: who is behind an address (calico.md 2.2).

use crate::resources::calico::Protocol;
use crate::resources::object::Metadata;
use std::net::IpAddr;

/// A pod.
#[derive(Debug, Clone, PartialEq)]
pub struct Pod {
    /// Which object, and its own labels.
    pub metadata: Metadata,
    /// Its service account; `default` where the object names none.
    pub service_account: String,
    /// Its addresses; empty for a pod that has none of its own: host network, unscheduled,
    /// succeeded or failed (calico.md 2.2).
    pub addresses: Vec<IpAddr>,
    /// The named ports of its containers, init containers included.
    pub named_ports: Vec<NamedPort>,
}

/// A named port of a workload.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct NamedPort {
    /// Its name.
    pub name: String,
    /// Its number, at least 1.
    pub port: u16,
    /// Its protocol; TCP where the object names none.
    pub protocol: Protocol,
}
