//! What the leader tells the other workers of a process.

use crate::bundle::{Order, Revision};
use std::fmt;

/// What is posted: small, because every worker reads it at every tick.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Notice {
    /// What to enforce.
    pub revision: Revision,
    /// Its place in the order of bundles, if it has one: nobody takes an older one after it.
    pub order: Option<Order>,
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
            order: order(word()?)?,
            confirmed: word()?.parse().ok()?,
            posting: word()?.parse().ok()?,
            whole: optional(word()?)?,
        };
        word().is_none().then_some(notice)
    }
}

/// `epoch.number`, or `-` for none.
fn order(word: &str) -> Option<Option<Order>> {
    if word == "-" {
        return Some(None);
    }
    let (epoch, number) = word.split_once('.')?;
    Some(Some(Order {
        epoch: epoch.parse().ok()?,
        number: number.parse().ok()?,
    }))
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
        let order = self
            .order
            .map(|Order { epoch, number }| format!("{epoch}.{number}"));
        write!(
            f,
            "{} {} {} {} {}",
            self.revision,
            word(order),
            self.confirmed,
            self.posting,
            word(self.whole)
        )
    }
}
