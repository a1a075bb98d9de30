//! The bundle that a follower has taken.

use crate::bundle::{Bundle, Signature, Statement};
#[cfg(feature = "objects")]
use crate::bundle::{Store, write_bundle};
use crate::pace::Pace;
use std::rc::Rc;

/// A bundle that was taken: what it says, who says so, and what it came as, for the next delta and
/// for other workers.
#[derive(Debug)]
pub(super) struct Held {
    pub(super) statement: Statement,
    pub(super) signatures: Vec<Signature>,
    pub(super) kept: Kept,
    pub(super) bundle: Rc<Bundle>,
}

/// What a bundle came as.
#[derive(Debug)]
pub(super) enum Kept {
    /// Its objects.
    #[cfg(feature = "objects")]
    Objects(Store),
    /// A compiled program.
    #[cfg(feature = "compiled")]
    Program(Vec<u8>),
}

impl Held {
    /// The whole of it, as it is posted.
    pub(super) fn document(&self) -> Vec<u8> {
        match &self.kept {
            #[cfg(feature = "objects")]
            Kept::Objects(store) => {
                write_bundle(&self.statement, &self.signatures, store.objects()).into_bytes()
            }
            #[cfg(feature = "compiled")]
            Kept::Program(bytes) => bytes.clone(),
        }
    }

    /// Its size in bytes: its objects in canonical form, or the program.
    pub(super) fn bytes(&self) -> usize {
        match &self.kept {
            #[cfg(feature = "objects")]
            Kept::Objects(store) => store.bytes(),
            #[cfg(feature = "compiled")]
            Kept::Program(bytes) => bytes.len(),
        }
    }

    /// Frees it in slices.
    pub(super) async fn release(self, pace: &Pace) {
        match self.kept {
            #[cfg(feature = "objects")]
            Kept::Objects(store) => store.release(pace).await,
            #[cfg(feature = "compiled")]
            Kept::Program(bytes) => pace.free([bytes], 1).await,
        }
    }
}
