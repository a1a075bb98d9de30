//! Tiers (calico.md 1.4).

use crate::resources::object::Metadata;

/// What happens at the end of a tier to a request that no rule of it decided.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum TierDefault {
    /// It is refused.
    Deny,
    /// It goes on to the next tier.
    Pass,
}

/// A tier.
#[derive(Debug, Clone, PartialEq)]
pub struct Tier {
    /// Which object.
    pub metadata: Metadata,
    /// Its place among the tiers; none is after every number.
    pub order: Option<f64>,
    /// What its end does.
    pub default_action: TierDefault,
}
