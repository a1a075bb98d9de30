//! Headers that are not as a rule expects (kubernetes-cilium.md 3.6).

/// What to do with a header that is not as expected.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[cfg_attr(feature = "compiled", derive(serde::Serialize, serde::Deserialize))]
pub enum Mismatch {
    /// Note it.
    Log,
    /// Add the expected value.
    Add,
    /// Remove the header.
    Delete,
    /// Give it the expected value, and no other.
    Replace,
}
