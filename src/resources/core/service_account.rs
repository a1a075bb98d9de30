//! Service accounts: their labels reach every pod that runs as them (calico.md 2.2).

use crate::resources::object::Metadata;

/// A service account.
#[derive(Debug, Clone, PartialEq)]
pub struct ServiceAccount {
    /// Which object, and its labels.
    pub metadata: Metadata,
}
