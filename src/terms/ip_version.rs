//! IP versions.

/// The IP version a rule is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[cfg_attr(feature = "compiled", derive(serde::Serialize, serde::Deserialize))]
pub enum IpVersion {
    /// IPv4.
    V4,
    /// IPv6.
    V6,
}
