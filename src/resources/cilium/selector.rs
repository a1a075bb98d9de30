//! Selectors of endpoints (kubernetes-cilium.md 3.3).

use super::EntityName;
use super::label_key::LabelKey;
use super::peers::Peer;
use super::section::{self, Context};
use crate::decode::Field;
use crate::resources::label_selector::{LabelSelector, Operator, Requirement};

/// The one spelling of the namespace that Cilium replaces in the selector of a policy.
const REPLACED: &str = "k8s:io.kubernetes.pod.namespace";
/// The source of keys that name none.
const ANY_SOURCE: &str = "any:";

/// The selector of the workloads that a policy governs. In a policy with a namespace, Cilium puts
/// that one in place of what `matchLabels` says under `k8s:`; what is said of the namespace in any
/// other spelling stays beside it.
pub(super) fn of_policy(field: &Field<'_, '_>, namespace: Option<&str>) -> LabelSelector {
    let mut selector = decode(field);
    for requirement in &selector.requirements {
        refuse_subject(field, &requirement.key);
    }
    if let Some(own) = namespace {
        replace_namespace(field, &mut selector, own);
        refuse_elsewhere(field, &selector, own);
    }
    selector
}

/// What no pod has selects no pod: the policy would govern nobody, without a word.
fn refuse_subject(field: &Field<'_, '_>, key: &str) {
    let parsed = LabelKey::parse(key);
    let (message, help) = match parsed {
        LabelKey::Reserved(_) => (
            format!(
                "asks for `{key}`, which no pod has: the policy is for endpoints of Cilium's own"
            ),
            "leave the policy to Cilium",
        ),
        LabelKey::Foreign => (
            format!(
                "asks for `{key}`, a label of another source than Kubernetes, which no pod has"
            ),
            "write the key without the source",
        ),
        LabelKey::Pod(_) if parsed.is_left_out() => (
            format!(
                "asks for `{key}`, which Cilium by default leaves out: its policy selects no pod"
            ),
            "select the pods by another label",
        ),
        LabelKey::Pod(_)
        | LabelKey::Namespace
        | LabelKey::OfNamespace(_)
        | LabelKey::ServiceAccount
        | LabelKey::Cluster => return,
    };
    field.error("selects-nobody", message, help);
}

/// Takes out what Cilium replaces.
fn replace_namespace(field: &Field<'_, '_>, selector: &mut LabelSelector, own: &str) {
    let labels = field.value().get("matchLabels");
    let Some(name) = labels.and_then(|labels| labels.get(REPLACED)?.as_str()) else {
        return;
    };
    let said = Requirement {
        key: REPLACED.to_owned(),
        operator: Operator::In(vec![name.to_owned()]),
    };
    if let Some(place) = selector.requirements.iter().position(|one| *one == said) {
        selector.requirements.remove(place);
    }
    if name != own {
        let message = format!(
            "names another namespace than the policy's own, `{own}`, which Cilium takes instead"
        );
        let help = "move the policy there, or use a CiliumClusterwideNetworkPolicy";
        field.warn("cilium-other-namespace", message, help);
    }
}

/// A policy of one namespace that asks for pods of another selects none.
fn refuse_elsewhere(field: &Field<'_, '_>, selector: &LabelSelector, own: &str) {
    let excludes = |requirement: &&Requirement| {
        let names_own = |names: &[String]| names.iter().any(|name| name == own);
        LabelKey::parse(&requirement.key) == LabelKey::Namespace
            && match &requirement.operator {
                Operator::In(names) => !names_own(names),
                Operator::NotIn(names) => names_own(names),
                Operator::Exists => false,
                Operator::DoesNotExist => true,
            }
    };
    if let Some(requirement) = selector.requirements.iter().find(excludes) {
        let message = format!(
            "asks by `{}` for another namespace than the policy's own, `{own}`: it selects no pod",
            requirement.key
        );
        let help = "move the policy there, or use a CiliumClusterwideNetworkPolicy";
        field.error("selects-nobody", message, help);
    }
}

/// An entry of `fromEndpoints`; none if it can select nothing that heliast knows.
pub(super) fn of_peer(field: &Field<'_, '_>, context: Context<'_>) -> Option<Peer> {
    let mut selector = decode(field);
    let section = context.section;
    if section.is_deny() {
        selector = as_cilium_sees(&selector);
    } else if let Some(one) = selector
        .requirements
        .iter()
        .find(|one| LabelKey::parse(&one.key).is_left_out() && one.asks_presence())
    {
        let message = format!("Cilium by default leaves the label `{}` out", one.key);
        section.unsupported(field, &message);
        return None;
    }
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

/// The selector without what is met by every pod, as Cilium sees them: it finds none of the labels
/// that it leaves out, so that what they must not be holds.
#[must_use]
pub fn as_cilium_sees(selector: &LabelSelector) -> LabelSelector {
    let requirements = selector.requirements.iter().filter(|one| {
        let is_left_out = LabelKey::parse(&one.key).is_left_out();
        !is_left_out || one.asks_presence()
    });
    LabelSelector {
        requirements: requirements.cloned().collect(),
    }
}

/// Reads a selector. A key that Cilium takes away from pods, or a misspelt one, is refused wherever
/// it stands: it would select nobody, or say of everybody what they are not.
fn decode(field: &Field<'_, '_>) -> LabelSelector {
    let selector = LabelSelector::decode_with_keys(field, LabelKey::admits);
    refuse_repeated(field);
    for requirement in &selector.requirements {
        if let Some((message, help)) = LabelKey::parse(&requirement.key).fault() {
            let message = format!("`{}` {message}", requirement.key);
            field.error("bad-selector", message, help);
        }
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

/// A cluster and a namespace are named only to be left out: whatever has neither, as the world, is
/// not in them.
fn warn_of_world(field: &Field<'_, '_>, selector: &LabelSelector, context: Context<'_>) {
    let names = |is_one: &dyn Fn(LabelKey<'_>) -> bool| {
        let mut keys = selector.requirements.iter();
        keys.any(|requirement| is_one(LabelKey::parse(&requirement.key)))
    };
    let names_namespace = names(&|key| match key {
        LabelKey::Namespace => true,
        LabelKey::OfNamespace(_) => context.is_namespaced,
        LabelKey::Pod(_)
        | LabelKey::ServiceAccount
        | LabelKey::Cluster
        | LabelKey::Reserved(_)
        | LabelKey::Foreign => false,
    });
    let names_cluster = names(&|key| key == LabelKey::Cluster);
    let asks_absence = selector.requirements.iter().all(|one| !one.asks_presence());
    if names_namespace && names_cluster && asks_absence {
        let message =
            "asks only what labels are not: peers outside the cluster have none, and match";
        let help = "add `{key: io.kubernetes.pod.namespace, operator: Exists}`";
        field.warn("cilium-matches-world", message, help);
    }
}

/// A key without source is one of any source: Cilium takes either of two such labels, by chance.
fn refuse_repeated(field: &Field<'_, '_>) {
    let labels = field.value().get("matchLabels");
    let Some(labels) = labels.and_then(|labels| labels.as_object()) else {
        return;
    };
    let mut repeated = labels
        .keys()
        .filter_map(|key| key.strip_prefix(ANY_SOURCE))
        .filter(|name| labels.contains_key(*name));
    if let Some(name) = repeated.next() {
        let message = format!("has both `{name}` and `{ANY_SOURCE}{name}`, which are one key");
        field.error("bad-selector", message, "remove one of the two");
    }
}
