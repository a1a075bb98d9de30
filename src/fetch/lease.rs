//! Who of a process's workers asks the server: one at a time, and another if that one is gone.

use super::process::{Process, Shared};
use std::fmt;

/// For how long a lease holds, in milliseconds. A worker that is gone is replaced after that.
const TERM: u64 = 3_000;
/// A lease is renewed when less than this is left of it, in milliseconds.
const RENEW: u64 = 2_000;

/// The right to ask the server, until a moment.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Lease {
    /// The worker that has it.
    pub holder: u64,
    /// When it ends, in milliseconds since 1970.
    pub ends: u64,
}

impl Lease {
    /// Reads what is shared; none if nobody has the lease, or if it is no lease.
    #[must_use]
    pub fn parse(value: &[u8]) -> Option<Self> {
        let text = std::str::from_utf8(value).ok()?;
        let (holder, ends) = text.split_once(' ')?;
        Some(Self {
            holder: u64::from_str_radix(holder, 16).ok()?,
            ends: ends.parse().ok()?,
        })
    }

    /// Whether it holds at a moment. One that would hold for longer than any does was written by
    /// someone else, or the clock went back.
    #[must_use]
    pub fn holds(&self, now: u64) -> bool {
        (now..=now.saturating_add(TERM)).contains(&self.ends) && self.ends != now
    }

    /// Takes or renews the lease if it is free; whether it is ours now.
    pub fn take(process: &dyn Process, key: &str, me: u64) -> bool {
        let now = process.now();
        let Some(Shared { value, version }) = process.shared(key) else {
            // The version of a key that does not exist means nothing: were the lease taken in the
            // same write, two workers could have it. It is taken at the next tick.
            process.share(key, b"", None);
            return false;
        };
        let ours = match Self::parse(&value) {
            Some(lease) if lease.holds(now) && lease.holder != me => return false,
            Some(lease) => lease.holder == me && lease.ends.saturating_sub(now) >= RENEW,
            None => false,
        };
        let renewed = Self {
            holder: me,
            ends: now.saturating_add(TERM),
        };
        ours || process.share(key, renewed.to_string().as_bytes(), Some(version))
    }
}

impl fmt::Display for Lease {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:x} {}", self.holder, self.ends)
    }
}
