//! The pruned bundles that sidecars asked for lately.

use super::answer::{Answer, Form};
use super::feed::{Edition, Feed};
use super::limits;
use super::sync::lock;
use crate::bundles::Program;
use crate::signing_key::SigningKey;
use heliast::bundle::{Audience, Order, Revision};
use heliast::prune::{Effect, Fleet, Gone, View};
use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};
use std::time::Instant;

/// The pruned bundle of one workload, kept up to date.
#[derive(Debug)]
pub(super) struct Pruned {
    inner: Mutex<Inner>,
    feed: Feed,
}

#[derive(Debug)]
struct Inner {
    view: View,
    /// The place of the fleet that the view is of.
    order: Order,
    /// The program that was last made of it.
    program: Option<Answer>,
}

impl Pruned {
    pub(super) fn new(view: View, order: Order, feed: Feed) -> Self {
        Self {
            inner: Mutex::new(Inner {
                view,
                order,
                program: None,
            }),
            feed,
        }
    }

    /// What clients follow.
    pub(super) fn feed(&self) -> &Feed {
        &self.feed
    }

    /// The answer for a client that has this revision.
    pub(super) fn answer(&self, from: Option<Revision>) -> Answer {
        let inner = lock(&self.inner);
        self.feed.answer(inner.view.store(), from)
    }

    /// The compiled program, made once for each revision. May take long.
    ///
    /// # Errors
    ///
    /// What of its policy cannot be compiled.
    pub(super) fn program(&self, key: Option<&SigningKey>) -> Result<Answer, String> {
        let mut inner = lock(&self.inner);
        let Edition { statement, .. } = self.feed.edition();
        let made = inner.program.as_ref();
        if let Some(made) = made.filter(|made| made.revision == statement.revision) {
            return Ok(made.clone());
        }
        let revision = statement.revision;
        let mut program = Program::of_store(inner.view.store(), &statement)?;
        if let Some(key) = key {
            program.sign(key, None);
        }
        let answer = Answer::new(revision, Form::Program, program.bytes()?);
        inner.program = Some(answer.clone());
        Ok(answer)
    }

    /// Follows a change of the fleet; whether anything changed for this workload.
    pub(super) fn follow(
        &self,
        fleet: &Fleet,
        effect: &Effect,
        order: Order,
        sign: impl FnOnce(Revision) -> Edition,
    ) -> bool {
        let mut inner = lock(&self.inner);
        if inner.order >= order {
            // It was made of the changed fleet.
            return false;
        }
        inner.order = order;
        match inner.view.follow(fleet, effect) {
            Ok(None) => false,
            Err(Gone) => {
                self.feed.end();
                true
            }
            Ok(Some(change)) => {
                let upsert = change.upsert.iter().map(|object| Arc::clone(&object.key));
                let remove = change.remove.into_iter().map(Arc::new);
                let touched = upsert.chain(remove).collect();
                let edition = sign(change.to);
                self.feed.publish(edition, touched, inner.view.store());
                true
            }
        }
    }
}

/// All of them, bounded: those that were not asked for the longest go first.
#[derive(Debug)]
pub(super) struct Views {
    most: usize,
    kept: BTreeMap<Audience, Kept>,
}

#[derive(Debug)]
struct Kept {
    pruned: Arc<Pruned>,
    asked: Instant,
}

impl Views {
    pub(super) fn new(most: usize) -> Self {
        Self {
            most,
            kept: BTreeMap::new(),
        }
    }

    /// The pruned bundle of a workload, which is asked for now.
    pub(super) fn get(&mut self, audience: &Audience) -> Option<Arc<Pruned>> {
        let kept = self.kept.get_mut(audience)?;
        // One whose pod is gone may still be here for a moment.
        kept.pruned.feed.revision()?;
        kept.asked = Instant::now();
        Some(Arc::clone(&kept.pruned))
    }

    /// Keeps one, unless it is kept already; gives the one that is kept.
    pub(super) fn insert(&mut self, audience: &Audience, pruned: Arc<Pruned>) -> Arc<Pruned> {
        if let Some(known) = self.get(audience) {
            return known;
        }
        while self.kept.len() >= self.most {
            // Those somebody waits for stay, however many: connections bound them.
            let idle = self.kept.iter().filter(|(_, kept)| !kept.is_awaited());
            let oldest = idle.min_by_key(|(_, kept)| kept.asked);
            let Some(oldest) = oldest.map(|(audience, _)| audience.clone()) else {
                break;
            };
            self.forget(&oldest);
        }
        let asked = Instant::now();
        let kept = Kept {
            pruned: Arc::clone(&pruned),
            asked,
        };
        self.kept.insert(audience.clone(), kept);
        pruned
    }

    /// Those that are to follow a change; the others, which nobody asked for in a while, are
    /// dropped.
    pub(super) fn begin_round(&mut self) -> Vec<(Audience, Arc<Pruned>)> {
        let is_idle = |kept: &Kept| !kept.is_awaited() && kept.asked.elapsed() >= limits::VIEW_IDLE;
        let idle = self.kept.iter().filter(|(_, kept)| is_idle(kept));
        let idle: Vec<Audience> = idle.map(|(audience, _)| audience.clone()).collect();
        idle.iter().for_each(|audience| self.forget(audience));
        let all = self.kept.iter();
        all.map(|(audience, kept)| (audience.clone(), Arc::clone(&kept.pruned)))
            .collect()
    }

    /// Keeps it no longer. Whoever came to wait for it in this moment looks for it again.
    pub(super) fn forget(&mut self, audience: &Audience) {
        if let Some(kept) = self.kept.remove(audience) {
            kept.pruned.feed.end();
        }
    }

    pub(super) fn len(&self) -> usize {
        self.kept.len()
    }

    /// How many polls wait for one of them.
    pub(super) fn waiting(&self) -> usize {
        let waiting = self.kept.values().map(|kept| kept.pruned.feed.waiting());
        waiting.sum()
    }
}

impl Kept {
    fn is_awaited(&self) -> bool {
        self.pruned.feed.waiting() > 0
    }
}
