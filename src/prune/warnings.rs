//! What a fleet warns of. Most of it can only be seen of all objects together.

use crate::bundle::Store;
use crate::problem::Problems;
use crate::resources::{self, Strictness};

/// The warnings of the objects of a store, positions being those in the store.
pub(super) fn of(store: &Store) -> Problems {
    let values: Vec<_> = store
        .objects()
        .filter_map(|object| serde_json::from_str(&object.text).ok())
        .collect();
    match resources::decode(&values, Strictness::Heliast) {
        Ok(loaded) => loaded.warnings,
        Err(problems) => problems,
    }
}
