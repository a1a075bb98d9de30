//! Two bundles, object by object.

use super::fields::{self, FieldChange};
use heliast::bundle::{Object, ObjectKey, Store};
use serde_json::Value;

/// How two bundles differ.
#[derive(Debug, Clone, Default)]
pub struct Difference {
    /// What changed, in the order of the objects' keys.
    pub changes: Vec<Change>,
}

/// What became of an object.
#[derive(Debug, Clone)]
pub enum Change {
    /// It is new.
    Added(Object),
    /// It is gone.
    Removed(Object),
    /// It says something else.
    Changed {
        /// What it said.
        old: Object,
        /// What it says.
        new: Object,
    },
}

impl Difference {
    /// How the one became the other.
    #[must_use]
    pub fn between(old: &Store, new: &Store) -> Self {
        let gone = old
            .objects()
            .filter(|object| new.get(&object.key).is_none());
        let mut changes: Vec<Change> = gone.cloned().map(Change::Removed).collect();
        for object in new.objects() {
            match old.get(&object.key) {
                None => changes.push(Change::Added(object.clone())),
                Some(before) if before.leaf == object.leaf => {}
                Some(before) => changes.push(Change::Changed {
                    old: before.clone(),
                    new: object.clone(),
                }),
            }
        }
        changes.sort_by(|one, other| one.key().cmp(other.key()));
        Self { changes }
    }

    /// Whether the two hold the same.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.changes.is_empty()
    }

    /// Such as `1 added, 2 changed`.
    #[must_use]
    pub fn summary(&self) -> String {
        let count = |is_it: fn(&Change) -> bool, word: &str| {
            let count = self.changes.iter().filter(|change| is_it(change)).count();
            (count > 0).then(|| format!("{count} {word}"))
        };
        let parts = [
            count(|change| matches!(change, Change::Added(_)), "added"),
            count(|change| matches!(change, Change::Removed(_)), "removed"),
            count(|change| matches!(change, Change::Changed { .. }), "changed"),
        ];
        let parts: Vec<String> = parts.into_iter().flatten().collect();
        if parts.is_empty() {
            "no difference".to_owned()
        } else {
            parts.join(", ")
        }
    }
}

impl Change {
    /// Which object.
    #[must_use]
    pub fn key(&self) -> &ObjectKey {
        match self {
            Self::Added(object) | Self::Removed(object) | Self::Changed { new: object, .. } => {
                &object.key
            }
        }
    }

    /// The fields that differ; none of an object that is new or gone.
    #[must_use]
    pub fn fields(&self) -> Vec<FieldChange> {
        let Self::Changed { old, new } = self else {
            return Vec::new();
        };
        // Both were written from values a moment ago.
        let value =
            |object: &Object| -> Value { serde_json::from_str(&object.text).unwrap_or_default() };
        fields::compare(&value(old), &value(new))
    }
}
