//! Named ports of workloads (calico.md 4.4).

use super::Protocol;

/// A named port of a workload.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[cfg_attr(feature = "compiled", derive(serde::Serialize, serde::Deserialize))]
pub struct NamedPort {
    /// Its name.
    pub name: String,
    /// Its number, at least 1.
    pub port: u16,
    /// Its protocol; TCP where the object names none.
    pub protocol: Protocol,
}
