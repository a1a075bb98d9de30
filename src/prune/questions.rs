//! The questions of all rules, and which identities each of them needs. A question is answered
//! when a view first asks, once for all views, and again only for identities that were touched.

use super::identities::{Identities, IdentityId};
use super::question::Question;
use crate::model::Directory;
use crate::selector::Labels;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, OnceLock};

/// A question of the fleet, never given twice.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct QuestionId(u64);

/// The questions of the rules of a fleet.
#[derive(Debug, Default)]
pub(super) struct Questions {
    next: u64,
    ids: BTreeMap<Arc<Question>, QuestionId>,
    all: BTreeMap<QuestionId, Asked>,
}

#[derive(Debug)]
struct Asked {
    question: Arc<Question>,
    /// How many times policies ask it.
    times: usize,
    by_address: OnceLock<Needs>,
    by_principal: OnceLock<Needs>,
}

/// The identities that a question needs.
#[derive(Debug)]
pub(super) struct Needs {
    may_expose: bool,
    /// Those whose workloads must be known, with their addresses.
    pub(super) identities: BTreeSet<IdentityId>,
    /// Those of which it must be known who holds them, but not where.
    pub(super) holders: BTreeSet<IdentityId>,
}

impl Questions {
    /// Adds a question, or one more policy that asks it.
    pub(super) fn add(&mut self, question: Question) -> QuestionId {
        if let Some(id) = self.ids.get(&question) {
            if let Some(asked) = self.all.get_mut(id) {
                asked.times = asked.times.saturating_add(1);
            }
            return *id;
        }
        let id = QuestionId(self.next);
        self.next = self.next.saturating_add(1);
        let question = Arc::new(question);
        self.ids.insert(Arc::clone(&question), id);
        let asked = Asked {
            question,
            times: 1,
            by_address: OnceLock::new(),
            by_principal: OnceLock::new(),
        };
        self.all.insert(id, asked);
        id
    }

    /// Takes away one policy that asks the question.
    pub(super) fn drop_one(&mut self, id: QuestionId) {
        let Some(asked) = self.all.get_mut(&id) else {
            return;
        };
        asked.times = asked.times.saturating_sub(1);
        if asked.times == 0 {
            let question = Arc::clone(&asked.question);
            self.ids.remove(&question);
            self.all.remove(&id);
        }
    }

    /// The question.
    pub(super) fn get(&self, id: QuestionId) -> Option<&Question> {
        self.all.get(&id).map(|asked| &*asked.question)
    }

    /// The identities that a question needs.
    pub(super) fn needed(
        &self,
        id: QuestionId,
        by_principal: bool,
        identities: &Identities,
        directory: &Directory,
    ) -> Option<&Needs> {
        let asked = self.all.get(&id)?;
        let slot = if by_principal {
            &asked.by_principal
        } else {
            &asked.by_address
        };
        Some(slot.get_or_init(|| asked.answer(by_principal, identities, directory)))
    }

    /// Answers again for identities that were touched.
    pub(super) fn touch(
        &mut self,
        touched: &BTreeSet<IdentityId>,
        identities: &Identities,
        directory: &Directory,
    ) {
        for asked in self.all.values_mut() {
            for (by_principal, slot) in [
                (false, &mut asked.by_address),
                (true, &mut asked.by_principal),
            ] {
                let Some(needs) = slot.get_mut() else {
                    continue;
                };
                for id in touched {
                    let identity = identities.get(*id);
                    let identity = identity.filter(|identity| {
                        needs.may_concern(&asked.question, identity.namespace())
                    });
                    needs.identities.remove(id);
                    needs.holders.remove(id);
                    if let Some(identity) = identity {
                        let question = &asked.question;
                        needs.add(*id, question, identity, by_principal, directory);
                    }
                }
            }
        }
    }

    /// Forgets the answers to questions that a network set with these labels has to do with.
    pub(super) fn forget(&mut self, labels: &(impl Labels + ?Sized)) {
        for asked in self.all.values_mut() {
            if asked
                .question
                .selectors()
                .any(|selector| selector.matches(labels))
            {
                asked.by_address.take();
                asked.by_principal.take();
            }
        }
    }
}

impl Asked {
    fn answer(&self, by_principal: bool, identities: &Identities, directory: &Directory) -> Needs {
        let mut needs = Needs {
            may_expose: self.question.may_expose(directory),
            identities: BTreeSet::new(),
            holders: BTreeSet::new(),
        };
        let everywhere = needs.is_everywhere(&self.question);
        let namespace = self.question.namespace().filter(|_| !everywhere);
        for (id, identity) in identities.of_namespace(namespace) {
            needs.add(id, &self.question, identity, by_principal, directory);
        }
        needs
    }
}

impl Needs {
    /// Whether identities outside the namespace of the question may be needed.
    fn is_everywhere(&self, question: &Question) -> bool {
        self.may_expose || !question.ports().is_empty() || question.asks_principal()
    }

    fn may_concern(&self, question: &Question, namespace: &str) -> bool {
        self.is_everywhere(question) || question.namespace().is_none_or(|name| name == namespace)
    }

    /// Adds an identity where the question needs it.
    fn add(
        &mut self,
        id: IdentityId,
        question: &Question,
        identity: &super::identities::Identity,
        by_principal: bool,
        directory: &Directory,
    ) {
        if question.needs(identity, directory, self.may_expose)
            || (by_principal && question.needs_by_principal(identity))
        {
            self.identities.insert(id);
        } else if question.needs_holders(identity, directory) {
            self.holders.insert(id);
        }
    }
}
