//! IP versions.

#[cfg(feature = "compiled")]
use crate::reader::{Read, Reader};

/// The IP version a rule is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[cfg_attr(feature = "compiler", derive(serde::Serialize))]
pub enum IpVersion {
    /// IPv4.
    V4,
    /// IPv6.
    V6,
}

#[cfg(feature = "compiled")]
impl Read for IpVersion {
    fn read(from: &mut Reader<'_>) -> Self {
        match from.variant() {
            0 => Self::V4,
            1 => Self::V6,
            _ => from.refuse(Self::V4),
        }
    }
}
