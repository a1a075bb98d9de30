//! One reading of a path in a policy, and what it takes.

use super::template::{Class, Literals, PathTemplate};
use super::without_final_slashes;
use crate::case::Case;

/// What a path must look like, in one reading of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Value {
    /// The whole path.
    Exact(Vec<u8>),
    /// The first segments of the path (calico.md 4.6).
    Below(Vec<u8>),
    /// The path starts with it.
    Start(Vec<u8>),
    /// The path ends with it.
    End(Vec<u8>),
    /// It is like the template, byte by byte.
    Template(PathTemplate),
    /// It is like a reading of the template.
    Like(Literals),
}

impl Value {
    /// Whether it takes the path byte by byte, as the system of the policy compares it.
    pub(super) fn is(&self, path: &[u8]) -> bool {
        match self {
            Self::Exact(text) => path == text,
            Self::Below(_) => self.meets(path, Case::Counts),
            Self::Start(text) => path.starts_with(text),
            Self::End(text) => path.ends_with(text),
            Self::Template(template) => template.matches(path, Class::Envoy),
            Self::Like(literals) => literals.take(path, Case::Counts),
        }
    }

    /// Whether it takes a reading of a path: slashes at the end do not count, for to take `/admin/`
    /// for another path than `/admin` is the business of what serves it.
    pub(super) fn meets(&self, reading: &[u8], case: Case) -> bool {
        let short = without_final_slashes(reading);
        match self {
            Self::Exact(text) => case.are_equal(without_final_slashes(text), short),
            Self::Below(text) => case
                .behind(without_final_slashes(text), short)
                .is_some_and(|below| below.is_empty() || below.starts_with(b"/")),
            Self::Start(text) => case.behind(text, reading).is_some(),
            Self::End(text) => {
                case.before(text, reading).is_some() || case.before(text, short).is_some()
            }
            Self::Template(template) => template.matches(reading, Class::Any),
            Self::Like(literals) => literals.take(reading, case) || literals.take(short, case),
        }
    }
}
