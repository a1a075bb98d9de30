//! Request paths: Calico's reading of them, and the other readings software behind us may have.
//!
//! Calico reads a path in one way (calico.md 4.6, [`normalise()`]), and that reading decides an
//! Allow. But whatever the request is sent on to may read the same bytes differently, and a
//! difference between two readers is how paths get past a rule (istio.md 9, rows 1, 5, 9, 18 to 20
//! and 36). So a clause is also held against all other readings a [`RequestPath`] has, and where
//! one of them matches the clause is not False, but [`Truth::Unknown`]: a Deny is met.

#[cfg(feature = "compiled")]
use crate::reader::{Read, Reader};
use crate::truth::Truth;

mod normalise;
mod plain;
mod readings;
mod steps;
mod template;
#[cfg(test)]
mod tests;

pub use normalise::normalise;
pub use readings::{MAX_PATH, MAX_READING_BYTES, MAX_READINGS, RequestPath, other_readings};
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

/// One entry of the paths of a rule, in its normalised form (calico.md 4.6).
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[cfg_attr(feature = "compiler", derive(serde::Serialize))]
pub struct PathPattern {
    kind: PathKind,
    path: Vec<u8>,
}

#[cfg(feature = "compiled")]
impl Read for PathPattern {
    fn read(from: &mut Reader<'_>) -> Self {
        Self {
            kind: from.read(),
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

    /// Whether the clause holds, by Calico's reading.
    ///
    /// - True: Calico's reading matches. This alone is what an Allow asks for.
    /// - Unknown: Calico's reading does not match, but some other reading does; or the path cannot
    ///   be read (see [`RequestPath::read`]).
    /// - False: no reading matches.
    ///
    /// True does not mean that every reading matches. Where the clause is used the other way round
    /// (`notPaths` and the like) negate [`PathPattern::judge_strict`], never this.
    #[must_use]
    pub fn judge(&self, path: &RequestPath<'_>) -> Truth {
        if path
            .normalised()
            .is_some_and(|reading| self.matches(reading))
        {
            return Truth::True;
        }
        self.judge_strict(path)
    }

    /// Whether the clause holds in every reading.
    ///
    /// - True: every reading matches.
    /// - Unknown: some do and some do not; or the path cannot be read.
    /// - False: no reading matches, exactly as for [`PathPattern::judge`].
    ///
    /// So its negation is True only if the path is surely another one.
    #[must_use]
    pub fn judge_strict(&self, path: &RequestPath<'_>) -> Truth {
        path.judge(|reading| self.matches(reading))
    }

    /// Slashes at the end never count: Calico's reading has none, and to have `/admin/` taken for
    /// another path than `/admin` is the business of what serves it.
    fn matches(&self, reading: &[u8]) -> bool {
        let (own, reading) = (
            without_final_slashes(&self.path),
            without_final_slashes(reading),
        );
        match self.kind {
            PathKind::Exact => reading == own,
            PathKind::Prefix => reading
                .strip_prefix(own)
                .is_some_and(|below| below.is_empty() || below.starts_with(b"/")),
        }
    }
}

/// Leaves nothing of `/`: the prefix of every path.
fn without_final_slashes(mut path: &[u8]) -> &[u8] {
    while let Some(shorter) = path.strip_suffix(b"/") {
        path = shorter;
    }
    path
}
