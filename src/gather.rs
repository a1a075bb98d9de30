//! Maps and sets, one entry at a time.
//!
//! The standard library's bulk build sorts its input first, and every type of entry brings a sort
//! of its own into the module: some 4 KB each, start time in every sidecar (design section 7).

use std::collections::{BTreeMap, BTreeSet};

/// A map of these entries; of two with the same key the later one holds.
pub(crate) fn map<K: Ord, V>(entries: impl IntoIterator<Item = (K, V)>) -> BTreeMap<K, V> {
    let mut map = BTreeMap::new();
    for (key, value) in entries {
        map.insert(key, value);
    }
    map
}

/// A set of these values.
pub(crate) fn set<T: Ord>(values: impl IntoIterator<Item = T>) -> BTreeSet<T> {
    let mut set = BTreeSet::new();
    for value in values {
        set.insert(value);
    }
    set
}
