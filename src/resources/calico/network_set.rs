//! NetworkSet and GlobalNetworkSet (calico.md 1.4).

use crate::resources::object::Metadata;
use ipnet::IpNet;

/// A named set of networks; the labels in its metadata are what selectors see.
#[derive(Debug, Clone, PartialEq)]
pub struct NetworkSet {
    /// Which object; its namespace is `None` for a GlobalNetworkSet.
    pub metadata: Metadata,
    /// Its networks, masked; a bare address is a network of one.
    pub nets: Vec<IpNet>,
}
