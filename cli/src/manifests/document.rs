//! One document of a file.

use super::node::{Content, Node};
use super::source::Location;
use heliast::problem::Segment;
use serde_json::Value;

/// One document of a file: a value whose fields know where they stand.
#[derive(Debug, Clone)]
pub struct Document {
    file: usize,
    root: Node,
}

impl Document {
    pub(super) fn new(file: usize, root: Node) -> Self {
        Self { file, root }
    }

    /// Position of its file in [`super::Manifests::files`].
    #[must_use]
    pub fn file(&self) -> usize {
        self.file
    }

    /// Its value.
    #[must_use]
    pub fn to_value(&self) -> Value {
        self.root.to_value()
    }

    /// The text of a top-level field, such as `kind`.
    #[must_use]
    pub fn text(&self, key: &str) -> Option<&str> {
        match &self.root.get(key)?.content {
            Content::Scalar(Value::String(text)) => Some(text),
            Content::Scalar(_) | Content::List(_) | Content::Map(_) => None,
        }
    }

    /// The value of a top-level field.
    #[must_use]
    pub fn field(&self, key: &str) -> Option<Value> {
        self.root.get(key).map(Node::to_value)
    }

    /// Whether it has a top-level field of that name.
    #[must_use]
    pub fn has(&self, key: &str) -> bool {
        self.root.get(key).is_some()
    }

    /// Where a field stands, or the nearest of its parents that is there; its key if `at_key`.
    #[must_use]
    pub fn locate(&self, path: &[Segment], at_key: bool) -> Location {
        Location {
            file: self.file,
            span: self.root.locate(path, at_key),
        }
    }
}
