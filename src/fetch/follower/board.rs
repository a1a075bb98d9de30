//! What the workers of a process post for each other about one source.

use super::{Follower, Origin};
use crate::bundle::hex;
use crate::config::HttpSource;
use crate::fetch::intake::{Newest, Received};
use crate::fetch::notice::Notice;
use crate::fetch::process::{Process, Shared};

/// How many deltas are kept for workers that are behind.
const DELTAS: u64 = 256;
/// Largest delta that is posted, in bytes as it came. Whoever misses one takes the whole.
const DELTA_BYTES: usize = 256 * 1024;
/// After how many deltas the whole is posted anew.
const LONG_CHAIN: u64 = DELTAS / 2;
/// The least time between two calls for a whole that is wanted, in milliseconds.
const REPOST_GAP: u64 = 1_000;

/// The names of what is shared. Every value is held to be anyone's.
#[derive(Debug)]
pub(super) struct Board {
    /// Who asks the server: a [`crate::fetch::Lease`].
    pub(super) lease: String,
    /// What there is: a [`Notice`].
    notice: String,
    /// A whole bundle.
    whole: String,
    /// The delta of each posting, by its number.
    delta: String,
    /// Not empty where a worker wants the whole.
    wanted: String,
    /// What workers are taking in.
    pub(super) notes: String,
    /// When the whole was last asked for because it was wanted.
    reposted: u64,
}

impl Board {
    pub(super) fn new(source: &HttpSource) -> Self {
        let prefix = format!("heliast/{}", hex(&source.fingerprint()));
        let key = |name| format!("{prefix}/{name}");
        Self {
            lease: key("lease"),
            notice: key("notice"),
            whole: key("whole"),
            delta: key("delta"),
            wanted: key("wanted"),
            notes: key("notes"),
            reposted: 0,
        }
    }

    /// Where the delta of a posting is.
    fn delta(&self, posting: u64) -> String {
        let place = posting.checked_rem(DELTAS).unwrap_or(0);
        format!("{}/{place}", self.delta)
    }

    fn read(&self, process: &dyn Process) -> (Option<Notice>, Option<u32>) {
        match process.shared(&self.notice) {
            Some(Shared { value, version }) => (Notice::parse(&value), Some(version)),
            None => (None, None),
        }
    }

    fn write(&self, process: &dyn Process, notice: &Notice, version: Option<u32>) {
        // If it is lost to another posting, that one will be read at the next tick.
        process.share(&self.notice, notice.to_string().as_bytes(), version);
    }
}

impl Follower {
    /// Learns when the server last confirmed the bundle, and up to which number bundles are old.
    pub(super) fn read_notice(&mut self, process: &dyn Process) {
        let (Some(notice), _) = self.board.read(process) else {
            return;
        };
        self.is_told = true;
        if self.revision() == Some(notice.revision) {
            // A time to come would keep a bundle fresh for ever.
            let confirmed = notice.confirmed.min(process.now());
            self.confirmed = self.confirmed.max(Some(confirmed));
        }
        let noticed = Newest::of(notice.order, notice.revision);
        self.newest = Newest::later(self.newest, noticed);
    }

    /// Begins to take what another worker has posted; whether there is anything.
    pub(super) fn take_posted(&mut self, process: &dyn Process) -> bool {
        let (Some(notice), _) = self.board.read(process) else {
            return false;
        };
        if self.revision() == Some(notice.revision) {
            self.at = Some(notice.posting);
            return false;
        }
        if self.unreadable == Some(notice.posting) {
            return false;
        }
        let is_left = |(posting, until)| posting == notice.posting && process.now() < until;
        if self.noted.left.is_some_and(is_left) {
            return false;
        }
        let next = next_of(self.at.filter(|_| self.revision().is_some()), &notice);
        let posted = next.and_then(|(posting, is_whole)| {
            let delta = || self.board.delta(posting);
            let key = if is_whole {
                self.board.whole.clone()
            } else {
                delta()
            };
            Some((posting, process.shared(&key)?.value))
        });
        match posted {
            Some((posting, body)) if !body.is_empty() => {
                let is_gzip = body.starts_with(GZIP);
                let noticed = notice.posting;
                let origin = Origin::Process { posting, noticed };
                self.begin(Received { body, is_gzip }, origin);
            }
            _ => self.want_whole(process, notice.posting),
        }
        true
    }

    /// Asks the leader to post the whole: what it has posted cannot be taken.
    pub(super) fn want_whole(&mut self, process: &dyn Process, posting: u64) {
        self.unreadable = Some(posting);
        process.share(&self.board.wanted, b"whole", None);
    }

    /// Posts the bundle that was just taken from the server, in the document that it came in.
    pub(super) fn post(&mut self, process: &dyn Process, body: &[u8], is_whole: bool) {
        let (before, version) = self.board.read(process);
        let Some(held) = &self.held else {
            return;
        };
        let posting = next(before);
        let delta = if is_whole {
            process.share(&self.board.whole, body, None);
            &[][..]
        } else {
            body
        };
        let is_too_long = delta.len() > DELTA_BYTES;
        let delta = if is_too_long { &[] } else { delta };
        process.share(&self.board.delta(posting), delta, None);
        let notice = Notice {
            revision: held.statement.revision,
            order: held.statement.order,
            confirmed: process.now(),
            posting,
            whole: if is_whole {
                Some(posting)
            } else {
                before.and_then(|before| before.whole)
            },
        };
        self.at = Some(posting);
        self.board.write(process, &notice, version);
        // Whoever comes after this VM, should it die, must find all of it here.
        let behind = notice.whole.map(|whole| posting.saturating_sub(whole));
        let is_long = behind.is_some_and(|behind| {
            behind >= LONG_CHAIN && behind.checked_rem(LONG_CHAIN / 4) == Some(0)
        });
        if is_too_long || is_long {
            process.share(&self.board.wanted, b"whole", None);
        }
    }

    /// Whether any worker has posted a bundle, so that one that has none is only behind.
    #[must_use]
    pub fn is_told(&self, process: &dyn Process) -> bool {
        self.is_told || self.board.read(process).0.is_some()
    }

    /// Tells that the server has confirmed the bundle.
    pub(super) fn confirm(&mut self, process: &dyn Process) {
        let now = process.now();
        self.confirmed = Some(now);
        let (notice, version) = self.board.read(process);
        match notice {
            Some(notice) if self.revision() == Some(notice.revision) => {
                let notice = Notice {
                    confirmed: now,
                    ..notice
                };
                self.board.write(process, &notice, version);
            }
            // Another worker has posted something else, and it can be taken.
            Some(notice) if self.unreadable != Some(notice.posting) => {}
            // What is noticed is of nobody any more. Others learn that what they have holds; who
            // has nothing has to ask for it.
            _ => self.post_nothing(process),
        }
    }

    /// Asks the server for the whole if a worker wants it: nobody here has the text of it.
    pub(super) fn ask_if_wanted(&mut self, process: &dyn Process) {
        let now = process.now();
        let wanted = process.shared(&self.board.wanted);
        let is_wanted = wanted.is_some_and(|wanted| !wanted.value.is_empty());
        if is_wanted && now.abs_diff(self.board.reposted) >= REPOST_GAP && self.held.is_some() {
            self.board.reposted = now;
            process.share(&self.board.wanted, b"", None);
            self.repost = true;
            // Whatever is asked now may be answered late, and never with the whole.
            self.call = None;
            self.schedule.hasten(now);
        }
    }

    fn post_nothing(&mut self, process: &dyn Process) {
        if self.held.is_some() {
            self.post(process, b"", false);
        }
    }
}

/// What gzip begins with; no document does.
const GZIP: &[u8] = &[0x1f, 0x8b];

/// The number of the posting after this one.
fn next(before: Option<Notice>) -> u64 {
    before.map_or(0, |before| before.posting.wrapping_add(1))
}

/// What a worker that is at a posting has to take next: its number, and whether it is the whole.
/// None if it is not there any more.
fn next_of(at: Option<u64>, notice: &Notice) -> Option<(u64, bool)> {
    let is_kept = |posting: u64| {
        let behind = notice.posting.checked_sub(posting);
        behind.is_some_and(|behind| behind < DELTAS)
    };
    let after = at.and_then(|at| at.checked_add(1));
    let whole = notice.whole.filter(|whole| is_kept(*whole));
    // A whole that was posted later stands for every delta before it.
    match (after.filter(|after| is_kept(*after)), whole) {
        (Some(after), Some(whole)) if whole < after => Some((after, false)),
        (_, Some(whole)) if at.is_none_or(|at| whole > at) => Some((whole, true)),
        (Some(after), _) => Some((after, false)),
        (None, _) => None,
    }
}
