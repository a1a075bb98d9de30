//! All the ways in which the path of one request may be read.

use super::canonical::canonical;
use super::normalise::normalise;
use super::percent_u;
use super::plain::plain;
use super::steps::{STEPS, before};
use crate::settings::Readings;
use crate::truth::Truth;
use std::borrow::Cow;

/// Longest path that is read, in bytes before the query. Twice what most servers take.
pub const MAX_PATH: usize = 8192;

/// Most readings that one path may have. Ordinary paths have one, one with escapes two, and one
/// that has a bit of everything some thirty.
pub const MAX_READINGS: usize = 64;

/// Most bytes that the readings of one path may have together: bounds the work per request.
pub const MAX_READING_BYTES: usize = 4 * MAX_PATH;

/// The path of a request, read once and then judged by any number of patterns.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RequestPath<'r> {
    calico: Option<Cow<'r, [u8]>>,
    /// The bytes as they are, without the query.
    bytes: &'r [u8],
    /// Which readings count.
    settings: Readings,
    listed: Listed,
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum Listed {
    /// The bytes are all that anybody reads, but for a slash at their end.
    Plain,
    /// More than that.
    These(PathReadings),
    /// Beyond the limits above, so anything may be among them.
    TooMany,
}

/// The readings of a path that may be read in several ways, or of one in a policy.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct PathReadings {
    /// What anybody may read: a Deny is met by any of them.
    pub(super) any: Vec<Vec<u8>>,
    /// What servers read that differ in something that counts, each in one spelling: an Allow needs
    /// all of them.
    pub(super) every: Vec<Vec<u8>>,
}

impl<'r> RequestPath<'r> {
    /// Reads the raw `:path` of a request; the query is cut off.
    ///
    /// It cannot be read, and then every clause about it is Unknown, if it does not start with `/`
    /// (`*`, the authority of a CONNECT, nothing at all), or is longer than [`MAX_PATH`]; and a
    /// clause of Calico's also if it is unmatchable to Calico ([`normalise()`]).
    ///
    /// The readings are all that come of these steps, in any order and number: decoding (also of
    /// all but `%2F`), backslashes to slashes, two slashes in front taken for the start of a URL,
    /// merging slashes, resolving dot segments, dropping the first parameters there are, or all
    /// from the first `;` on, and cutting at `#`, at a decoded `?` or NUL; and, if the operator
    /// has not switched it off, all of that after `%uXXXX` is decoded. Case is never folded here,
    /// but where paths are compared. Past [`MAX_READINGS`] or [`MAX_READING_BYTES`] nothing is
    /// certain.
    #[must_use]
    pub fn read(raw: &'r [u8], settings: &Readings) -> Self {
        let settings = *settings;
        if let Some(bytes) = plain(raw) {
            let name = bytes
                .strip_suffix(b"/")
                .filter(|name| !name.is_empty())
                .unwrap_or(bytes);
            return Self {
                calico: Some(Cow::Borrowed(name)),
                bytes,
                settings,
                listed: Listed::Plain,
            };
        }
        let bytes = before(raw, b"?");
        let is_read = bytes.starts_with(b"/") && bytes.len() <= MAX_PATH;
        let readings = is_read.then(|| request_readings(bytes, &settings));
        Self {
            calico: is_read.then(|| normalise(bytes)).flatten().map(Cow::Owned),
            bytes,
            settings,
            listed: readings.flatten().map_or(Listed::TooMany, Listed::These),
        }
    }

    /// Calico's reading ([`normalise()`]); `None` if the path cannot be read.
    #[must_use]
    pub fn normalised(&self) -> Option<&[u8]> {
        self.calico.as_deref()
    }

    /// The bytes as they were sent, without the query.
    pub(super) fn bytes(&self) -> &'r [u8] {
        self.bytes
    }

    /// The bytes as they were sent, without query and fragment: what Envoy compares.
    pub(super) fn before_fragment(&self) -> &'r [u8] {
        match self.listed {
            Listed::Plain => self.bytes,
            Listed::These(_) | Listed::TooMany => before(self.bytes, b"#"),
        }
    }

    /// Which readings count.
    pub(super) fn settings(&self) -> &Readings {
        &self.settings
    }

    /// The bytes as they were sent, without the query, if nobody reads anything else in them but
    /// for a slash at their end.
    #[must_use]
    pub fn sent(&self) -> Option<&'r [u8]> {
        (self.listed == Listed::Plain).then_some(self.bytes)
    }

    /// Whether Calico cannot read it at all, so that every clause of Calico's about it is Unknown.
    #[must_use]
    pub fn is_unreadable(&self) -> bool {
        self.calico.is_none()
    }

    /// All that anybody may read; none if it may be anything.
    pub fn any(&self) -> Option<impl Iterator<Item = &[u8]> + Clone> {
        self.listed(|readings| &readings.any)
    }

    /// What servers read that differ in something that counts; none if it may be anything.
    pub fn every(&self) -> Option<impl Iterator<Item = &[u8]> + Clone> {
        self.listed(|readings| &readings.every)
    }

    fn listed(
        &self,
        list: impl Fn(&PathReadings) -> &Vec<Vec<u8>>,
    ) -> Option<impl Iterator<Item = &[u8]> + Clone> {
        let (plain, several) = match &self.listed {
            Listed::Plain => (Some(self.bytes), None),
            Listed::These(readings) => (None, Some(list(readings))),
            Listed::TooMany => return None,
        };
        let several = several.into_iter().flatten().map(Vec::as_slice);
        Some(plain.into_iter().chain(several))
    }

    /// What all readings say together: Unknown where they differ, and where there may be more of
    /// them than are known.
    #[must_use]
    pub fn judge(&self, matches: impl Fn(&[u8]) -> bool) -> Truth {
        self.any()
            .map_or(Truth::Unknown, |any| Truth::agreed(any.map(matches)))
    }
}

fn request_readings(path: &[u8], settings: &Readings) -> Option<PathReadings> {
    let mut readings = PathReadings::of(path)?;
    let quirk = settings.quirks.percent_u.then(|| percent_u::decoded(path));
    if let Some(decoded) = quirk.flatten() {
        add_all(&mut readings.any, all_readings(&decoded)?);
    }
    Some(readings)
}

impl PathReadings {
    /// None if there are too many of them.
    pub(super) fn of(path: &[u8]) -> Option<Self> {
        let any = all_readings(path)?;
        let cut = path.contains(&b'#');
        let mut every = Vec::new();
        let spelt = any.iter().map(|reading| canonical(reading, cut));
        add_all(&mut every, spelt.collect());
        let mut readings = Self { any, every };
        add_all(&mut readings.any, readings.every.clone());
        Some(readings)
    }
}

fn add_all(to: &mut Vec<Vec<u8>>, readings: Vec<Vec<u8>>) {
    for reading in readings {
        if !to.contains(&reading) {
            to.push(reading);
        }
    }
}

/// The path itself and all that any sequence of steps makes of it; none if there are too many. This
/// ends because every step makes a path shorter, or turns a backslash in it into a slash.
fn all_readings(path: &[u8]) -> Option<Vec<Vec<u8>>> {
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
                return None;
            }
            found.push(reading);
        }
        done += 1;
    }
    Some(found)
}
