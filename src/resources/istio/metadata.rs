//! What Istio looks at in the metadata of an object, besides names and labels.

use crate::decode::{Field, Fields};

const DRY_RUN: &str = "istio.io/dry-run";

/// Whether the policy is only evaluated: the annotation, as Go's `ParseBool` reads it. One that
/// cannot be read leaves the policy enforced (istio.md 1.6).
pub(super) fn is_dry_run(root: &Fields<'_, '_>) -> bool {
    let metadata = root.get("metadata");
    let metadata = metadata.as_ref().and_then(Field::open_object);
    let annotations = metadata
        .as_ref()
        .and_then(|fields| fields.get("annotations"));
    let annotations = annotations.as_ref().and_then(Field::open_object);
    let Some(field) = annotations.as_ref().and_then(|fields| fields.get(DRY_RUN)) else {
        return false;
    };
    match field.value().as_str() {
        Some("1" | "t" | "T" | "true" | "TRUE" | "True") => true,
        Some("0" | "f" | "F" | "false" | "FALSE" | "False") => false,
        _ => {
            field.warn(
                "istio-dry-run-value",
                "is neither true nor false: the policy is enforced",
                "write \"true\" or \"false\", in quotes",
            );
            false
        }
    }
}

/// When the object was made, as Kubernetes writes it: such times compare as text.
pub(super) fn created(root: &Fields<'_, '_>) -> Option<String> {
    let metadata = root.get("metadata");
    let metadata = metadata.as_ref().and_then(Field::open_object)?;
    metadata.string("creationTimestamp").map(str::to_owned)
}
