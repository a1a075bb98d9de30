//! Headers that are not as a rule expects (kubernetes-cilium.md 3.6).

#[cfg(feature = "compiled")]
use crate::reader::{Read, Reader};

/// What to do with a header that is not as expected.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[cfg_attr(feature = "compiler", derive(serde::Serialize))]
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

#[cfg(feature = "compiled")]
impl Read for Mismatch {
    fn read(from: &mut Reader<'_>) -> Self {
        match from.variant() {
            0 => Self::Log,
            1 => Self::Add,
            2 => Self::Delete,
            3 => Self::Replace,
            _ => from.refuse(Self::Log),
        }
    }
}
