//! When to ask the server again. All times are in milliseconds.

use crate::config::HttpSource;
use std::time::Duration;

/// Between an answer that brought something and the next long poll: changes come in bursts, and
/// one answer can bring them all.
const GAP: u64 = 100;

/// When to ask again.
#[derive(Debug, Clone)]
pub struct Schedule {
    interval: u64,
    is_long_poll: bool,
    started: u64,
    next: u64,
    failures: u32,
}

impl Schedule {
    /// The schedule of a source; the first poll is due at once.
    #[must_use]
    pub fn new(source: &HttpSource) -> Self {
        Self {
            interval: milliseconds(source.poll_interval),
            is_long_poll: source.is_long_poll(),
            started: 0,
            next: 0,
            failures: 0,
        }
    }

    /// Goes on with other settings.
    pub(super) fn retune(&mut self, source: &HttpSource) {
        let Self {
            interval,
            is_long_poll,
            ..
        } = Self::new(source);
        self.interval = interval;
        self.is_long_poll = is_long_poll;
        self.next = self.next.min(self.started.saturating_add(interval));
    }

    /// Whether to ask now. A clock that went far back does not stop us.
    #[must_use]
    pub fn is_due(&self, now: u64) -> bool {
        now >= self.next || now < self.started
    }

    /// Something is wanted that only the server has.
    pub(super) fn hasten(&mut self, now: u64) {
        self.next = self.next.min(now);
    }

    /// The server is being asked.
    pub fn start(&mut self, now: u64) {
        self.started = now;
    }

    /// There was nothing new.
    pub fn unchanged(&mut self, now: u64, random: u64) {
        self.failures = 0;
        let next = self.started.saturating_add(self.spread(random));
        self.next = next.max(now.saturating_add(GAP));
    }

    /// There was something new. A server that holds its answers until there is, is asked for the
    /// next at once.
    pub fn changed(&mut self, now: u64, random: u64) {
        self.unchanged(now, random);
        if self.is_long_poll {
            self.next = now.saturating_add(GAP);
        }
    }

    /// It failed: each failure in a row doubles the wait, up to three intervals.
    pub fn failed(&mut self, now: u64, random: u64) {
        let first = (self.interval / 10).clamp(100, 1_000);
        let most = self.interval.saturating_mul(3).clamp(1_000, 60_000);
        let wait = first.saturating_mul(1 << self.failures.min(16)).min(most);
        self.failures = self.failures.saturating_add(1);
        // From half of it to all of it, so that a fleet does not come back as one.
        let half = wait / 2;
        let jitter = random.checked_rem(half.saturating_add(1)).unwrap_or(0);
        self.next = now.saturating_add(half).saturating_add(jitter);
    }

    /// The interval, up to a tenth shorter or longer.
    fn spread(&self, random: u64) -> u64 {
        let tenth = self.interval / 10;
        let most = tenth.saturating_mul(2).saturating_add(1);
        let jitter = random.checked_rem(most).unwrap_or(0);
        self.interval.saturating_sub(tenth).saturating_add(jitter)
    }
}

/// A duration in milliseconds.
pub(super) fn milliseconds(duration: Duration) -> u64 {
    u64::try_from(duration.as_millis()).unwrap_or(u64::MAX)
}
