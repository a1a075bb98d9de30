//! Resources: the users' own objects as types that cannot be wrong.
//!
//! First stage of the arrow (design section 1). One module per dialect; [`decode`] reads all
//! objects of an input, reports every mistake, and gives nothing if one of them is an error.

pub mod calico;
pub mod core;
pub mod object;
pub mod workload_group;

use self::calico::{NetworkSet, Policy, Tier};
use self::core::{Namespace, Pod, ServiceAccount};
use self::workload_group::WorkloadGroup;

/// All objects of a bundle, by kind, each kind in the order of the input.
#[derive(Debug, Clone, Default)]
pub struct Resources {
    /// Calico tiers.
    pub tiers: Vec<Tier>,
    /// Calico policies of every kind, staged ones included, `stagedAction: Delete` left out.
    pub policies: Vec<Policy>,
    /// Calico network sets, namespaced and global.
    pub network_sets: Vec<NetworkSet>,
    /// Pods.
    pub pods: Vec<Pod>,
    /// Namespaces.
    pub namespaces: Vec<Namespace>,
    /// Service accounts.
    pub service_accounts: Vec<ServiceAccount>,
    /// heliast's compact form of many pods that are alike.
    pub workload_groups: Vec<WorkloadGroup>,
}
