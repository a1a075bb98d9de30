//! Selectors of endpoints (kubernetes-cilium.md 3.3).

use super::label_key::LabelKey;
use super::peers::Peer;
use super::section::Context;
use super::{EntityName, section};
use crate::decode::Field;
use crate::resources::label_selector::{LabelSelector, Operator, Requirement};

/// The selector of the workloads that a policy governs. In a policy with a namespace it means that
/// one, whatever else it names.
pub(super) fn of_policy(field: &Field<'_, '_>, namespace: Option<&str>) -> LabelSelector {
    let mut selector = decode(field);
    let Some(own) = namespace else {
        return selector;
    };
    selector.requirements.retain(|requirement| {
        let (LabelKey::Namespace, Operator::In(names)) =
            (LabelKey::parse(&requirement.key), &requirement.operator)
        else {
            return true;
        };
        if !names.iter().any(|name| name == own) {
            let message = format!(
                "names another namespace than the policy's own, `{own}`, which Cilium takes instead"
            );
            let help = "move the policy there, or use a CiliumClusterwideNetworkPolicy";
            field.warn("cilium-other-namespace", message, help);
        }
        false
    });
    selector
}

/// An entry of `fromEndpoints`; none if it can select nothing that heliast knows.
pub(super) fn of_peer(field: &Field<'_, '_>, context: Context<'_>) -> Option<Peer> {
    let selector = decode(field);
    let is_ours = |requirement: &Requirement| match LabelKey::parse(&requirement.key) {
        LabelKey::Reserved(_) | LabelKey::Foreign => false,
        LabelKey::Pod(_)
        | LabelKey::Namespace
        | LabelKey::OfNamespace(_)
        | LabelKey::ServiceAccount
        | LabelKey::Cluster => true,
    };
    if selector.requirements.iter().all(is_ours) {
        warn_of_world(field, &selector, context);
        return Some(Peer::Endpoints(selector));
    }
    let section = context.section;
    if let Some(entity) = entity(&selector, field, section) {
        return Some(Peer::Entity(entity));
    }
    let names: Vec<&str> = selector
        .requirements
        .iter()
        .map(|one| one.key.as_str())
        .collect();
    let message = format!("no pod has labels such as these: {}", names.join(", "));
    section.unsupported(field, &message);
    None
}

fn decode(field: &Field<'_, '_>) -> LabelSelector {
    let selector = LabelSelector::decode_with_keys(field, LabelKey::admits);
    let keys = selector
        .requirements
        .iter()
        .map(|one| LabelKey::parse(&one.key));
    if keys.into_iter().any(|key| key == LabelKey::Cluster) {
        let message = "heliast is not told the name of the cluster: no pod has this label";
        field.warn("cilium-cluster-label", message, "leave it out");
    }
    selector
}

/// The entity that a selector of one reserved label stands for.
fn entity(
    selector: &LabelSelector,
    field: &Field<'_, '_>,
    section: section::Section,
) -> Option<EntityName> {
    let [only] = selector.requirements.as_slice() else {
        return None;
    };
    let asks_presence = match &only.operator {
        Operator::Exists => true,
        Operator::In(values) => values.iter().all(String::is_empty),
        Operator::NotIn(_) | Operator::DoesNotExist => false,
    };
    match LabelKey::parse(&only.key) {
        LabelKey::Reserved(name) if asks_presence => EntityName::of_label(name, field, section),
        LabelKey::Reserved(_)
        | LabelKey::Pod(_)
        | LabelKey::Namespace
        | LabelKey::OfNamespace(_)
        | LabelKey::ServiceAccount
        | LabelKey::Cluster
        | LabelKey::Foreign => None,
    }
}

/// A namespace is named only to be left out: whatever has none, as the world, is not in it.
fn warn_of_world(field: &Field<'_, '_>, selector: &LabelSelector, context: Context<'_>) {
    let is_named =
        selector
            .requirements
            .iter()
            .any(|requirement| match LabelKey::parse(&requirement.key) {
                LabelKey::Namespace => true,
                LabelKey::OfNamespace(_) => context.is_namespaced,
                LabelKey::Pod(_)
                | LabelKey::ServiceAccount
                | LabelKey::Cluster
                | LabelKey::Reserved(_)
                | LabelKey::Foreign => false,
            });
    let is_negative = |requirement: &Requirement| {
        matches!(
            requirement.operator,
            Operator::NotIn(_) | Operator::DoesNotExist
        )
    };
    if is_named && selector.requirements.iter().all(is_negative) {
        let message =
            "asks only what labels are not: peers outside the cluster have none, and match";
        let help = "add `{key: io.kubernetes.pod.namespace, operator: Exists}`";
        field.warn("cilium-matches-world", message, help);
    }
}
