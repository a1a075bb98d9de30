//! One bundle as clients follow it: the latest revision, and the way there from older ones.

use super::answer::{Answer, Form};
use super::history::History;
use super::sync::lock;
use heliast::bundle::{
    ObjectKey, Revision, Signature, Statement, Store, write_bundle, write_delta,
};
use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};
use tokio::sync::watch;

/// A revision of a bundle, and who vouches for it.
#[derive(Debug, Clone)]
pub(super) struct Edition {
    /// What is signed.
    pub(super) statement: Statement,
    /// The signatures.
    pub(super) signatures: Vec<Signature>,
}

/// A bundle that clients follow. The objects are with the owner of the feed, who passes the store
/// that belongs to the latest edition.
#[derive(Debug)]
pub(super) struct Feed {
    latest: watch::Sender<Option<Revision>>,
    state: Mutex<State>,
    /// Whether many clients ask for the same answers, so that it pays to keep them.
    is_shared: bool,
}

#[derive(Debug)]
struct State {
    edition: Edition,
    history: History,
    /// Answers made for the edition, by the revision that the client has.
    made: BTreeMap<Option<Revision>, Answer>,
}

/// Most answers that are kept for one edition.
const MADE: usize = 64;

impl Feed {
    /// A feed that begins with this edition.
    pub(super) fn new(edition: Edition, is_shared: bool) -> Self {
        Self {
            latest: watch::Sender::new(Some(edition.statement.revision)),
            state: Mutex::new(State {
                edition,
                history: History::default(),
                made: BTreeMap::new(),
            }),
            is_shared,
        }
    }

    /// The latest revision; none once the feed has ended.
    pub(super) fn revision(&self) -> Option<Revision> {
        *self.latest.borrow()
    }

    /// Tells of every later revision.
    pub(super) fn subscribe(&self) -> watch::Receiver<Option<Revision>> {
        self.latest.subscribe()
    }

    /// The latest edition.
    pub(super) fn edition(&self) -> Edition {
        lock(&self.state).edition.clone()
    }

    /// How many clients wait for the next revision.
    pub(super) fn waiting(&self) -> usize {
        self.latest.receiver_count()
    }

    /// Takes the next edition, in which these objects are other than before, and wakes whoever
    /// waits for it.
    pub(super) fn publish(&self, edition: Edition, touched: Vec<Arc<ObjectKey>>, store: &Store) {
        let revision = edition.statement.revision;
        let mut state = lock(&self.state);
        let from = state.edition.statement.revision;
        if from == revision {
            return;
        }
        state.history.push(from, touched);
        state.edition = edition;
        state.made.clear();
        if self.is_shared {
            // What almost everyone will ask for in a moment.
            state.answer(store, Some(from), true);
        }
        drop(state);
        self.latest.send_replace(Some(revision));
    }

    /// Ends the feed: its pod is gone. Whoever waits is woken.
    pub(super) fn end(&self) {
        self.latest.send_replace(None);
    }

    /// The answer for a client that has this revision, if it was made before. Never waits long.
    pub(super) fn made(&self, from: Option<Revision>) -> Option<Answer> {
        lock(&self.state).made.get(&from).cloned()
    }

    /// The answer for a client that has this revision: a delta where that is known to be right and
    /// smaller, else the whole. May take long for a large store.
    pub(super) fn answer(&self, store: &Store, from: Option<Revision>) -> Answer {
        lock(&self.state).answer(store, from, self.is_shared)
    }
}

impl State {
    fn answer(&mut self, store: &Store, from: Option<Revision>, keep: bool) -> Answer {
        if let Some(made) = self.made.get(&from) {
            return made.clone();
        }
        let delta = from.and_then(|from| self.delta(store, from));
        let (key, answer) = match delta {
            Some(delta) => (from, delta),
            None => (None, self.whole(store)),
        };
        if keep && self.made.len() < MADE {
            self.made.insert(key, answer.clone());
        }
        answer
    }

    fn whole(&self, store: &Store) -> Answer {
        if let Some(made) = self.made.get(&None) {
            return made.clone();
        }
        let Edition {
            statement,
            signatures,
        } = &self.edition;
        let text = write_bundle(statement, signatures, store.objects());
        Answer::new(statement.revision, Form::Whole, text)
    }

    fn delta(&self, store: &Store, from: Revision) -> Option<Answer> {
        let Edition {
            statement,
            signatures,
        } = &self.edition;
        let (upsert, remove) = self.history.delta(from, store)?;
        let text = write_delta(
            from,
            statement,
            signatures,
            upsert.into_iter(),
            remove.into_iter(),
        );
        let whole: usize = store
            .objects()
            .map(|object| object.text.len().saturating_add(2))
            .sum();
        (text.len() <= whole).then(|| Answer::new(statement.revision, Form::Delta, text))
    }
}
