//! What rules do (calico.md 1.2).

#[cfg(feature = "compiled")]
use crate::reader::{Read, Reader};
use std::fmt;

/// What a rule does with a request it matches (calico.md 1.2).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[cfg_attr(feature = "compiler", derive(serde::Serialize))]
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

#[cfg(feature = "compiled")]
impl Read for Action {
    fn read(from: &mut Reader<'_>) -> Self {
        match from.variant() {
            0 => Self::Allow,
            1 => Self::Deny,
            2 => Self::Log,
            3 => Self::Pass,
            _ => from.refuse(Self::Allow),
        }
    }
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
