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
    /// The container that it is a port of.
    pub container: Container,
}

/// Which container of a pod.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[cfg_attr(feature = "compiler", derive(serde::Serialize))]
pub enum Container {
    /// One of `containers`.
    #[default]
    Main,
    /// One of `initContainers` that runs on beside the others (`restartPolicy: Always`).
    Sidecar,
    /// One of `initContainers` that has ended before the others begin.
    Init,
}

#[cfg(feature = "compiled")]
impl Read for NamedPort {
    fn read(from: &mut Reader<'_>) -> Self {
        Self {
            name: from.read(),
            port: from.read(),
            protocol: from.read(),
            container: from.read(),
        }
    }
}

#[cfg(feature = "compiled")]
impl Read for Container {
    fn read(from: &mut Reader<'_>) -> Self {
        match from.variant() {
            0 => Self::Main,
            1 => Self::Sidecar,
            2 => Self::Init,
            _ => from.refuse(Self::Init),
        }
    }
}
