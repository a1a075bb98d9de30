//! Namespaces: their labels reach every pod and network set in them (calico.md 2.2).

use crate::decode::Field;
use crate::resources::name::NameForm;
use crate::resources::object::{Form, Metadata, Place, Scope};

const FORM: Form = Form {
    kind: "Namespace",
    scope: Scope::Cluster,
    name: NameForm::Label,
};

/// A namespace.
#[derive(Debug, Clone, PartialEq)]
pub struct Namespace {
    /// Which object, and its labels.
    pub metadata: Metadata,
}

impl Namespace {
    pub(in crate::resources) fn decode(root: &Field<'_, '_>, place: Place) -> Option<Self> {
        let metadata = FORM.decode(&root.open_object()?, place)?;
        Some(Self { metadata })
    }
}
