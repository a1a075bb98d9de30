//! All the ways in which the path of one request may be read.

use super::normalise::normalise;
use super::plain::plain;
use super::steps::{STEPS, before};
use crate::truth::Truth;
use std::borrow::Cow;

/// Longest path that is read, in bytes before the query. Twice what most servers take.
pub const MAX_PATH: usize = 8192;

/// Most readings that one path may have. Ordinary paths have one, one with escapes two, and one
/// that has a bit of everything some twenty.
pub const MAX_READINGS: usize = 64;

/// Most bytes that the readings of one path may have together: bounds the work per request.
pub const MAX_READING_BYTES: usize = 4 * MAX_PATH;

/// The path of a request, read once and then judged by any number of patterns.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RequestPath<'r> {
    calico: Option<Cow<'r, [u8]>>,
    /// The bytes as they are, where nobody reads anything else in them.
    sent: Option<&'r [u8]>,
    others: Others,
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum Others {
    /// No two of them equal, and none equal to Calico's.
    These(Vec<Vec<u8>>),
    /// Beyond the limits above, so anything may be among them.
    TooMany,
}

impl<'r> RequestPath<'r> {
    /// Reads the raw `:path` of a request; the query is cut off.
    ///
    /// It cannot be read, and then every clause about it is Unknown, if it does not start with `/`
    /// (`*`, the authority of a CONNECT, nothing at all), is longer than [`MAX_PATH`], or is
    /// unmatchable to Calico ([`normalise()`]).
    ///
    /// The other readings are all that come of these steps, in any order and number: decoding
    /// (also of all but `%2F`), backslashes to slashes, merging slashes, resolving dot segments,
    /// dropping the first parameters there are, or all from the first `;` on, and cutting at `#`,
    /// at a decoded `?` or NUL. Case is never folded. Past [`MAX_READINGS`] or
    /// [`MAX_READING_BYTES`] a clause that Calico's reading does not meet is Unknown.
    #[must_use]
    pub fn read(raw: &'r [u8]) -> Self {
        if let Some(path) = plain(raw) {
            let name = path
                .strip_suffix(b"/")
                .filter(|name| !name.is_empty())
                .unwrap_or(path);
            return Self {
                calico: Some(Cow::Borrowed(name)),
                sent: Some(path),
                others: Others::These(Vec::new()),
            };
        }
        let path = before(raw, b"?");
        if !path.starts_with(b"/") || path.len() > MAX_PATH {
            return Self {
                calico: None,
                sent: None,
                others: Others::TooMany,
            };
        }
        let Some(calico) = normalise(path) else {
            return Self {
                calico: None,
                sent: None,
                others: Others::TooMany,
            };
        };
        let mut others = all_readings(path);
        if let Others::These(readings) = &mut others {
            readings.retain(|reading| *reading != calico);
        }
        Self {
            calico: Some(Cow::Owned(calico)),
            sent: None,
            others,
        }
    }

    /// Calico's reading ([`normalise()`]); `None` if the path cannot be read.
    #[must_use]
    pub fn normalised(&self) -> Option<&[u8]> {
        self.calico.as_deref()
    }

    /// The bytes as they were sent, without the query, if nobody reads anything else in them but
    /// for a slash at their end.
    #[must_use]
    pub fn sent(&self) -> Option<&'r [u8]> {
        self.sent
    }

    /// Its reading, if it can be read in one way only.
    #[must_use]
    pub fn only_reading(&self) -> Option<&[u8]> {
        match &self.others {
            Others::These(others) if others.is_empty() => self.normalised(),
            Others::These(_) | Others::TooMany => None,
        }
    }

    /// Whether it cannot be read at all, so that every clause about it is Unknown.
    #[must_use]
    pub fn is_unreadable(&self) -> bool {
        self.calico.is_none()
    }

    /// What all readings say together: Unknown where they differ, and where there may be more of
    /// them than are known.
    #[must_use]
    pub fn judge(&self, matches: impl Fn(&[u8]) -> bool) -> Truth {
        let (Some(calico), Others::These(others)) = (&self.calico, &self.others) else {
            return Truth::Unknown;
        };
        Truth::agreed(
            others
                .iter()
                .map(Vec::as_slice)
                .chain([calico.as_ref()])
                .map(matches),
        )
    }
}

/// What the raw `:path` of a request may be read as, besides the bytes as they are; the query is
/// cut off. None if it cannot be read, or in too many ways: then anything may be among them.
#[must_use]
pub fn other_readings(raw: &[u8]) -> Option<Vec<Vec<u8>>> {
    if plain(raw).is_some() {
        return Some(Vec::new());
    }
    let path = before(raw, b"?");
    if !path.starts_with(b"/") || path.len() > MAX_PATH {
        return None;
    }
    match all_readings(path) {
        Others::These(readings) => Some(readings),
        Others::TooMany => None,
    }
}

/// The path itself and all that any sequence of steps makes of it. This ends because every step
/// makes a path shorter, or turns a backslash in it into a slash.
fn all_readings(path: &[u8]) -> Others {
    let mut found = vec![path.to_vec()];
    let mut bytes = path.len();
    let mut done = 0;
    while let Some(reading) = found.get(done) {
        let derived: Vec<_> = STEPS.iter().filter_map(|step| step(reading)).collect();
        for reading in derived {
            if found.contains(&reading) {
                continue;
            }
            bytes += reading.len();
            if found.len() == MAX_READINGS || bytes > MAX_READING_BYTES {
                return Others::TooMany;
            }
            found.push(reading);
        }
        done += 1;
    }
    Others::These(found)
}
