//! What the leader tells the other workers of a process.

use crate::bundle::Revision;
use std::fmt;

/// What is posted: small, because every worker reads it at every tick.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Notice {
    /// What to enforce.
    pub revision: Revision,
    /// Its sequence number, if it has one: nobody takes an older one after it.
    pub sequence: Option<u64>,
    /// When the server last said that it holds, in milliseconds since 1970.
    pub confirmed: u64,
    /// Counts what was posted; whoever failed to read it tries again when this changes.
    pub posting: u64,
    /// The posting of the whole bundle that is shared, if one is: what was posted after it are
    /// deltas, each on the one before.
    pub whole: Option<u64>,
}

impl Notice {
    /// Reads what is shared; none if it is no notice.
    #[must_use]
    pub fn parse(value: &[u8]) -> Option<Self> {
        let text = std::str::from_utf8(value).ok()?;
        let mut words = text.split(' ');
        let mut word = || words.next();
        let notice = Self {
            revision: word()?.parse().ok()?,
            sequence: optional(word()?)?,
            confirmed: word()?.parse().ok()?,
            posting: word()?.parse().ok()?,
            whole: optional(word()?)?,
        };
        word().is_none().then_some(notice)
    }
}

/// A word, or `-` for none.
fn optional<T: std::str::FromStr>(word: &str) -> Option<Option<T>> {
    if word == "-" {
        return Some(None);
    }
    word.parse().ok().map(Some)
}

impl fmt::Display for Notice {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fn word<T: fmt::Display>(value: Option<T>) -> String {
            value.map_or_else(|| "-".to_owned(), |value| value.to_string())
        }
        write!(
            f,
            "{} {} {} {} {}",
            self.revision,
            word(self.sequence),
            self.confirmed,
            self.posting,
            word(self.whole)
        )
    }
}
