//! The end of a tier (calico.md 1.4).

#[cfg(feature = "compiled")]
use crate::reader::{Read, Reader};

/// What happens at the end of a tier to a request that no rule of it decided.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[cfg_attr(feature = "compiler", derive(serde::Serialize))]
pub enum TierDefault {
    /// It is refused.
    Deny,
    /// It goes on to the next tier.
    Pass,
}

#[cfg(feature = "compiled")]
impl Read for TierDefault {
    fn read(from: &mut Reader<'_>) -> Self {
        match from.variant() {
            0 => Self::Deny,
            1 => Self::Pass,
            _ => from.refuse(Self::Deny),
        }
    }
}
