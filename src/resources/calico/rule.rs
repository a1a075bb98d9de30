//! One rule of a policy (calico.md 1.2).

mod icmp;
#[cfg(test)]
mod tests;

use super::EntityRule;
use super::context::{End, EndContext, Families, ProtocolClause, RuleContext};
use super::policy_type::PolicyType;
use crate::decode::{Field, Fields};
use crate::limits;
use crate::resources::Strictness;
use crate::resources::name::{is_annotation_key, shorten};
use crate::terms::{Action, HttpMatch, IpVersion, Protocol};
use litemap::LiteMap;

/// A rule: every clause must hold.
#[derive(Debug, Clone, PartialEq)]
pub struct Rule {
    /// What to do.
    pub action: Action,
    /// The IP version of the peer.
    pub ip_version: Option<IpVersion>,
    /// The protocol the request must have. ICMP details are validated and dropped: they never
    /// match HTTP or TCP, because the protocol differs.
    pub protocol: Option<Protocol>,
    /// A protocol the request must not have.
    pub not_protocol: Option<Protocol>,
    /// Where the request comes from.
    pub source: EntityRule,
    /// Where it goes to.
    pub destination: EntityRule,
    /// What the HTTP request must look like; `Some` with no clause matches any HTTP request.
    pub http: Option<HttpMatch>,
    /// The author's notes; carried into explanations.
    pub annotations: LiteMap<String, String>,
}

const KNOWN: [&str; 10] = [
    "action",
    "ipVersion",
    "protocol",
    "notProtocol",
    "icmp",
    "notICMP",
    "source",
    "destination",
    "http",
    "metadata",
];

impl Rule {
    pub(super) fn decode(field: &Field<'_, '_>, context: RuleContext<'_>) -> Option<Self> {
        let fields = field.object(&KNOWN)?;
        let action = fields
            .require("action")
            .and_then(|field| Action::decode(&field, context.strictness));
        let ip_version = fields.get("ipVersion").and_then(|field| ip_version(&field));
        let protocol = protocol(&fields, "protocol");
        let not_protocol = protocol_of(&fields, "notProtocol");
        let families = Families::new(ip_version);
        let end = |end, key| {
            let rule = context;
            let context = EndContext {
                rule,
                end,
                action,
                protocol,
                families: &families,
            };
            fields
                .get(key)
                .map(|field| EntityRule::decode(&field, context))
                .unwrap_or_default()
        };
        let source = end(End::Source, "source");
        let destination = end(End::Destination, "destination");
        let http = fields
            .get("http")
            .map(|field| HttpMatch::decode(&field, action, context.strictness));
        icmp::check(&fields, protocol, ip_version);
        check_http(&fields, action, protocol, context);
        warn_of_no_effect(&fields, action, protocol.known(), not_protocol);
        Some(Self {
            action: action?,
            ip_version,
            protocol: protocol.known(),
            not_protocol,
            source,
            destination,
            http,
            annotations: annotations(&fields),
        })
    }
}

fn ip_version(field: &Field<'_, '_>) -> Option<IpVersion> {
    match field.number() {
        Some(4.0) => Some(IpVersion::V4),
        Some(6.0) => Some(IpVersion::V6),
        Some(_) => {
            field.error(
                "out-of-range",
                format!("must be 4 or 6, not {}", field.value()),
                "",
            );
            None
        }
        None => None,
    }
}

fn protocol(fields: &Fields<'_, '_>, key: &'static str) -> ProtocolClause {
    match fields.get(key) {
        None => ProtocolClause::Unset,
        Some(field) => {
            Protocol::decode(&field).map_or(ProtocolClause::Unreadable, ProtocolClause::Is)
        }
    }
}

fn protocol_of(fields: &Fields<'_, '_>, key: &'static str) -> Option<Protocol> {
    protocol(fields, key).known()
}

/// Where Calico takes `http`, and where it makes sense (calico.md 1.6 row 1).
fn check_http(
    fields: &Fields<'_, '_>,
    action: Option<Action>,
    protocol: ProtocolClause,
    context: RuleContext<'_>,
) {
    let Some(http) = fields.get("http") else {
        return;
    };
    if let Some(protocol) = protocol
        .known()
        .filter(|protocol| *protocol != Protocol::TCP)
    {
        let message = format!("`http` with protocol {protocol}: HTTP runs over TCP");
        http.error(
            "protocol-mismatch",
            message,
            "write `protocol: TCP`, or remove it",
        );
    }
    if context.strictness == Strictness::Heliast {
        return;
    }
    if let Some(action) = action.filter(|action| *action != Action::Allow) {
        let message = format!("Calico takes `http` in Allow rules only, not in {action} rules");
        http.error("not-in-calico", message, "");
    }
    if context.direction == PolicyType::Egress {
        http.error(
            "not-in-calico",
            "Calico takes `http` in ingress rules only",
            "",
        );
    }
}

/// The second class of calico.md 1.8: safe, but not what the author may expect.
fn warn_of_no_effect(
    fields: &Fields<'_, '_>,
    action: Option<Action>,
    protocol: Option<Protocol>,
    not_protocol: Option<Protocol>,
) {
    let other = protocol.filter(|protocol| *protocol != Protocol::TCP);
    if let (Some(field), Some(protocol)) = (fields.get("protocol"), other) {
        let message = format!("{protocol} does not reach the sidecar: the rule never matches");
        field.warn("never-matches", message, "");
    }
    if let (Some(field), Some(Protocol::TCP)) = (fields.get("notProtocol"), not_protocol) {
        let message = "nothing but TCP reaches the sidecar: the rule never matches";
        field.warn("never-matches", message, "");
    }
    if let (Some(field), Some(Action::Log)) = (fields.get("action"), action) {
        let message = "Log decides nothing: it only notes the request in the decision log";
        field.warn("log-rule", message, "");
    }
}

fn annotations(fields: &Fields<'_, '_>) -> LiteMap<String, String> {
    let metadata = fields.get("metadata");
    let metadata = metadata
        .as_ref()
        .and_then(|field| field.object(&["annotations"]));
    let Some(field) = metadata
        .as_ref()
        .and_then(|metadata| metadata.get("annotations"))
    else {
        return LiteMap::new_vec();
    };
    let annotations = field.string_map();
    for key in annotations.keys().filter(|key| !is_annotation_key(key)) {
        let message = format!("`{}` is not a valid annotation key", shorten(key));
        field.error("bad-name", message, "use letters, digits, `-`, `_` and `.`");
    }
    let size = |(key, value): (&String, &String)| key.len().saturating_add(value.len());
    let total = annotations.iter().map(size).fold(0, usize::saturating_add);
    if total > limits::ANNOTATION_BYTES {
        let most = limits::ANNOTATION_BYTES;
        field.error(
            "too-long",
            format!("has {total} bytes; at most {most} are allowed"),
            "",
        );
    }
    annotations
}
