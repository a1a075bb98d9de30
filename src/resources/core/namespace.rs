//! Namespaces: their labels reach every pod and network set in them (calico.md 2.2).

use crate::resources::object::Metadata;

/// A namespace.
#[derive(Debug, Clone, PartialEq)]
pub struct Namespace {
    /// Which object, and its labels.
    pub metadata: Metadata,
}
