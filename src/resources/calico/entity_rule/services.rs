//! A rule's `services` (calico.md 1.3, 1.8, 4.5).

use super::ServiceMatch;
use crate::decode::{Field, Fields};
use crate::resources::calico::context::{End, EndContext};
use crate::resources::calico::policy_type::PolicyType;
use crate::resources::name::{self, NameForm};
use crate::resources::object;
use crate::terms::Action;

pub(super) fn decode(field: &Field<'_, '_>, context: EndContext<'_>) -> Option<ServiceMatch> {
    let fields = field.object(&["name", "namespace"])?;
    check_place(field, context);
    check_action(field, context.action);
    let name = fields
        .require("name")
        .and_then(|field| name::decode(&field, NameForm::Subdomain));
    let given = fields
        .get("namespace")
        .filter(|field| !object::is_empty_text(field));
    let namespace = match (given, context.rule.namespace) {
        (Some(field), _) => name::decode(&field, NameForm::Label),
        (None, Some(own)) => Some(own.to_owned()),
        (None, None) => {
            let help = "name the namespace of the service: the policy has none of its own";
            field.error("missing-field", "`namespace` is required", help);
            None
        }
    };
    Some(ServiceMatch {
        name: name?,
        namespace: namespace?,
    })
}

/// Services are where an ingress rule comes from, or where an egress rule goes to.
fn check_place(field: &Field<'_, '_>, context: EndContext<'_>) {
    let message = match (context.rule.direction, context.end) {
        (PolicyType::Ingress, End::Source) | (PolicyType::Egress, End::Destination) => return,
        (PolicyType::Ingress, End::Destination) => "an ingress rule has no destination `services`",
        (PolicyType::Egress, End::Source) => "an egress rule has no source `services`",
    };
    field.error(
        "misplaced-services",
        message,
        "remove it, or move it to the other end",
    );
}

/// heliast does not know who is behind a service. An Allow may be left out, nothing else may.
fn check_action(field: &Field<'_, '_>, action: Option<Action>) {
    let help = "select the pods behind the service by their labels";
    match action {
        Some(Action::Allow) => {
            let message = "heliast knows no endpoint slices, so the rule never matches";
            field.warn("never-matches", message, help);
        }
        Some(action @ (Action::Deny | Action::Log | Action::Pass)) => {
            let message = format!("{action} with `services` cannot be enforced");
            field.error("unknowable-services", message, help);
        }
        None => {}
    }
}

/// `services` stands in place of every other clause about the peer.
pub(super) fn check_alone(field: &Field<'_, '_>, fields: &Fields<'_, '_>, end: End) {
    const OTHERS: [&str; 8] = [
        "selector",
        "notSelector",
        "namespaceSelector",
        "nets",
        "notNets",
        "serviceAccounts",
        "ports",
        "notPorts",
    ];
    let taken = match end {
        End::Source => OTHERS.len().saturating_sub(2),
        End::Destination => OTHERS.len(),
    };
    let is_set = |key: &&&str| {
        fields.get(key).is_some_and(|field| {
            let is_empty_list = field.value().as_array().is_some_and(Vec::is_empty);
            !object::is_empty_text(&field) && !is_empty_list
        })
    };
    for other in OTHERS.iter().take(taken).filter(is_set) {
        let message = format!("`services` and `{other}` exclude each other");
        field.error("misplaced-services", message, "write one rule for each");
    }
}
