//! Objects for the engine, and where each of them came from.

use super::Manifests;
use heliast::problem::{FieldPath, Segment};
use serde_json::Value;

/// Where an object stands: a document, and the way to the object in it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Origin {
    /// Position of the document in [`Manifests::documents`].
    pub document: usize,
    /// The way from the root of the document to the object; empty if it is the whole document.
    pub prefix: Vec<Segment>,
}

impl Origin {
    /// A whole document.
    #[must_use]
    pub fn document(document: usize) -> Self {
        Self {
            document,
            prefix: Vec::new(),
        }
    }

    /// The way to a field of the object, from the root of the document.
    #[must_use]
    pub fn path(&self, field: &FieldPath) -> FieldPath {
        FieldPath([self.prefix.as_slice(), field.0.as_slice()].concat())
    }
}

/// Objects in the order in which the engine gets them, with their origins.
#[derive(Debug, Clone, Default)]
pub struct Objects {
    values: Vec<Value>,
    origins: Vec<Origin>,
}

impl Objects {
    /// The objects alone.
    #[must_use]
    pub fn values(&self) -> &[Value] {
        &self.values
    }

    /// Where an object came from, by its position.
    #[must_use]
    pub fn origin(&self, index: usize) -> Option<&Origin> {
        self.origins.get(index)
    }

    /// Where each object came from, in order.
    #[must_use]
    pub fn origins(&self) -> &[Origin] {
        &self.origins
    }

    /// Whether there is none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.values.is_empty()
    }

    /// The objects, each with where it came from.
    pub fn into_parts(self) -> impl Iterator<Item = (Value, Origin)> {
        self.values.into_iter().zip(self.origins)
    }

    /// Takes one object.
    pub fn push(&mut self, value: Value, origin: Origin) {
        self.values.push(value);
        self.origins.push(origin);
    }

    /// Takes a whole document; of a Bundle, each of its resources.
    pub fn push_document(&mut self, manifests: &Manifests, index: usize) {
        let Some(document) = manifests.documents().get(index) else {
            return;
        };
        let mut value = document.to_value();
        let is_bundle = document.text("kind") == Some("Bundle");
        match value.get_mut("resources") {
            Some(Value::Array(resources)) if is_bundle => {
                for (position, resource) in std::mem::take(resources).into_iter().enumerate() {
                    let key = Segment::Key("resources".to_owned());
                    let prefix = vec![key, Segment::Index(position)];
                    self.push(
                        resource,
                        Origin {
                            document: index,
                            prefix,
                        },
                    );
                }
            }
            Some(_) | None => self.push(value, Origin::document(index)),
        }
    }
}
