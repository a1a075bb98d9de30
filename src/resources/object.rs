//! What every object has: a kind and a name.

use super::name::{self, NameForm};
use crate::decode::{Field, Fields};
use crate::problem::{FieldPath, Problem, Segment, Severity};
use litemap::LiteMap;
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
    /// Its position in the `items` of that document, if the document is a list.
    pub item: Option<usize>,
    /// Its labels.
    pub labels: LiteMap<String, String>,
}

impl Metadata {
    /// A problem with this object that was found after it was read, at a field of it.
    #[must_use]
    pub fn problem(
        &self,
        severity: Severity,
        code: &'static str,
        field: Vec<Segment>,
        message: String,
        help: &str,
    ) -> Problem {
        Problem {
            severity,
            code,
            document: self.document,
            object: self.id.to_string(),
            path: Place {
                document: self.document,
                item: self.item,
            }
            .path(field),
            message,
            help: (!help.is_empty()).then(|| help.to_owned()),
        }
    }
}

/// Where an object stands in the input.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Place {
    /// Position of the document, from 0.
    pub(super) document: usize,
    /// Position in its `items`, if it is a list.
    pub(super) item: Option<usize>,
}

impl Place {
    /// The way from the root of the document to a field of the object.
    pub(super) fn path(self, field: Vec<Segment>) -> FieldPath {
        let Some(item) = self.item else {
            return FieldPath(field);
        };
        let mut segments = vec![Segment::Key("items".to_owned()), Segment::Index(item)];
        segments.extend(field);
        FieldPath(segments)
    }
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "document {}", self.document)?;
        match self.item {
            Some(item) => write!(f, ", items[{item}]"),
            None => Ok(()),
        }
    }
}

/// Where objects of a kind live.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Scope {
    /// In a namespace; in `default` where the object names none, as `kubectl` has it.
    Namespaced,
    /// In none; naming one is an error, because its author thinks the object is confined to it.
    Cluster,
}

/// How the metadata of a kind is read.
#[derive(Debug, Clone, Copy)]
pub(super) struct Form {
    /// The kind.
    pub(super) kind: &'static str,
    /// Where its objects live.
    pub(super) scope: Scope,
    /// What their names look like.
    pub(super) name: NameForm,
}

/// The fields of an object that users write to say policy: a typo in it must not open a hole.
pub(super) fn strict<'v, 'f>(root: &'f Field<'v, '_>) -> Option<Fields<'v, 'f>> {
    root.object(&["apiVersion", "kind", "metadata", "spec", "status"])
}

impl Form {
    /// Reads the metadata of an object; what policy does not look at is ignored.
    pub(super) fn decode(self, root: &Fields<'_, '_>, place: Place) -> Option<Metadata> {
        let metadata = root.require("metadata")?;
        let fields = metadata.open_object()?;
        let labels = fields
            .get("labels")
            .map(|labels| labels.string_map())
            .unwrap_or_default();
        let namespace = self.namespace(&fields);
        let name = fields
            .require("name")
            .and_then(|field| name::decode(&field, self.name));
        let id = ObjectId {
            kind: self.kind,
            namespace: namespace?,
            name: name?,
        };
        Some(Metadata {
            id,
            document: place.document,
            item: place.item,
            labels,
        })
    }

    /// The namespace; none if it could not be read.
    fn namespace(self, fields: &Fields<'_, '_>) -> Option<Option<String>> {
        let field = fields
            .get("namespace")
            .filter(|field| !is_empty_text(field));
        match (self.scope, field) {
            (Scope::Namespaced, Some(field)) => name::decode(&field, NameForm::Label).map(Some),
            (Scope::Namespaced, None) => Some(Some("default".to_owned())),
            (Scope::Cluster, None) => Some(None),
            (Scope::Cluster, Some(field)) => {
                let message = format!("{} is in no namespace", self.kind);
                field.error("unexpected-namespace", message, "remove it");
                None
            }
        }
    }
}

/// Kubernetes writes what is not set as empty text.
pub(super) fn is_empty_text(field: &Field<'_, '_>) -> bool {
    field.value().as_str() == Some("")
}
