//! Request paths, and what those behind us may read in them (design section 5, "Readings of a path").
//!
//! Whatever a request is sent on to may read the same bytes in another way, and a difference
//! between two readers is how paths get past a rule (istio.md 9, rows 1, 5, 9, 18 to 20 and 36).
//! So a clause is held against all readings a [`RequestPath`] has, and those of its own path: it is
//! True where the system of the policy and every reader say so, False where nobody does, and else
//! Unknown, which meets a Deny.

#[cfg(feature = "compiled")]
use crate::reader::{Read, Reader};

mod canonical;
mod matcher;
mod normalise;
mod percent_u;
mod plain;
mod readings;
mod steps;
mod template;
#[cfg(test)]
mod tests;
mod value;

pub use matcher::{PathMatcher, judge_bytes, judge_calico};
pub use normalise::normalise;
pub use readings::{MAX_PATH, MAX_READING_BYTES, MAX_READINGS, RequestPath};
pub use template::{Class, PathTemplate};

impl std::fmt::Display for PathPattern {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let path = self.path.escape_ascii();
        match self.kind {
            PathKind::Exact => write!(f, "exactly {path}"),
            PathKind::Prefix => write!(f, "{path} and below"),
        }
    }
}

/// How the path of a rule is compared (calico.md 4.6).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[cfg_attr(feature = "compiler", derive(serde::Serialize))]
pub enum PathKind {
    /// The whole path.
    Exact,
    /// The first segments of the path: `/foo` takes `/foo` and `/foo/bar`, and not `/foobar`; `/`
    /// takes every path.
    Prefix,
}

#[cfg(feature = "compiled")]
impl Read for PathKind {
    fn read(from: &mut Reader<'_>) -> Self {
        match from.variant() {
            0 => Self::Exact,
            1 => Self::Prefix,
            _ => from.refuse(Self::Exact),
        }
    }
}

/// One entry of the paths of a rule (calico.md 4.6).
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[cfg_attr(feature = "compiler", derive(serde::Serialize))]
pub struct PathPattern {
    kind: PathKind,
    /// As its author wrote it.
    written: Vec<u8>,
    /// As Calico reads it.
    path: Vec<u8>,
}

#[cfg(feature = "compiled")]
impl Read for PathPattern {
    fn read(from: &mut Reader<'_>) -> Self {
        Self {
            kind: from.read(),
            written: from.bytes().to_vec(),
            path: from.bytes().to_vec(),
        }
    }
}

impl PathPattern {
    /// A pattern for one path; `None` if no path is ever read as that ([`normalise()`]).
    #[must_use]
    pub fn exact(path: &str) -> Option<Self> {
        Self::new(PathKind::Exact, path)
    }

    /// A pattern for a path and all below it; `None` if no path is ever read as that
    /// ([`normalise()`]).
    #[must_use]
    pub fn prefix(path: &str) -> Option<Self> {
        Self::new(PathKind::Prefix, path)
    }

    fn new(kind: PathKind, path: &str) -> Option<Self> {
        Some(Self {
            kind,
            written: path.as_bytes().to_vec(),
            path: normalise(path.as_bytes())?,
        })
    }

    /// How it is compared.
    #[must_use]
    pub fn kind(&self) -> PathKind {
        self.kind
    }

    /// The path of the rule, normalised: it starts with `/` and ends with one only if it is `/`.
    #[must_use]
    pub fn path(&self) -> &[u8] {
        &self.path
    }

    /// The path of the rule as its author wrote it.
    #[must_use]
    pub fn written(&self) -> &[u8] {
        &self.written
    }
}

/// The bytes with every escape decoded once.
pub(crate) fn decoded(bytes: &[u8]) -> Vec<u8> {
    steps::decode_but(bytes, b"").unwrap_or_else(|| bytes.to_vec())
}

/// Leaves nothing of `/`: the prefix of every path.
fn without_final_slashes(mut path: &[u8]) -> &[u8] {
    while let Some(shorter) = path.strip_suffix(b"/") {
        path = shorter;
    }
    path
}
