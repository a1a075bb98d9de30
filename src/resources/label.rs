//! What the owner of an object calls it.

use super::name::shorten_to;
use crate::limits;
use serde_json::Value;

/// Kinds whose objects are in namespace `default` where they name none.
const NAMESPACED: [&str; 9] = [
    "NetworkPolicy",
    "StagedNetworkPolicy",
    "StagedKubernetesNetworkPolicy",
    "NetworkSet",
    "CiliumNetworkPolicy",
    "AuthorizationPolicy",
    "PeerAuthentication",
    "Pod",
    "ServiceAccount",
];

/// The label of an object, such as `NetworkPolicy dev/web`, as far as it can be told before the
/// object is read, so that every problem with it carries the label.
pub(super) fn label(value: &Value, inherited_kind: Option<&str>) -> String {
    let text = |value: Option<&Value>| {
        value
            .and_then(Value::as_str)
            .map(|text| shorten_to(limits::NAME_BYTES, text))
    };
    let kind = text(value.get("kind")).or_else(|| inherited_kind.map(str::to_owned));
    let metadata = value.get("metadata");
    let name = text(metadata.and_then(|metadata| metadata.get("name")));
    let namespace = text(metadata.and_then(|metadata| metadata.get("namespace")));
    match (kind, namespace, name) {
        (None, ..) => String::new(),
        (Some(kind), _, None) => kind,
        (Some(kind), Some(namespace), Some(name)) => format!("{kind} {namespace}/{name}"),
        (Some(kind), None, Some(name)) if NAMESPACED.contains(&kind.as_str()) => {
            format!("{kind} default/{name}")
        }
        (Some(kind), None, Some(name)) => format!("{kind} {name}"),
    }
}
