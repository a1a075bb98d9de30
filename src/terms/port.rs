//! Ports of a rule (calico.md 1.3).

/// One entry of `ports` or `notPorts`.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[cfg_attr(feature = "compiled", derive(serde::Serialize, serde::Deserialize))]
pub enum Port {
    /// Every port from the first to the last, both included, at least 1.
    Range(u16, u16),
    /// A named port of the workload at that end.
    Named(String),
}
