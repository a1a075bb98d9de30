//! Service accounts: their labels reach every pod that runs as them (calico.md 2.2).

use crate::decode::Field;
use crate::resources::name::NameForm;
use crate::resources::object::{Form, Metadata, Place, Scope};

const FORM: Form = Form {
    kind: "ServiceAccount",
    scope: Scope::Namespaced,
    name: NameForm::Subdomain,
};

/// A service account.
#[derive(Debug, Clone, PartialEq)]
pub struct ServiceAccount {
    /// Which object, and its labels.
    pub metadata: Metadata,
}

impl ServiceAccount {
    pub(in crate::resources) fn decode(root: &Field<'_, '_>, place: Place) -> Option<Self> {
        let metadata = FORM.decode(&root.open_object()?, place)?;
        Some(Self { metadata })
    }
}
