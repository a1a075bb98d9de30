//! The bundle that a follower has taken.

use crate::bundle::{Bundle, Signature, Statement, Store, write_bundle};
use std::rc::Rc;

/// A bundle that was taken: what it says, who says so, and its objects, for the next delta.
#[derive(Debug)]
pub(super) struct Held {
    pub(super) statement: Statement,
    pub(super) signatures: Vec<Signature>,
    pub(super) store: Store,
    pub(super) bundle: Rc<Bundle>,
}

impl Held {
    /// The whole of it, as a document.
    pub(super) fn document(&self) -> String {
        write_bundle(&self.statement, &self.signatures, self.store.objects())
    }
}
