//! What every object has: a kind and a name.

use std::collections::BTreeMap;
use std::fmt;

/// Which object: its kind, namespace and name.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ObjectId {
    /// The kind, such as `NetworkPolicy`.
    pub kind: &'static str,
    /// The namespace; none for cluster-wide objects.
    pub namespace: Option<String>,
    /// The name.
    pub name: String,
}

impl fmt::Display for ObjectId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.namespace {
            Some(namespace) => write!(f, "{} {namespace}/{}", self.kind, self.name),
            None => write!(f, "{} {}", self.kind, self.name),
        }
    }
}

/// The metadata of an object, as far as policy looks at it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Metadata {
    /// Which object.
    pub id: ObjectId,
    /// Position of the object in the input, from 0.
    pub document: usize,
    /// Its labels.
    pub labels: BTreeMap<String, String>,
}
