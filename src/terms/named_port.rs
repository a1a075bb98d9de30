//! Named ports of workloads (calico.md 4.4).

use super::Protocol;
#[cfg(feature = "compiled")]
use crate::reader::{Read, Reader};

/// A named port of a workload.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[cfg_attr(feature = "compiler", derive(serde::Serialize))]
pub struct NamedPort {
    /// Its name.
    pub name: String,
    /// Its number, at least 1.
    pub port: u16,
    /// Its protocol; TCP where the object names none.
    pub protocol: Protocol,
}

#[cfg(feature = "compiled")]
impl Read for NamedPort {
    fn read(from: &mut Reader<'_>) -> Self {
        Self {
            name: from.read(),
            port: from.read(),
            protocol: from.read(),
        }
    }
}
