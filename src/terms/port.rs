//! Ports of a rule (calico.md 1.3).

#[cfg(feature = "compiled")]
use crate::reader::{Read, Reader};

/// One entry of `ports` or `notPorts`.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[cfg_attr(feature = "compiler", derive(serde::Serialize))]
pub enum Port {
    /// Every port from the first to the last, both included, at least 1.
    Range(u16, u16),
    /// A named port of the workload at that end.
    Named(String),
}

#[cfg(feature = "compiled")]
impl Read for Port {
    fn read(from: &mut Reader<'_>) -> Self {
        match from.variant() {
            0 => Self::Range(from.read(), from.read()),
            1 => Self::Named(from.read()),
            _ => from.refuse(Self::Range(1, 1)),
        }
    }
}
