//! What the workers of a process post for each other about one source.

use super::{Follower, Origin};
use crate::bundle::{Revision, hex};
use crate::config::HttpSource;
use crate::fetch::notice::Notice;
use crate::fetch::process::{Process, Shared};

/// A bundle up to this size is posted whole after every delta, in bytes; a larger one only when a
/// worker wants it.
const REPOST_BYTES: usize = 1024 * 1024;
/// The least time between two postings of the whole that are wanted, in milliseconds.
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
    /// The delta that leads to what there is.
    delta: String,
    /// Not empty where a worker wants the whole.
    wanted: String,
    /// When the whole was last posted because it was wanted.
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
            reposted: 0,
        }
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
        if self.revision() == Some(notice.revision) {
            // A time to come would keep a bundle fresh for ever.
            let confirmed = notice.confirmed.min(process.now());
            self.confirmed = self.confirmed.max(Some(confirmed));
        }
        self.sequence = self.sequence.max(notice.sequence);
    }

    /// Begins to take what another worker has posted; whether there is anything.
    pub(super) fn take_posted(&mut self, process: &dyn Process) -> bool {
        let (Some(notice), _) = self.board.read(process) else {
            return false;
        };
        let ours = self.revision();
        if ours == Some(notice.revision) || self.unreadable == Some(notice.posting) {
            return false;
        }
        let key = if ours.is_some() && notice.delta_from == ours {
            Some(&self.board.delta)
        } else if notice.whole == Some(notice.revision) {
            Some(&self.board.whole)
        } else {
            None
        };
        let posting = notice.posting;
        match key.and_then(|key| process.shared(key)) {
            Some(posted) => self.begin(posted.value, false, Origin::Process { posting }),
            None => self.want_whole(process, posting),
        }
        true
    }

    /// Asks the leader to post the whole: what it has posted cannot be taken.
    pub(super) fn want_whole(&mut self, process: &dyn Process, posting: u64) {
        self.unreadable = Some(posting);
        process.share(&self.board.wanted, b"whole", None);
    }

    /// Posts the bundle that was just taken from the server, in the document that it came in.
    pub(super) fn post(&mut self, process: &dyn Process, text: &[u8], from: Option<Revision>) {
        let (before, version) = self.board.read(process);
        let Some(held) = &self.held else {
            return;
        };
        let revision = held.statement.revision;
        let whole = match from {
            None => {
                process.share(&self.board.whole, text, None);
                Some(revision)
            }
            Some(_) => {
                process.share(&self.board.delta, text, None);
                let document = (held.bytes() <= REPOST_BYTES).then(|| held.document());
                match document {
                    Some(document) => {
                        process.share(&self.board.whole, &document, None);
                        Some(revision)
                    }
                    None => before.and_then(|before| before.whole),
                }
            }
        };
        let notice = Notice {
            revision,
            sequence: held.statement.sequence,
            confirmed: process.now(),
            posting: next(before),
            whole,
            delta_from: from,
        };
        self.board.write(process, &notice, version);
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
            _ => self.post_whole(process),
        }
    }

    /// Posts the whole if a worker wants it.
    pub(super) fn post_if_wanted(&mut self, process: &dyn Process) {
        let now = process.now();
        let wanted = process.shared(&self.board.wanted);
        let is_wanted = wanted.is_some_and(|wanted| !wanted.value.is_empty());
        if is_wanted && now.abs_diff(self.board.reposted) >= REPOST_GAP && self.held.is_some() {
            self.board.reposted = now;
            process.share(&self.board.wanted, b"", None);
            self.post_whole(process);
        }
    }

    fn post_whole(&mut self, process: &dyn Process) {
        let document = self.held.as_ref().map(super::Held::document);
        if let Some(document) = document {
            self.post(process, &document, None);
        }
    }
}

/// The number of the posting after this one.
fn next(before: Option<Notice>) -> u64 {
    before.map_or(0, |before| before.posting.wrapping_add(1))
}
