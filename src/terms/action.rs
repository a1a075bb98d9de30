//! What rules do (calico.md 1.2).

use std::fmt;

/// What a rule does with a request it matches (calico.md 1.2).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[cfg_attr(feature = "compiled", derive(serde::Serialize, serde::Deserialize))]
pub enum Action {
    /// Let it pass; no later rule is asked.
    Allow,
    /// Refuse it; no later rule is asked.
    Deny,
    /// Note it, and go on with the next rule.
    Log,
    /// Leave the tier, and go on with the next one.
    Pass,
}

impl fmt::Display for Action {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Allow => "Allow",
            Self::Deny => "Deny",
            Self::Log => "Log",
            Self::Pass => "Pass",
        })
    }
}
