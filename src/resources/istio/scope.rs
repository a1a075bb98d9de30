//! Whom a policy governs (istio.md 1.8).

use super::value::filled;
use crate::decode::{Field, Fields};
use crate::limits;
use crate::resources::name::shorten;
use crate::selector::Selector;

/// The label by which a gateway of the Gateway API is known.
const GATEWAY_NAME: &str = "gateway.networking.k8s.io/gateway-name";
/// The label by which a waypoint is known; selectors never mean one.
const MANAGED: &str = "gateway.istio.io/managed";
const WAYPOINT: &str = "istio.io-mesh-controller";
/// Longest value of a label, in bytes.
const LABEL_VALUE_BYTES: usize = 63;
const GATEWAY_GROUP: &str = "gateway.networking.k8s.io";
/// Groups and kinds that a policy may be attached to, as Istio's validation has them.
const TARGETS: [(&str, &str); 4] = [
    ("", "Service"),
    ("networking.istio.io", "ServiceEntry"),
    (GATEWAY_GROUP, "Gateway"),
    (GATEWAY_GROUP, "GatewayClass"),
];

/// Whom a policy governs, among the workloads of its namespace or of the mesh.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Scope {
    /// What its workloads must look like.
    pub selector: Selector,
    /// Whether it names gateways: those of its own namespace, even in the root namespace.
    pub is_targeted: bool,
    /// Whether `selector` asks for any label.
    pub has_labels: bool,
}

impl Scope {
    /// Reads `selector`, `targetRef` and `targetRefs`, of which there may be one.
    pub(super) fn decode(spec: &Fields<'_, '_>) -> Self {
        let given = ["selector", "targetRef", "targetRefs"];
        let fields: Vec<Field<'_, '_>> = given.iter().filter_map(|key| spec.get(key)).collect();
        if let [_, second, ..] = fields.as_slice() {
            let help = "a policy is attached in one way";
            second.error(
                "istio-several-scopes",
                "at most one of selector, targetRef and targetRefs",
                help,
            );
        }
        let mut names = Vec::new();
        let single = spec.get("targetRef");
        let list = spec.get("targetRefs");
        if let Some(field) = &single {
            names.extend(target(field));
        }
        if let Some(field) = &list {
            names.extend(field.list(limits::ISTIO_TARGETS).iter().filter_map(target));
        }
        if single.is_some() || list.as_ref().is_some_and(is_filled) {
            return Self {
                selector: Selector::is_in(GATEWAY_NAME, names),
                is_targeted: true,
                has_labels: true,
            };
        }
        let (labels, has_labels) = labels(spec);
        let everything = Self::everything();
        Self {
            selector: match labels {
                Some(labels) => labels.and(everything.selector),
                None => everything.selector,
            },
            has_labels,
            ..everything
        }
    }

    /// All workloads but waypoints, which only a target means.
    pub(super) fn everything() -> Self {
        Self {
            selector: Selector::equals(MANAGED, WAYPOINT).negate(),
            is_targeted: false,
            has_labels: false,
        }
    }
}

fn is_filled(list: &Field<'_, '_>) -> bool {
    list.value().as_array().is_some_and(|list| !list.is_empty())
}

/// `selector.matchLabels` alone, and whether it asks for anything.
pub(super) fn labels(spec: &Fields<'_, '_>) -> (Option<Selector>, bool) {
    let Some(field) = spec.get("selector") else {
        return (None, false);
    };
    let labels = field
        .object(&["matchLabels"])
        .and_then(|fields| Some(decode_labels(&fields.get("matchLabels")?)))
        .unwrap_or_default();
    let has_labels = !labels.is_empty();
    let tests = labels
        .into_iter()
        .map(|(key, value)| Selector::equals(key, value));
    (tests.reduce(Selector::and), has_labels)
}

fn decode_labels(field: &Field<'_, '_>) -> Vec<(String, String)> {
    let labels: Vec<(String, String)> = field.string_map().into_iter().collect();
    for (key, value) in &labels {
        if key.is_empty() || key.contains('*') || value.contains('*') {
            let help = "labels are compared as they are";
            field.error("istio-label", "has an empty key or a `*`", help);
        } else if value.len() > LABEL_VALUE_BYTES {
            let message = format!("the value of `{}` is too long", shorten(key));
            let help = "a label has at most 63 characters, so that no workload has this one";
            field.error("istio-label", message, help);
        }
    }
    labels
}

/// The name of the gateway that is meant; none for what is no gateway.
fn target(field: &Field<'_, '_>) -> Option<String> {
    let fields = field.object(&["group", "kind", "name", "namespace"])?;
    let kind = fields.require("kind")?;
    let name_field = fields.require("name")?;
    let name = filled(&name_field)?;
    if name.len() > limits::NAME_BYTES {
        let message = format!("has more than {} characters", limits::NAME_BYTES);
        name_field.error("too-long", message, "no target has such a name");
    }
    if let Some(namespace) = fields
        .get("namespace")
        .filter(|field| field.value().as_str() != Some(""))
    {
        let help = "a policy is attached in its own namespace";
        namespace.error("istio-target-namespace", "must be left out", help);
    }
    let group = fields.string("group").unwrap_or_default();
    // Istio's own validation takes `core` for the group without a name.
    let group = if group == "core" { "" } else { group };
    let target = (group, kind.string()?);
    if target == (GATEWAY_GROUP, "Gateway") {
        return Some(name.to_owned());
    }
    if !TARGETS.contains(&target) {
        let message = format!(
            "`{}` of group `{}` is nothing that a policy can be attached to",
            shorten(target.1),
            shorten(group)
        );
        let help = "write kind Gateway or GatewayClass of group gateway.networking.k8s.io, \
                    ServiceEntry of networking.istio.io, or Service of the group without a name";
        let is_kind = TARGETS.iter().any(|(_, known)| *known == target.1);
        let group = fields.get("group").filter(|_| is_kind);
        group
            .unwrap_or(kind)
            .error("istio-target-kind", message, help);
        return None;
    }
    let help = "heliast knows gateways by their label; let the waypoint itself enforce this policy";
    kind.warn(
        "istio-target-ignored",
        "only a Gateway can be told by its pods: this target has no effect here",
        help,
    );
    None
}
