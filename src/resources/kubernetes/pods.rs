//! Pods by their labels and those of their namespace.

use super::edition::Edition;
use super::selector;
use crate::decode::{Field, Fields};
use crate::resources::label_selector::LabelSelector;

/// Pods with these labels, in namespaces with those.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Pods {
    /// Which namespaces; none is the policy's own.
    pub namespaces: Option<LabelSelector>,
    /// Which pods of them.
    pub pods: LabelSelector,
}

impl Pods {
    /// `namespaces` or `pods` of an administrator's policy: the subject, or a peer. None if the
    /// fields have neither.
    pub(super) fn decode(fields: &Fields<'_, '_>, edition: Edition) -> Option<Self> {
        if let Some(field) = fields.get("namespaces") {
            selector::refuse_old(&field);
            return Some(Self {
                namespaces: Some(LabelSelector::decode(&field)),
                pods: LabelSelector::default(),
            });
        }
        let field = fields.get("pods")?;
        let pods = field.object(&["namespaceSelector", "podSelector"])?;
        let selector = |field: Option<Field<'_, '_>>| {
            field
                .map(|field| LabelSelector::decode(&field))
                .unwrap_or_default()
        };
        let namespaces = match edition.may_omit_namespaces() {
            true => pods.get("namespaceSelector"),
            false => pods.require("namespaceSelector"),
        };
        Some(Self {
            namespaces: Some(selector(namespaces)),
            pods: selector(pods.require("podSelector")),
        })
    }

    /// Whether it means every pod of the cluster.
    #[must_use]
    pub fn is_everyone(&self) -> bool {
        let everywhere = self
            .namespaces
            .as_ref()
            .is_some_and(LabelSelector::is_empty);
        everywhere && self.pods.is_empty()
    }
}

/// Exactly one of these fields must be there.
pub(super) fn require_one(
    field: &Field<'_, '_>,
    fields: &Fields<'_, '_>,
    known: &[&'static str],
) -> bool {
    let given = known.iter().filter(|key| fields.get(key).is_some());
    let is_one = given.count() == 1;
    if !is_one {
        let message = format!("must have exactly one of {}", known.join(", "));
        field.error("exactly-one", message, "");
    }
    is_one
}
