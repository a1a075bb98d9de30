//! Where work waits until it is noted what it is about to take in.

use crate::bundle::Revision;
use crate::fetch::refusal::Refusal;
use crate::pace::Pace;
use std::cell::Cell;
use std::rc::Rc;

/// Between opening a document and taking its objects in: whoever runs the work is asked whether
/// the revision may be taken in, and can note it first.
#[derive(Clone, Default)]
pub(in crate::fetch) struct Gate(Rc<Shared>);

#[derive(Default)]
struct Shared {
    asked: Cell<Option<Revision>>,
    answer: Cell<Option<Result<(), Refusal>>>,
}

impl Gate {
    /// Waits until this revision may be taken in.
    pub(super) async fn pass(&self, revision: Revision, pace: &Pace) -> Result<(), Refusal> {
        self.0.asked.set(Some(revision));
        loop {
            if let Some(answer) = self.0.answer.take() {
                return answer;
            }
            pace.pause().await;
        }
    }

    /// The revision that the work waits with, if it waits.
    pub(in crate::fetch) fn asked(&self) -> Option<Revision> {
        self.0.asked.take()
    }

    /// Lets the work go on, or not.
    pub(in crate::fetch) fn answer(&self, answer: Result<(), Refusal>) {
        self.0.answer.set(Some(answer));
    }
}
