//! The end of a tier (calico.md 1.4).

/// What happens at the end of a tier to a request that no rule of it decided.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[cfg_attr(feature = "compiled", derive(serde::Serialize, serde::Deserialize))]
pub enum TierDefault {
    /// It is refused.
    Deny,
    /// It goes on to the next tier.
    Pass,
}
