//! What changes in a fleet, and what comes of it in a view.

use super::entry::Policy;
use super::identities::IdentityId;
use super::surroundings::{AccountName, SetName};
use crate::bundle::{Object, ObjectKey, Revision};
use std::collections::BTreeSet;
use std::sync::Arc;

/// What a change of a fleet touched; enough for its views to follow.
#[derive(Debug, Clone, Default)]
pub struct Effect {
    /// The policies that are new, changed or gone, as they were and as they are.
    pub(super) policies: Vec<Arc<Policy>>,
    pub(super) tiers: BTreeSet<String>,
    pub(super) namespaces: BTreeSet<String>,
    pub(super) accounts: BTreeSet<AccountName>,
    pub(super) sets: BTreeSet<SetName>,
    pub(super) identities: BTreeSet<IdentityId>,
    /// Pods, by namespace and name.
    pub(super) pods: BTreeSet<(String, String)>,
    /// Whether a node is new, changed or gone.
    pub(super) nodes: bool,
    /// Whether Calico's policy came in, or all of it went.
    pub(super) calico: bool,
}

impl Effect {
    /// Takes in what a later change of the same fleet touched, so that a view can follow both at
    /// once.
    pub fn merge(&mut self, later: Self) {
        self.policies.extend(later.policies);
        self.tiers.extend(later.tiers);
        self.namespaces.extend(later.namespaces);
        self.accounts.extend(later.accounts);
        self.sets.extend(later.sets);
        self.identities.extend(later.identities);
        self.pods.extend(later.pods);
        self.nodes |= later.nodes;
        self.calico |= later.calico;
    }
}

/// What leads from one state of a view to the next.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Change {
    /// The revision before.
    pub from: Revision,
    /// The revision after.
    pub to: Revision,
    /// The objects that are new or changed, in the order of their keys.
    pub upsert: Vec<Object>,
    /// The objects that are gone, in order.
    pub remove: Vec<ObjectKey>,
}
