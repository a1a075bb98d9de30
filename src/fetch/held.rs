//! The bundle that a follower has taken.

use crate::bundle::{Bundle, Statement, Store};
use std::rc::Rc;

/// A bundle that was taken: what it says, and its objects, for the next delta:
/// those that are no pods as text, the pods as the directory of its model has them.
#[derive(Debug)]
pub(super) struct Held {
    pub(super) statement: Statement,
    pub(super) store: Store,
    pub(super) bundle: Rc<Bundle>,
}
