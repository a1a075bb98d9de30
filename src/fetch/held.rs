//! The bundle that a follower has taken.

use super::intake::Newest;
#[cfg(feature = "objects")]
use crate::bundle::Store;
use crate::bundle::{Bundle, Order, Statement};
use crate::pace::Pace;
use std::rc::Rc;

/// A bundle that was taken: what it says, and what is kept of it for the next delta.
#[derive(Debug)]
pub(super) struct Held {
    pub(super) statement: Statement,
    pub(super) kept: Kept,
    pub(super) bundle: Rc<Bundle>,
}

/// What is kept of a bundle beside its policy.
#[derive(Debug)]
pub(super) enum Kept {
    /// Its objects: those that are no pods as text; the pods as the directory of its model has them.
    #[cfg(feature = "objects")]
    Objects(Store),
    /// Nothing of a compiled program but its size, in bytes.
    #[cfg(feature = "compiled")]
    Program(usize),
}

/// A bundle of objects that was taken.
#[cfg(feature = "objects")]
#[derive(Debug)]
pub(super) struct HeldObjects {
    pub(super) statement: Statement,
    pub(super) store: Store,
    pub(super) bundle: Rc<Bundle>,
}

#[cfg(feature = "objects")]
impl From<HeldObjects> for Held {
    fn from(held: HeldObjects) -> Self {
        Self {
            statement: held.statement,
            kept: Kept::Objects(held.store),
            bundle: held.bundle,
        }
    }
}

#[cfg(feature = "objects")]
impl Held {
    /// The objects, if it is made of them.
    pub(super) fn into_objects(self) -> Result<HeldObjects, Box<Self>> {
        match self.kept {
            Kept::Objects(store) => Ok(HeldObjects {
                statement: self.statement,
                store,
                bundle: self.bundle,
            }),
            #[cfg(feature = "compiled")]
            Kept::Program(_) => Err(Box::new(self)),
        }
    }
}

impl Held {
    /// It, if it has a place in the order of bundles.
    pub(super) fn newest(&self) -> Option<Newest> {
        Newest::of(self.statement.order, self.statement.revision)
    }

    /// Notes that it was said again, and with which place in the order of bundles.
    pub(super) fn said_again(&mut self, order: Option<Order>) {
        self.statement.order = self.statement.order.max(order);
    }

    /// Its size in bytes: its objects in canonical form, or the program.
    pub(super) fn bytes(&self) -> usize {
        match &self.kept {
            #[cfg(feature = "objects")]
            Kept::Objects(store) => store.bytes(),
            #[cfg(feature = "compiled")]
            Kept::Program(bytes) => *bytes,
        }
    }

    /// Frees it in slices.
    pub(super) async fn release(self, pace: &Pace) {
        match self.kept {
            #[cfg(feature = "objects")]
            Kept::Objects(store) => store.release(pace).await,
            #[cfg(feature = "compiled")]
            Kept::Program(bytes) => pace.spend(bytes).await,
        }
    }
}
