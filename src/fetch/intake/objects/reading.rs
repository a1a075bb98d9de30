//! The objects of a document, one at a time.

use super::unreadable;
use crate::bundle::{Document, Leaf, Object, ObjectKey, Text};
use crate::fetch::refusal::{Refusal, RefusalKind};
use crate::model::Stamp;
use crate::problem::{Problem, Problems, Report, Segment, Severity};
use crate::resources;
use crate::resources::core::Pod;
use std::ops::Range;
use std::sync::Arc;

/// An object of a document.
pub(super) enum Read {
    /// A pod; none if it is in error.
    Pod(Option<Box<Pod>>, Stamp, Arc<ObjectKey>),
    /// Anything else.
    Other(Object),
}

/// Reads the object at a range, which lies behind those that were read before.
pub(super) fn read(
    text: &mut Text<'_>,
    document: usize,
    range: &Range<usize>,
    report: &Report,
) -> Result<Read, Refusal> {
    let refused = |why| Refusal::new(RefusalKind::Document, why);
    let bytes = text.at(range).map_err(unreadable)?;
    let mut value = Document::value(bytes, range).map_err(refused)?;
    let object = Object::of(&mut value).map_err(refused)?;
    if !is_pod(&object.key) {
        return Ok(Read::Other(object));
    }
    let stamp = Stamp {
        digest: object.leaf.digest(),
        bytes: u32::try_from(object.text.len()).unwrap_or(u32::MAX),
        names_namespace: object.key.namespace.is_some(),
    };
    let pod = resources::decode_pod(document, &value, report);
    Ok(Read::Pod(pod.map(Box::new), stamp, object.key))
}

/// Whether an object is kept as an entry of the directory, not as text.
pub(super) fn is_pod(key: &ObjectKey) -> bool {
    key.kind == "Pod" && key.api_version == "v1"
}

/// The namespace and name by which the directory knows a pod.
pub(super) fn place(key: &ObjectKey) -> (&str, &str) {
    (key.namespace.as_deref().unwrap_or("default"), &key.name)
}

/// What a store counts a pod by.
pub(super) fn counted(stamp: &Stamp) -> (Leaf, usize) {
    let bytes = usize::try_from(stamp.bytes).unwrap_or(usize::MAX);
    (Leaf::from(stamp.digest), bytes)
}

/// Two pods of one name, though not of one key.
pub(super) fn defined_twice(pod: &Pod) -> Problems {
    let name = ["metadata", "name"].map(|key| Segment::Key(key.to_owned()));
    let message = "defined twice".to_owned();
    let problem: Problem = pod.metadata.problem(
        Severity::Error,
        "duplicate-object",
        name.into(),
        message,
        "remove one of them",
    );
    Problems {
        list: vec![problem],
        omitted: 0,
        refused: true,
    }
}
