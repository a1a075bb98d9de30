//! What bites in a selector of a rule (kubernetes-cilium.md 1.3, section 7).

use crate::decode::Field;
use crate::resources::label_selector::{LabelSelector, Operator};

/// The label that Kubernetes gives every namespace: it is never absent.
const NAME_LABEL: &str = "kubernetes.io/metadata.name";

/// Warns of `NotIn` in a rule that allows: it also means whoever lacks the key.
pub(super) fn warn_absent(field: &Field<'_, '_>, selector: &LabelSelector) {
    let requirements = &selector.requirements;
    for requirement in requirements {
        let key = &requirement.key;
        let asks_presence = requirements.iter().any(|other| {
            other.key == *key && matches!(other.operator, Operator::Exists | Operator::In(_))
        });
        let is_not_in = matches!(requirement.operator, Operator::NotIn(_));
        if is_not_in && !asks_presence && key != NAME_LABEL {
            let message = format!("`NotIn` also means whoever has no label `{key}`");
            let help = "add `operator: Exists` for the key if only those that have it are meant";
            field.warn("kubernetes-not-in-absent", message, help);
        }
    }
}

/// Says what became of `sameLabels`, which older versions had in place of a selector.
pub(super) fn refuse_old(field: &Field<'_, '_>) {
    for old in ["sameLabels", "notSameLabels"] {
        if field.value().get(old).is_some() {
            let message = format!("`{old}` is no longer part of the API");
            let help = "write a policy for each value of the label, with `matchLabels`";
            field.error("removed-field", message, help);
        }
    }
}
