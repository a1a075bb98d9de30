//! What changed lately in a bundle, so that clients which know an older revision get a delta.

use super::limits;
use heliast::bundle::{Object, ObjectKey, Revision, Store};
use std::collections::{BTreeSet, VecDeque};
use std::sync::Arc;

/// The last steps of a bundle, oldest first. Only names are kept: what the objects are now is in
/// the store.
#[derive(Debug, Default)]
pub(super) struct History {
    steps: VecDeque<Step>,
    objects: usize,
}

#[derive(Debug)]
struct Step {
    from: Revision,
    touched: Vec<Arc<ObjectKey>>,
}

impl History {
    /// Takes a step away from a revision that touched these objects.
    pub(super) fn push(&mut self, from: Revision, touched: Vec<Arc<ObjectKey>>) {
        self.objects = self.objects.saturating_add(touched.len());
        self.steps.push_back(Step { from, touched });
        while self.steps.len() > limits::HISTORY_STEPS || self.objects > limits::HISTORY_OBJECTS {
            let Some(oldest) = self.steps.pop_front() else {
                break;
            };
            self.objects = self.objects.saturating_sub(oldest.touched.len());
        }
    }

    /// The objects touched since a revision, in order; none if it is not remembered.
    fn since(&self, from: Revision) -> Option<BTreeSet<&Arc<ObjectKey>>> {
        let first = self.steps.iter().rposition(|step| step.from == from)?;
        let steps = self.steps.iter().skip(first);
        Some(steps.flat_map(|step| &step.touched).collect())
    }

    /// What leads from a revision to what is in the store: the objects that are there, and the
    /// names of those that are not; none if the revision is not remembered.
    pub(super) fn delta<'s>(
        &'s self,
        from: Revision,
        store: &'s Store,
    ) -> Option<(Vec<&'s Object>, Vec<&'s ObjectKey>)> {
        let mut upsert = Vec::new();
        let mut remove = Vec::new();
        for key in self.since(from)? {
            match store.get(key) {
                Some(object) => upsert.push(object),
                None => remove.push(&**key),
            }
        }
        Some((upsert, remove))
    }
}
