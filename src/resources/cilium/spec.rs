//! The body of a policy: whom it governs, and its rules (kubernetes-cilium.md 3.1, 3.2).

use super::section::{Context, Section};
use super::{ApplicationRules, Rule, notes, selector};
use crate::decode::{Field, Fields};
use crate::limits;
use crate::resources::label_selector::LabelSelector;
use std::cell::Cell;

/// The body of a policy.
#[derive(Debug, Clone, PartialEq)]
pub struct Spec {
    /// Its position in `specs`; none is `spec`.
    pub position: Option<usize>,
    /// The workloads it governs; in a CiliumNetworkPolicy those of its namespace, which is not in
    /// here.
    pub endpoints: LabelSelector,
    /// What it says of what comes in.
    pub ingress: Posture,
    /// What it says of what goes out.
    pub egress: Posture,
}

/// What a policy says of one direction.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Posture {
    /// What it allows.
    pub allow: Vec<Rule>,
    /// What it denies, whatever is allowed.
    pub deny: Vec<Rule>,
    /// Whether what nobody allows is denied.
    pub isolates: bool,
}

const KNOWN: [&str; 10] = [
    "endpointSelector",
    "nodeSelector",
    "ingress",
    "ingressDeny",
    "egress",
    "egressDeny",
    "enableDefaultDeny",
    "labels",
    "description",
    "log",
];

impl Spec {
    /// Reads a body; `namespace` is the policy's, if it has one.
    pub(super) fn decode(
        field: &Field<'_, '_>,
        position: Option<usize>,
        namespace: Option<&str>,
        warned_of_head: &Cell<bool>,
    ) -> Option<Self> {
        let fields = field.object(&KNOWN)?;
        notes::check(&fields);
        if let Some(nodes) = fields.get("nodeSelector") {
            let message = "policies of nodes cannot run in a sidecar";
            nodes.error("unsupported-field", message, "leave the policy to Cilium");
            return None;
        }
        let endpoints = fields.require("endpointSelector");
        let endpoints = endpoints.map(|field| selector::of_policy(&field, namespace));
        let context = |section| Context {
            section,
            is_namespaced: namespace.is_some(),
            warned_of_head,
        };
        let spec = Self {
            position,
            ingress: Posture::decode(
                &fields,
                context(Section::Ingress),
                context(Section::IngressDeny),
            ),
            egress: Posture::decode(
                &fields,
                context(Section::Egress),
                context(Section::EgressDeny),
            ),
            endpoints: endpoints?,
        };
        if !spec.ingress.says_anything() && !spec.egress.says_anything() {
            let message = "has no rules, and so no effect";
            field.warn("cilium-no-rules", message, "");
        }
        Some(spec)
    }

    /// Its lists of rules, each with the name it has in the object.
    #[must_use]
    pub fn lists(&self) -> [(&'static str, &[Rule]); 4] {
        [
            ("ingress", &self.ingress.allow),
            ("ingressDeny", &self.ingress.deny),
            ("egress", &self.egress.allow),
            ("egressDeny", &self.egress.deny),
        ]
    }
}

impl Posture {
    fn decode(fields: &Fields<'_, '_>, allow: Context<'_>, deny: Context<'_>) -> Self {
        let has_rules = |context: Context<'_>| {
            let list = fields.get(context.section.field());
            list.is_some_and(|list| list.value().as_array().is_some_and(|list| !list.is_empty()))
        };
        let said = default_deny(fields, allow.section.field());
        let posture = Self {
            allow: rules(fields, allow),
            deny: rules(fields, deny),
            isolates: said.unwrap_or_else(|| has_rules(allow) || has_rules(deny)),
        };
        let http = posture.allow.iter().flat_map(|rule| &rule.ports);
        let has_http = http
            .into_iter()
            .any(|ports| matches!(ports.rules, ApplicationRules::Http(_)));
        if has_http && !posture.isolates {
            let field = fields.get("enableDefaultDeny").unwrap_or(fields.here());
            let message =
                "HTTP rules refuse what they do not list even so, for their peers and ports";
            field.warn("cilium-default-deny-http", message, "");
        }
        posture
    }

    fn says_anything(&self) -> bool {
        self.isolates || !self.allow.is_empty() || !self.deny.is_empty()
    }
}

fn rules(fields: &Fields<'_, '_>, context: Context<'_>) -> Vec<Rule> {
    let Some(field) = fields.get(context.section.field()) else {
        return Vec::new();
    };
    let list = field.list(limits::RULES);
    list.iter()
        .map(|field| Rule::decode(field, context))
        .collect()
}

/// What the policy itself says about isolation in one direction.
fn default_deny(fields: &Fields<'_, '_>, direction: &'static str) -> Option<bool> {
    let field = fields.get("enableDefaultDeny")?;
    let said = field.object(&["ingress", "egress"])?;
    said.get(direction).map(|said| said.boolean())
}
