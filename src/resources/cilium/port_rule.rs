//! The ports of a rule, and what it asks of requests there (kubernetes-cilium.md 3.1).

use super::section::Context;
use super::{DomainPattern, HttpRule};
use crate::decode::{Field, Fields};
use crate::limits;
use crate::resources::name::{is_port_name, shorten};
use crate::terms::{Port, Protocol};

/// Most ports in one entry (kubernetes-cilium.md 3.1).
const PORTS: usize = 40;

/// An entry of `toPorts`.
#[derive(Debug, Clone, PartialEq)]
pub struct PortRule {
    /// One of these.
    pub ports: Vec<PortProtocol>,
    /// One of these server names; empty asks nothing.
    pub server_names: Vec<DomainPattern>,
    /// What it asks of requests.
    pub rules: ApplicationRules,
}

impl PortRule {
    /// How many values it has for each peer, at most. Each HTTP rule that changes headers stands for
    /// itself, with all ports; the others are together, once for each protocol.
    pub(super) fn spelt_values(&self) -> usize {
        let ports = self.ports.len().saturating_add(1);
        let (rewriting, values) = match &self.rules {
            ApplicationRules::Any => (0, self.server_names.len()),
            ApplicationRules::Http(rules) => {
                let values = rules.iter().map(HttpRule::values);
                let rewrites = rules.iter().filter(|rule| rule.rewrites());
                (rewrites.count(), values.fold(0, usize::saturating_add))
            }
            ApplicationRules::Dns => (0, 0),
        };
        let of_ports = ports.saturating_mul(rewriting.saturating_add(1));
        let protocols = self.ports.len().clamp(1, 4);
        of_ports.saturating_add(values.saturating_mul(protocols))
    }
}

/// What an entry of `toPorts` asks of requests.
#[derive(Debug, Clone, PartialEq)]
pub enum ApplicationRules {
    /// Nothing.
    Any,
    /// They are HTTP, and as one of these rules says.
    Http(Vec<HttpRule>),
    /// They are DNS, which no proxy of ours reads: nothing is as asked.
    Dns,
}

/// A port, or several.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PortProtocol {
    /// Which port; none is every port.
    pub port: Option<Port>,
    /// Its protocol; none is TCP, UDP and SCTP.
    pub protocol: Option<Protocol>,
}

/// What heliast cannot do for a port; loading the allow without it would be wider.
const UNSUPPORTED: [(&str, &str); 3] = [
    (
        "listener",
        "a sidecar does not send requests through another listener",
    ),
    ("terminatingTLS", "a sidecar does not end TLS for policy"),
    ("originatingTLS", "a sidecar does not begin TLS for policy"),
];

const KNOWN: [&str; 6] = [
    "ports",
    "rules",
    "serverNames",
    "listener",
    "terminatingTLS",
    "originatingTLS",
];

impl PortRule {
    pub(super) fn decode(field: &Field<'_, '_>, context: Context<'_>) -> Self {
        let mut rule = Self {
            ports: Vec::new(),
            server_names: Vec::new(),
            rules: ApplicationRules::Any,
        };
        let known: &[&str] = if context.section.is_deny() {
            &["ports"]
        } else {
            &KNOWN
        };
        let Some(fields) = field.object(known) else {
            return rule;
        };
        for (key, message) in UNSUPPORTED {
            if let Some(field) = fields.get(key) {
                field.error("unsupported-field", message, "remove the rule");
            }
        }
        rule.server_names = server_names(&fields, context);
        rule.rules = rules(&fields, context);
        rule.ports = ports(&fields, &rule.rules);
        rule
    }
}

fn ports(fields: &Fields<'_, '_>, rules: &ApplicationRules) -> Vec<PortProtocol> {
    let list = fields.get("ports");
    let list = list.as_ref().map(|list| list.list(PORTS));
    let list = list.unwrap_or_default();
    if list.is_empty() {
        let help = "name the ports, or remove `toPorts`";
        fields.here().error(
            "missing-field",
            "has no `ports`, and so is about none",
            help,
        );
    }
    let ports: Vec<PortProtocol> = list
        .iter()
        .filter_map(|field| PortProtocol::decode(field, rules))
        .collect();
    let is_seen = |port: &PortProtocol| port.protocol.is_none_or(|only| only == Protocol::TCP);
    if !ports.is_empty() && !ports.iter().any(is_seen) {
        let message = "only TCP reaches a proxy: the rule takes no part here, and still isolates";
        fields.here().warn("cilium-not-tcp", message, "");
    }
    ports
}

fn server_names(fields: &Fields<'_, '_>, context: Context<'_>) -> Vec<DomainPattern> {
    let Some(field) = fields.get("serverNames") else {
        return Vec::new();
    };
    if context.section.is_ingress() {
        let message = "server names are those of outgoing connections";
        field.error("unsupported-field", message, "remove the rule");
    }
    if fields.get("rules").is_some() {
        let message = "what is encrypted cannot be asked for its server name and for requests";
        field.error("mixed-rule", message, "write one rule for each");
    }
    let names = field.list(limits::RULES);
    if field.value().as_array().is_some_and(Vec::is_empty) {
        let help = "remove it for every server name";
        field.error("empty-list", "must have at least one name", help);
    }
    names
        .iter()
        .filter_map(DomainPattern::decode_server_name)
        .collect()
}

fn rules(fields: &Fields<'_, '_>, context: Context<'_>) -> ApplicationRules {
    let Some(field) = fields.get("rules") else {
        return ApplicationRules::Any;
    };
    let Some(rules) = field.object(&["http", "kafka", "dns", "l7proto", "l7"]) else {
        return ApplicationRules::Any;
    };
    for key in ["kafka", "l7proto", "l7"] {
        if let Some(field) = rules.get(key) {
            let message = format!("`{key}` rules cannot be enforced by a sidecar for HTTP");
            field.error("unsupported-field", message, "remove the rule");
        }
    }
    match (rules.get("http"), rules.get("dns")) {
        (Some(_), Some(dns)) => {
            let message = "one entry is about one protocol";
            dns.error("mixed-rule", message, "write one entry for each");
            ApplicationRules::Dns
        }
        (None, Some(dns)) => {
            check_dns(&dns, context);
            ApplicationRules::Dns
        }
        (Some(http), None) => {
            let list = http.list(limits::RULES);
            // An empty list asks nothing (kubernetes-cilium.md 3.4).
            if list.is_empty() {
                return ApplicationRules::Any;
            }
            let http = list
                .iter()
                .filter_map(|field| HttpRule::decode(field, context));
            ApplicationRules::Http(http.collect())
        }
        (None, None) => {
            let help = "remove it for every request, or write `http: [{}]` for every HTTP request";
            field.error("missing-field", "must have one of `http` and `dns`", help);
            ApplicationRules::Any
        }
    }
}

fn check_dns(field: &Field<'_, '_>, context: Context<'_>) {
    if context.section.is_ingress() {
        let message = "`dns` rules are for egress";
        field.error("unsupported-field", message, "remove them");
        return;
    }
    for rule in field.list(limits::RULES) {
        let _pattern = DomainPattern::decode(&rule);
    }
    let message = "DNS does not go through the proxy: the rule grants nothing here, and still \
                   isolates";
    field.warn("cilium-dns", message, "");
}

impl PortProtocol {
    fn decode(field: &Field<'_, '_>, rules: &ApplicationRules) -> Option<Self> {
        let fields = field.object(&["port", "endPort", "protocol"])?;
        let protocol = protocol(&fields);
        let port = fields.require("port").and_then(|port| read_port(&port));
        let port = port.and_then(|port| end_port(&fields, port));
        if let ApplicationRules::Http(_) = rules {
            if protocol != Some(Some(Protocol::TCP)) {
                let help = "write `protocol: TCP`";
                field.error("protocol-mismatch", "HTTP rules need protocol TCP", help);
            }
            if port == Some(None) {
                field.error("protocol-mismatch", "HTTP rules need a port, not 0", "");
            }
        } else if fields.get("protocol").is_none() && *rules != ApplicationRules::Dns {
            let message = "no protocol is any of TCP, UDP and SCTP; Kubernetes would take TCP";
            field.warn("cilium-any-protocol", message, "write `protocol: TCP`");
        }
        Some(Self {
            port: port?,
            protocol: protocol?,
        })
    }
}

fn protocol(fields: &Fields<'_, '_>) -> Option<Option<Protocol>> {
    let Some(field) = fields.get("protocol") else {
        return Some(None);
    };
    field.one_of(&[
        ("ANY", None),
        ("TCP", Some(Protocol::TCP)),
        ("UDP", Some(Protocol::UDP)),
        ("SCTP", Some(Protocol::SCTP)),
        // They reach no proxy, and have no ports.
        ("VRRP", Some(Protocol(112))),
        ("IGMP", Some(Protocol(2))),
        ("GRE", Some(Protocol(47))),
        ("IPIP", Some(Protocol(4))),
        ("IPV6", Some(Protocol(41))),
        ("ESP", Some(Protocol(50))),
        ("AH", Some(Protocol(51))),
    ])
}

/// A number or a name; 0 is every port.
fn read_port(field: &Field<'_, '_>) -> Option<Option<Port>> {
    if field.value().is_number() {
        let message = "must be a string, not a number";
        field.error("wrong-type", message, "put it in quotes");
        return None;
    }
    let text = field.string()?;
    if text.bytes().any(|byte| byte.is_ascii_alphabetic()) {
        // Cilium takes names in any case, and containers have them in lower case.
        let name = text.to_ascii_lowercase();
        if is_port_name(&name) {
            return Some(Some(Port::Named(name)));
        }
    } else if text == "0" {
        return Some(None);
    } else if text.starts_with('0') {
        let message = format!(
            "`{}` begins with 0, which Cilium reads as octal",
            shorten(text)
        );
        field.error("bad-port", message, "write it without");
        return None;
    } else if let Some(port) = number(text) {
        return Some(Some(Port::Range(port, port)));
    }
    let message = format!("`{}` is not a port", shorten(text));
    field.error("bad-port", message, "write a number up to 65535, or a name");
    None
}

fn number(text: &str) -> Option<u16> {
    if !text.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    text.parse().ok()
}

/// The port up to `endPort`, which names have none of.
fn end_port(fields: &Fields<'_, '_>, port: Option<Port>) -> Option<Option<Port>> {
    let Some(field) = fields.get("endPort") else {
        return Some(port);
    };
    let last = u16::try_from(field.integer(0, u32::from(u16::MAX))?).ok()?;
    if last == 0 {
        return Some(port);
    }
    match port {
        Some(Port::Range(first, _)) if first <= last => Some(Some(Port::Range(first, last))),
        Some(Port::Named(_)) => Some(port),
        Some(Port::Range(..)) | None => {
            let message = "the range ends before it begins";
            field.error("bad-port", message, "");
            None
        }
    }
}
