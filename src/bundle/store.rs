//! The objects of one bundle, and the only two ways to change them.

use super::object::{Object, ObjectKey};
use super::revision::{Leaf, Revision};
use super::revision_tree::RevisionTree;
use crate::pace::Pace;
use std::collections::BTreeMap;
use std::sync::Arc;

/// The objects of a bundle, by key.
#[derive(Debug, Clone, Default)]
pub struct Store {
    objects: BTreeMap<Arc<ObjectKey>, Object>,
    tree: RevisionTree,
    bytes: usize,
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

    /// The size of all canonical forms together, in bytes.
    #[must_use]
    pub fn bytes(&self) -> usize {
        self.bytes
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

    /// Prepares [`Self::revision`] in slices.
    pub async fn settle(&mut self, pace: &Pace) {
        self.tree.settle(pace).await;
    }

    /// Frees the objects in slices.
    pub async fn release(self, pace: &Pace) {
        pace.free(self.objects, RELEASE_UNITS).await;
    }

    /// Puts an object in; gives back the one it replaces.
    pub fn insert(&mut self, object: Object) -> Option<Object> {
        self.tree.insert(object.leaf);
        let key = Arc::clone(&object.key);
        let leaf = object.leaf;
        self.bytes = self.bytes.saturating_add(object.text.len());
        let replaced = self.objects.insert(key, object);
        if let Some(replaced) = &replaced {
            self.bytes = self.bytes.saturating_sub(replaced.text.len());
        }
        if let Some(replaced) = replaced.as_ref().filter(|replaced| replaced.leaf != leaf) {
            self.tree.remove(replaced.leaf);
        }
        replaced
    }

    /// Takes an object out.
    pub fn remove(&mut self, key: &ObjectKey) -> Option<Object> {
        let removed = self.objects.remove(key)?;
        self.tree.remove(removed.leaf);
        self.bytes = self.bytes.saturating_sub(removed.text.len());
        Some(removed)
    }

    /// Counts an object that is kept elsewhere, by the digest and the length of its canonical form.
    pub fn note(&mut self, leaf: Leaf, bytes: usize) {
        self.tree.insert(leaf);
        self.bytes = self.bytes.saturating_add(bytes);
    }

    /// Undoes [`Self::note`].
    pub fn strike(&mut self, leaf: Leaf, bytes: usize) {
        self.tree.remove(leaf);
        self.bytes = self.bytes.saturating_sub(bytes);
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
    ) -> Result<Undo, Revision> {
        let mut undo = Undo(Vec::new());
        for key in remove {
            undo.0.extend(self.remove(key).map(Change::Removed));
            pace.spend(CHANGE_UNITS).await;
        }
        for object in upsert {
            let key = Arc::clone(&object.key);
            undo.0.push(match self.insert(object) {
                Some(replaced) => Change::Replaced(replaced),
                None => Change::Added(key),
            });
            pace.spend(CHANGE_UNITS).await;
        }
        self.settle(pace).await;
        let result = self.revision();
        if result == to {
            return Ok(undo);
        }
        self.revert(undo, pace).await;
        Err(result)
    }

    /// Takes a delta back.
    pub async fn revert(&mut self, undo: Undo, pace: &Pace) {
        for change in undo.0.into_iter().rev() {
            match change {
                Change::Removed(object) | Change::Replaced(object) => drop(self.insert(object)),
                Change::Added(key) => drop(self.remove(&key)),
            }
            pace.spend(CHANGE_UNITS).await;
        }
    }
}

/// What it costs to free an object.
const RELEASE_UNITS: usize = 16;
/// What one change costs.
const CHANGE_UNITS: usize = 256;

/// What was there before a delta.
#[derive(Debug)]
pub struct Undo(Vec<Change>);

#[derive(Debug)]
enum Change {
    Removed(Object),
    Replaced(Object),
    Added(Arc<ObjectKey>),
}
