//! A bundle: all policy of a mesh, taken whole or refused whole (design 6.2).

mod audience;
#[cfg(feature = "objects")]
mod cursor;
#[cfg(feature = "objects")]
mod document;
#[cfg(feature = "objects")]
mod object;
mod revision;
mod signature;
#[cfg(feature = "objects")]
mod store;
#[cfg(test)]
mod tests;

pub use self::audience::Audience;
#[cfg(feature = "objects")]
pub use self::document::{
    API_VERSION, BUNDLE_MEDIA_TYPE, Body, DELTA_MEDIA_TYPE, Document, write_bundle, write_delta,
};
#[cfg(feature = "objects")]
pub use self::object::{Object, ObjectKey, flatten};
pub use self::revision::{Leaf, Revision, RevisionTree, hex};
pub use self::signature::{PublicKey, Signature, Statement};
#[cfg(feature = "objects")]
pub use self::store::{Store, Undo};

use crate::model::Model;
#[cfg(feature = "objects")]
use crate::pace::Pace;
use crate::problem::Problems;
#[cfg(feature = "objects")]
use crate::resources::{self, Strictness};
#[cfg(feature = "objects")]
use serde_json::Value;
use std::sync::Arc;

/// A bundle that can be enforced.
#[derive(Debug, Clone)]
pub struct Bundle {
    /// What it says, in one word: equal resources have equal revisions.
    pub revision: Revision,
    /// For whom it was made, if not for everyone.
    pub audience: Option<Audience>,
    /// Its policy.
    pub model: Arc<Model>,
    /// What in it has no effect, or not the expected one.
    pub warnings: Problems,
}

#[cfg(feature = "objects")]
impl Bundle {
    /// The bundle of these objects, for everyone.
    ///
    /// # Errors
    ///
    /// Every mistake in them.
    pub fn load(objects: &[Value]) -> Result<Self, Problems> {
        let loaded = resources::decode(objects, Strictness::Heliast)?;
        Ok(Self {
            revision: revision(objects),
            audience: None,
            model: Arc::new(Model::build(&loaded.resources)),
            warnings: loaded.warnings,
        })
    }

    /// The bundle of these objects, built in slices.
    ///
    /// # Errors
    ///
    /// Every mistake in them.
    pub async fn build(
        store: &Store,
        revision: Revision,
        audience: Option<Audience>,
        pace: &Pace,
    ) -> Result<Self, Problems> {
        let loaded = resources::decode_store(store, pace).await?;
        let model = Model::build_in_slices(&loaded.resources, pace).await;
        loaded.resources.release(pace).await;
        Ok(Self {
            revision,
            audience,
            model: Arc::new(model),
            warnings: loaded.warnings,
        })
    }
}

#[cfg(feature = "objects")]
/// The revision of these objects; those that have no name do not count, and are no resources.
#[must_use]
pub fn revision(objects: &[Value]) -> Revision {
    let mut tree = RevisionTree::default();
    for object in objects.iter().cloned().flat_map(flatten) {
        if let Ok(object) = Object::new(object) {
            tree.insert(object.leaf);
        }
    }
    tree.root()
}
