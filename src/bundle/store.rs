//! The objects of one bundle, and the only two ways to change them.

use super::object::{Object, ObjectKey};
use super::revision::{Revision, RevisionTree};
use crate::pace::Pace;
use std::collections::BTreeMap;
use std::sync::Arc;

/// The objects of a bundle, by key.
#[derive(Debug, Clone, Default)]
pub struct Store {
    objects: BTreeMap<Arc<ObjectKey>, Object>,
    tree: RevisionTree,
}

impl Store {
    /// The objects, in the order of their keys.
    pub fn objects(&self) -> impl Iterator<Item = &Object> {
        self.objects.values()
    }

    /// The object of that key.
    #[must_use]
    pub fn get(&self, key: &ObjectKey) -> Option<&Object> {
        self.objects.get(key)
    }

    /// How many objects there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.objects.len()
    }

    /// Whether there is none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.objects.is_empty()
    }

    /// What the bundle says.
    pub fn revision(&mut self) -> Revision {
        self.tree.root()
    }

    /// Puts an object in; gives back the one it replaces.
    pub fn insert(&mut self, object: Object) -> Option<Object> {
        self.tree.insert(object.leaf);
        let key = Arc::clone(&object.key);
        let leaf = object.leaf;
        let replaced = self.objects.insert(key, object);
        if let Some(replaced) = replaced.as_ref().filter(|replaced| replaced.leaf != leaf) {
            self.tree.remove(replaced.leaf);
        }
        replaced
    }

    /// Takes an object out.
    pub fn remove(&mut self, key: &ObjectKey) -> Option<Object> {
        let removed = self.objects.remove(key)?;
        self.tree.remove(removed.leaf);
        Some(removed)
    }

    /// Applies a delta, or nothing of it: the result must be the revision that it promises.
    ///
    /// # Errors
    ///
    /// The revision that came out instead.
    pub async fn apply(
        &mut self,
        upsert: Vec<Object>,
        remove: &[ObjectKey],
        to: Revision,
        pace: &Pace,
    ) -> Result<(), Revision> {
        let mut undo = Vec::new();
        for key in remove {
            undo.extend(self.remove(key).map(Change::Removed));
            pace.spend(CHANGE_UNITS).await;
        }
        for object in upsert {
            let key = Arc::clone(&object.key);
            undo.push(match self.insert(object) {
                Some(replaced) => Change::Replaced(replaced),
                None => Change::Added(key),
            });
            pace.spend(CHANGE_UNITS).await;
        }
        let result = self.revision();
        if result == to {
            return Ok(());
        }
        for change in undo.into_iter().rev() {
            match change {
                Change::Removed(object) | Change::Replaced(object) => drop(self.insert(object)),
                Change::Added(key) => drop(self.remove(&key)),
            }
            pace.spend(CHANGE_UNITS).await;
        }
        Err(result)
    }
}

/// What one change costs.
const CHANGE_UNITS: usize = 256;

enum Change {
    Removed(Object),
    Replaced(Object),
    Added(Arc<ObjectKey>),
}
