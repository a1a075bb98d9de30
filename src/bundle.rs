//! A bundle: all policy of a mesh, taken whole or refused whole (design 6.2).

mod audience;
#[cfg(feature = "objects")]
mod cursor;
#[cfg(feature = "objects")]
mod document;
#[cfg(feature = "objects")]
mod object;
mod order;
mod revision;
#[cfg(feature = "objects")]
mod revision_tree;
mod signature;
#[cfg(feature = "objects")]
mod store;
#[cfg(test)]
mod tests;
#[cfg(feature = "objects")]
mod text;

pub use self::audience::Audience;
#[cfg(feature = "objects")]
pub use self::document::{
    API_VERSION, BUNDLE_MEDIA_TYPE, Body, DELTA_MEDIA_TYPE, Document, write_bundle, write_delta,
};
#[cfg(feature = "objects")]
pub use self::object::{Object, ObjectKey, flatten};
pub use self::order::Order;
pub use self::revision::{Leaf, Revision, hex};
#[cfg(feature = "objects")]
pub use self::revision_tree::RevisionTree;
pub use self::signature::{PublicKey, Signature, Statement};
#[cfg(feature = "objects")]
pub use self::store::{Store, Undo};
#[cfg(feature = "objects")]
pub use self::text::{Text, TextError};

use crate::model::Model;
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

impl Bundle {
    /// Whether another bundle differs from this in pods alone, that have changed in place.
    #[must_use]
    pub fn shares_model(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.model, &other.model)
    }
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
