//! Notes of what workers are taking in: where a VM dies over a bundle, whoever comes after it sees
//! what it died over, and leaves that alone for a while.

use super::{Follower, Refusal, RefusalKind};
use crate::bundle::Revision;
use crate::fetch::process::{Process, Shared};
use std::fmt::Write;
use std::rc::Rc;

/// How often a note is renewed while the work goes on, in milliseconds.
const RENEWAL: u64 = 500;
/// A note that was not renewed for so long is of a VM that died, in milliseconds.
pub(super) const DEAD: u64 = 5_000;
/// The same for whoever takes something from the server: one worker at a time does that, so a note
/// of another is of one that lost its lease.
pub(super) const LEADER_DEAD: u64 = 2_000;
/// For how long a revision over which a VM died is left alone, in milliseconds.
const LEFT_ALONE: u64 = 10 * 60 * 1_000;
/// Most notes that are kept: more than any process has workers.
const NOTES: usize = 64;
/// How often a note is written anew where another worker wrote in the same moment.
const TRIES: usize = 4;

/// That a worker takes something in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Note {
    worker: u64,
    revision: Revision,
    /// When it was last said, in milliseconds since 1970.
    said: u64,
}

impl Note {
    fn parse(line: &str) -> Option<Self> {
        let mut words = line.split(' ');
        let note = Self {
            worker: u64::from_str_radix(words.next()?, 16).ok()?,
            revision: words.next()?.parse().ok()?,
            said: words.next()?.parse().ok()?,
        };
        words.next().is_none().then_some(note)
    }

    /// How long ago it was said; none if that is still to come, which only a stranger would write.
    fn age(&self, now: u64) -> Option<u64> {
        now.checked_sub(self.said)
    }
}

/// What this worker has noted, and what its notes wait for.
#[derive(Debug, Default)]
pub(super) struct Noted {
    /// What is being taken in, and when that was last said.
    note: Option<(Revision, u64)>,
    /// Has other owners while somebody prepares what was taken in.
    pub(super) preparing: Rc<()>,
    /// What this worker has left alone, and until when it is not looked at again.
    pub(super) left: Option<(u64, u64)>,
}

impl Noted {
    /// Whether a note stands.
    pub(super) fn stands(&self) -> bool {
        self.note.is_some()
    }

    /// Whether somebody prepares what was taken in.
    pub(super) fn is_preparing(&self) -> bool {
        Rc::strong_count(&self.preparing) > 1
    }
}

impl Follower {
    /// Notes that this revision is being taken in; refuses one that a VM died over, which is known
    /// by a note that was not renewed for so long.
    pub(super) fn note(
        &mut self,
        process: &dyn Process,
        revision: Revision,
        patience: u64,
    ) -> Result<(), Refusal> {
        let now = process.now();
        let (notes, _) = self.notes(process);
        let died = notes.iter().any(|note| {
            let is_of_another = note.worker != self.me && note.revision == revision;
            let age = note.age(now);
            is_of_another && age.is_some_and(|age| (patience..LEFT_ALONE).contains(&age))
        });
        if died {
            let why = format!(
                "the module broke down while it took in {}: that revision is left alone for ten minutes, and what was there before stays. Find what is too large in it with `heliast check`, and serve another",
                revision.short()
            );
            return Err(Refusal::new(RefusalKind::Crash, why));
        }
        self.say(process, Some(revision));
        Ok(())
    }

    /// Says again what is being taken in, now and then.
    pub(super) fn renew_note(&mut self, process: &dyn Process) {
        if let Some((revision, said)) = self.noted.note
            && process.now().abs_diff(said) >= RENEWAL
        {
            self.say(process, Some(revision));
        }
    }

    /// Takes the note back: nobody died.
    pub(super) fn take_note_back(&mut self, process: &dyn Process) {
        if self.noted.stands() {
            self.say(process, None);
        }
    }

    /// Puts this worker's note in the place of the one it had.
    fn say(&mut self, process: &dyn Process, revision: Option<Revision>) {
        let now = process.now();
        self.noted.note = revision.map(|revision| (revision, now));
        for _ in 0..TRIES {
            let (mut notes, version) = self.notes(process);
            notes.retain(|note| {
                let age = note.age(now);
                note.worker != self.me && age.is_some_and(|age| age < LEFT_ALONE)
            });
            notes.extend(revision.map(|revision| Note {
                worker: self.me,
                revision,
                said: now,
            }));
            let mut text = String::new();
            let skipped = notes.len().saturating_sub(NOTES);
            for note in notes.iter().skip(skipped) {
                let Note {
                    worker,
                    revision,
                    said,
                } = note;
                // Writing to a string cannot fail.
                let _written = writeln!(text, "{worker:x} {revision} {said}");
            }
            if process.share(&self.board.notes, text.as_bytes(), version) {
                return;
            }
        }
    }

    fn notes(&self, process: &dyn Process) -> (Vec<Note>, Option<u32>) {
        let Some(Shared { value, version }) = process.shared(&self.board.notes) else {
            return (Vec::new(), None);
        };
        let text = std::str::from_utf8(&value).unwrap_or_default();
        let notes = text.lines().take(NOTES).filter_map(Note::parse).collect();
        (notes, Some(version))
    }
}
