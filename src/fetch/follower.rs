//! Follows one source for all plugins of a VM that have it.

mod attic;
mod board;
mod notes;
mod polling;

use self::attic::Attic;
use self::board::Board;
use self::notes::{DEAD, LEADER_DEAD, Noted};
use self::polling::Call;
use super::answer::Answer;
use super::held::Held;
#[cfg(feature = "objects")]
use super::intake::again;
use super::intake::{Enforcing, Gate, New, Newest, Outcome, Received, Trust, take_in};
use super::lease::Lease;
use super::process::Process;
use super::refusal::{Refusal, RefusalKind};
use super::schedule::Schedule;
use crate::bundle::{Bundle, Revision};
use crate::config::{HttpSource, WorkloadConfig};
use crate::host::HeaderLines;
use crate::pace::{Pace, turn};
use crate::program::Node;
use std::fmt;
use std::pin::Pin;
use std::rc::Rc;
use std::task::Poll as Turn;

/// How much of a document is taken in at one tick, in units of [`Pace`]: a few milliseconds.
const SLICE: usize = 16 * 1024;

/// What a tick brought.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum News {
    /// Another bundle is held.
    Bundle,
    /// The server says that what is held holds.
    Confirmed,
    /// Something was not taken; what was held is held on.
    Refused(Refusal),
}

/// Follows one source.
pub struct Follower {
    source: HttpSource,
    me: u64,
    board: Board,
    schedule: Schedule,
    /// What is held; it is with the work while a document is taken in.
    held: Option<Held>,
    bundle: Option<Rc<Bundle>>,
    bytes: usize,
    /// The newest bundle that any worker has taken.
    newest: Option<Newest>,
    confirmed: Option<u64>,
    etag: Option<String>,
    /// Deltas did not lead anywhere: ask for the whole.
    wants_whole: bool,
    call: Option<Call>,
    work: Option<Work>,
    /// The posting under which what is held was shared, if it was.
    at: Option<u64>,
    /// The posting that could not be taken.
    unreadable: Option<u64>,
    /// Another worker wants the whole: it is to be asked for, and posted as it comes.
    repost: bool,
    enforcing: Enforcing,
    /// For how many of them the bundle was made.
    made_for: usize,
    attic: Attic,
    noted: Noted,
    /// What was taken from the server, and is posted once it is sure that it can be enforced;
    /// whether it is the whole.
    unposted: Option<(Vec<u8>, bool)>,
    /// Whether any worker has posted a bundle.
    is_told: bool,
    /// What is held is older than what other workers have, and nothing was held before: it is only
    /// on the way there.
    is_behind: bool,
}

/// How long a posting that is left alone is not looked at again, in milliseconds.
const LOOK_AGAIN: u64 = 2_000;

/// A document that is being taken in.
struct Work {
    /// How many enforced when it began.
    enforcing: usize,
    outcome: Pin<Box<dyn Future<Output = Outcome>>>,
    gate: Gate,
    origin: Origin,
}

/// Where a document came from.
#[derive(Debug, Clone)]
enum Origin {
    Server {
        etag: Option<String>,
    },
    /// Another worker posted it, under this number; the notice was already at the other.
    Process {
        posting: u64,
        noticed: u64,
    },
    /// It is what was held.
    #[cfg_attr(
        not(feature = "objects"),
        allow(dead_code, reason = "nothing is built anew")
    )]
    Ourselves,
}

impl fmt::Debug for Follower {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Follower")
            .field("source", &self.source)
            .field("revision", &self.revision())
            .finish_non_exhaustive()
    }
}

impl Follower {
    /// Follows a source; nothing is asked before the first tick, because Envoy tries a
    /// configuration in a VM that never ticks (envoy-wasm.md 3.1).
    #[must_use]
    pub fn new(source: HttpSource) -> Self {
        Self {
            board: Board::new(&source),
            schedule: Schedule::new(&source),
            source,
            me: 0,
            held: None,
            bundle: None,
            bytes: 0,
            newest: None,
            confirmed: None,
            etag: None,
            wants_whole: false,
            call: None,
            work: None,
            at: None,
            unreadable: None,
            repost: false,
            enforcing: Enforcing::default(),
            made_for: 0,
            attic: Attic::default(),
            noted: Noted::default(),
            unposted: None,
            is_told: false,
            is_behind: false,
        }
    }

    /// The bundle to enforce, if one came in.
    #[must_use]
    pub fn bundle(&self) -> Option<&Rc<Bundle>> {
        self.bundle.as_ref().filter(|_| !self.is_behind)
    }

    /// As long as it is kept, the bundle is not held to be good yet: whoever prepares it keeps it,
    /// so that it is known what a VM died over.
    #[must_use]
    pub fn preparing(&self) -> Rc<()> {
        Rc::clone(&self.noted.preparing)
    }

    /// The size of its objects together, in bytes of canonical form.
    #[must_use]
    pub fn bytes(&self) -> usize {
        self.bytes
    }

    /// Whether a document is being taken in or an old bundle freed, so that the next tick should
    /// come soon.
    #[must_use]
    pub fn is_busy(&self) -> bool {
        self.work.is_some()
            || self.attic.is_busy()
            || self.noted.stands()
            || self.unposted.is_some()
            || self.is_behind
    }

    /// When the server last said that the bundle holds, in milliseconds since 1970; none before
    /// the first.
    #[must_use]
    pub fn confirmed(&self) -> Option<u64> {
        self.confirmed
    }

    /// Goes on with what another plugin of the same source is configured for: how often to ask,
    /// and for how long to wait.
    pub fn retune(&mut self, source: HttpSource) {
        self.schedule.retune(&source);
        self.source = source;
    }

    /// Says who enforces here: policy that does not govern them is not kept.
    pub fn enforce_at(&mut self, workload: &WorkloadConfig, node: &Rc<Node>) {
        self.enforcing.add(workload, node);
    }

    /// Whether the bundle was made for all who enforce here; otherwise another is being made.
    #[must_use]
    pub fn serves_all(&self) -> bool {
        self.made_for == self.enforcing.len()
            || self.bundle.as_ref().is_none_or(|bundle| {
                let wanted = self.enforcing.interest(&bundle.model.directory.read());
                bundle.model.interest.includes(&wanted)
            })
    }

    /// What was compiled cannot be built anew.
    #[cfg(not(feature = "objects"))]
    fn go_back(&mut self) -> bool {
        false
    }

    #[cfg(feature = "objects")]
    /// Builds the bundle anew if somebody enforces now for whom it was not made.
    fn go_back(&mut self) -> bool {
        if self.serves_all() {
            return false;
        }
        let Some(held) = self.held.take() else {
            return false;
        };
        let enforcing = Enforcing::clone(&self.enforcing);
        let outcome = Box::pin(async move { again(held, enforcing, &Pace::slices(SLICE)).await });
        let origin = Origin::Ourselves;
        self.work = Some(Work {
            enforcing: self.enforcing.len(),
            outcome,
            gate: Gate::default(),
            origin,
        });
        true
    }

    fn revision(&self) -> Option<Revision> {
        self.bundle.as_ref().map(|bundle| bundle.revision)
    }

    /// Does what is to be done now.
    pub fn tick(&mut self, process: &dyn Process) -> Option<News> {
        if self.me == 0 {
            self.me = process.random().max(1);
        }
        self.read_notice(process);
        let leads = Lease::take(process, &self.board.lease, self.me);
        // Pods change in place only where no model that is gone still has them.
        self.attic.clear();
        self.settle(process, leads);
        if self.unposted.is_some() {
            // What is noticed is older than what is held.
            return None;
        }
        if self.work.is_some() || self.take_posted_first(process) {
            return self.go_on(process);
        }
        if !leads {
            return None;
        }
        self.ask_if_wanted(process);
        self.poll_if_due(process)
    }

    /// Whether there is work to do before anything is asked: for others who enforce here, or with
    /// what another worker has posted.
    fn take_posted_first(&mut self, process: &dyn Process) -> bool {
        self.go_back() || self.take_posted(process)
    }

    /// Says that this follower ends in good order, so that nobody takes it for dead.
    pub fn leave(&mut self, process: &dyn Process) {
        self.take_note_back(process);
    }

    /// Posts what was taken, and takes the note of it back, once nothing is done with it any more
    /// that a VM could die over.
    fn settle(&mut self, process: &dyn Process, leads: bool) {
        if !leads && self.unposted.take().is_some() {
            // Another worker asks the server now, and may have posted something newer.
            self.at = None;
        }
        if self.work.is_some() || self.noted.is_preparing() {
            return self.renew_note(process);
        }
        if let Some((body, is_whole)) = self.unposted.take() {
            self.post(process, &body, is_whole);
        }
        self.take_note_back(process);
    }

    /// The server answered a call.
    pub fn answered(
        &mut self,
        process: &dyn Process,
        token: u32,
        headers: &HeaderLines,
        body: Vec<u8>,
    ) -> Option<News> {
        let call = self.call.take_if(|call| call.token == token)?;
        match Answer::read(headers, body, call.conditional) {
            Ok(Answer::Unchanged) => {
                self.unchanged(process);
                Some(News::Confirmed)
            }
            Ok(Answer::Document {
                body,
                is_gzip,
                etag,
            }) => {
                if self.work.is_none() {
                    let received = Received { body, is_gzip };
                    self.begin(received, Origin::Server { etag });
                }
                None
            }
            Err(refusal) => Some(self.failed(process, refusal)),
        }
    }

    /// The plugin that made a call is gone, and with it the answer.
    pub fn forget(&mut self, token: u32) {
        self.call.take_if(|call| call.token == token);
    }

    fn begin(&mut self, received: Received, origin: Origin) {
        let held = self.held.take();
        let trust = Trust {
            keys: self.source.public_keys.clone(),
            newest: match origin {
                Origin::Server { .. } => self.newest,
                // What is noticed counts as the newest already, and what is posted may be on the
                // way there; it must still be newer than ours.
                Origin::Process { .. } | Origin::Ourselves => held.as_ref().and_then(Held::newest),
            },
        };
        let enforcing = Enforcing::clone(&self.enforcing);
        let gate = Gate::default();
        let asks = gate.clone();
        let outcome = Box::pin(async move {
            let pace = Pace::slices(SLICE);
            take_in(held, received, trust, enforcing, asks, &pace).await
        });
        self.work = Some(Work {
            enforcing: self.enforcing.len(),
            outcome,
            gate,
            origin,
        });
    }

    /// Takes in another slice.
    fn go_on(&mut self, process: &dyn Process) -> Option<News> {
        let mut work = self.work.take()?;
        let mut turned = turn(work.outcome.as_mut());
        if let Some(revision) = work.gate.asked() {
            let patience = match work.origin {
                Origin::Server { .. } => LEADER_DEAD,
                Origin::Process { .. } | Origin::Ourselves => DEAD,
            };
            work.gate.answer(self.note(process, revision, patience));
            turned = turn(work.outcome.as_mut());
        }
        let Turn::Ready(outcome) = turned else {
            self.work = Some(work);
            return None;
        };
        let Outcome { held, taken, body } = outcome;
        self.newest = Newest::later(self.newest, held.as_ref().and_then(Held::newest));
        self.held = held;
        match (taken, work.origin) {
            (Ok(None), Origin::Server { etag }) => {
                self.etag = etag;
                self.wants_whole = false;
                self.unchanged(process);
                if std::mem::take(&mut self.repost) {
                    self.post(process, &body, true);
                }
                Some(News::Confirmed)
            }
            (Ok(None), Origin::Ourselves) => None,
            (Ok(None), Origin::Process { posting, .. }) => {
                self.at = Some(posting);
                None
            }
            (Ok(Some(new)), origin) => {
                self.took(process, new, work.enforcing, origin, body);
                Some(News::Bundle)
            }
            (Err(refusal), Origin::Ourselves) => Some(News::Refused(refusal)),
            (Err(refusal), Origin::Server { .. }) => Some(self.failed(process, refusal)),
            (Err(refusal), Origin::Process { noticed, .. }) => {
                if refusal.kind == RefusalKind::Crash {
                    let again = process.now().saturating_add(LOOK_AGAIN);
                    self.noted.left = Some((noticed, again));
                } else {
                    self.want_whole(process, noticed);
                }
                Some(News::Refused(refusal))
            }
        }
    }

    /// Holds what is new.
    fn took(
        &mut self,
        process: &dyn Process,
        new: New,
        enforcing: usize,
        origin: Origin,
        body: Vec<u8>,
    ) {
        let New { held, from } = new;
        self.bytes = held.bytes();
        self.is_behind = match &origin {
            Origin::Process { posting, noticed } => {
                posting != noticed && (self.is_behind || self.bundle.is_none())
            }
            Origin::Server { .. } => false,
            Origin::Ourselves => self.is_behind,
        };
        self.hold(held, enforcing);
        match origin {
            Origin::Server { etag } => {
                self.etag = etag;
                self.wants_whole = false;
                self.confirmed = Some(process.now());
                self.schedule.changed(process.now(), process.random());
                self.repost &= from.is_some();
                self.unposted = Some((body, from.is_none()));
            }
            Origin::Ourselves => {}
            // The tag of what we fetched ourselves is of something older.
            Origin::Process { posting, .. } => {
                self.at = Some(posting);
                self.etag = None;
                self.read_notice(process);
            }
        }
    }

    fn unchanged(&mut self, process: &dyn Process) {
        self.schedule.unchanged(process.now(), process.random());
        self.confirm(process);
    }

    fn hold(&mut self, held: Held, enforcing: usize) {
        self.newest = Newest::later(self.newest, held.newest());
        let before = self.bundle.replace(Rc::clone(&held.bundle));
        let is_same = |before: &Rc<Bundle>| before.shares_model(&held.bundle);
        if !before.as_ref().is_some_and(is_same) {
            self.made_for = enforcing;
            if let Some(before) = before {
                self.attic.keep(&before.model);
            }
        }
        self.held = Some(held);
        self.unreadable = None;
    }

    fn failed(&mut self, process: &dyn Process, refusal: Refusal) -> News {
        self.wants_whole |= matches!(
            refusal.kind,
            RefusalKind::Base | RefusalKind::Revision | RefusalKind::Document
        );
        self.schedule.failed(process.now(), process.random());
        News::Refused(refusal)
    }
}
