//! Models that are enforced no longer: freeing a large one takes as long as some requests.

use crate::fetch::follower::SLICE;
use crate::model::Model;
use crate::pace::{Pace, turn};
use std::pin::Pin;
use std::sync::Arc;

/// Models that are to be freed once nobody enforces them, slice by slice.
#[derive(Default)]
pub(super) struct Attic {
    kept: Vec<Arc<Model>>,
    freeing: Option<Pin<Box<dyn Future<Output = ()>>>>,
}

impl Attic {
    /// Keeps a model until its last user has dropped it. One that came compiled was read at once,
    /// and is freed so.
    pub(super) fn keep(&mut self, model: &Arc<Model>) {
        if cfg!(feature = "objects") {
            self.kept.push(Arc::clone(model));
        }
    }

    /// Whether there is something to free.
    pub(super) fn is_busy(&self) -> bool {
        self.freeing.is_some()
    }

    /// Frees another slice.
    pub(super) fn clear(&mut self) {
        if cfg!(not(feature = "objects")) {
            return;
        }
        if self.freeing.is_none() {
            let unused = self
                .kept
                .iter()
                .position(|model| Arc::strong_count(model) == 1);
            let model = unused.map(|position| self.kept.swap_remove(position));
            let model = model.and_then(Arc::into_inner);
            self.freeing = model.map(|model| -> Pin<Box<dyn Future<Output = ()>>> {
                Box::pin(async move { model.release(&Pace::slices(SLICE)).await })
            });
        }
        if let Some(freeing) = &mut self.freeing
            && turn(freeing.as_mut()).is_ready()
        {
            self.freeing = None;
        }
    }
}
