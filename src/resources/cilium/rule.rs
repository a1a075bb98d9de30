//! One rule of a policy (kubernetes-cilium.md 3.1, 3.2).

use super::section::Context;
use super::{Authentication, Peer, PortRule, icmp, peers};
use crate::decode::{Field, Fields};
use crate::limits;

/// A rule: peers and ports must both be as it says.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Rule {
    /// One of these peers; none is everybody, and an empty list nobody. A rule that grants nothing
    /// here has an empty list: what is left of it is the isolation.
    pub peers: Option<Vec<Peer>>,
    /// One of these; an empty list is every port of every protocol.
    pub ports: Vec<PortRule>,
    /// What it asks of the peer's certificate.
    pub authentication: Authentication,
}

const INGRESS: [&str; 10] = [
    "fromEndpoints",
    "fromCIDR",
    "fromCIDRSet",
    "fromEntities",
    "fromNodes",
    "fromGroups",
    "fromRequires",
    "toPorts",
    "icmps",
    "authentication",
];
const EGRESS: [&str; 12] = [
    "toEndpoints",
    "toCIDR",
    "toCIDRSet",
    "toEntities",
    "toNodes",
    "toGroups",
    "toServices",
    "toFQDNs",
    "toRequires",
    "toPorts",
    "icmps",
    "authentication",
];

impl Rule {
    /// A rule that says nothing of anybody.
    fn nobody() -> Self {
        Self {
            peers: Some(Vec::new()),
            ..Self::default()
        }
    }

    /// Reads a rule. What could not be read stands for nobody, and refuses the object anyway.
    pub(super) fn decode(field: &Field<'_, '_>, context: Context<'_>) -> Self {
        let section = context.section;
        let (known, requires) = if section.is_ingress() {
            (INGRESS.as_slice(), "fromRequires")
        } else {
            (EGRESS.as_slice(), "toRequires")
        };
        let Some(fields) = field.object(known) else {
            return Self::nobody();
        };
        refuse_requires(&fields, requires);
        if let (true, Some(field)) = (section.is_deny(), fields.get("authentication")) {
            let message = "a deny asks for no authentication";
            field.error("unsupported-field", message, "remove it");
        }
        let is_icmp = icmp::check(&fields, section);
        let rule = Self {
            peers: peers::decode(&fields, context),
            ports: ports(&fields, context),
            authentication: Authentication::decode(&fields, section),
        };
        let peers = rule.peers.as_ref().map_or(1, |peers| {
            let values = peers.iter().map(Peer::spelt_values);
            values.fold(0, usize::saturating_add)
        });
        let values = rule.ports.iter().map(PortRule::spelt_values);
        field.count_spelt(peers, values.fold(1, usize::saturating_add));
        if is_icmp {
            return Self::nobody();
        }
        if rule.peers.is_none() && rule.ports.is_empty() {
            report_empty(field, context);
            return Self::nobody();
        }
        rule
    }
}

fn ports(fields: &Fields<'_, '_>, context: Context<'_>) -> Vec<PortRule> {
    let Some(list) = fields.get("toPorts") else {
        return Vec::new();
    };
    let list = list.list(limits::RULES);
    list.iter()
        .map(|field| PortRule::decode(field, context))
        .collect()
}

/// They narrowed every other rule of the endpoint until Cilium 1.19: to ignore them would let more
/// peers in.
fn refuse_requires(fields: &Fields<'_, '_>, key: &'static str) {
    let Some(field) = fields.get(key) else {
        return;
    };
    let (message, help) = if key == "fromRequires" {
        (
            "`fromRequires` is gone from Cilium since 1.19",
            "say the opposite in `ingressDeny`",
        )
    } else {
        (
            "`toRequires` is gone from Cilium since 1.19",
            "say the opposite in `egressDeny`",
        )
    };
    field.error("unsupported-field", message, help);
}

/// A rule without peers and ports: to Cilium it isolates and says nothing else, where Kubernetes
/// means everybody.
fn report_empty(field: &Field<'_, '_>, context: Context<'_>) {
    let section = context.section;
    let all = if section.is_ingress() {
        "fromEntities: [all]"
    } else {
        "toEntities: [all]"
    };
    if section.is_deny() {
        let message = "names neither peers nor ports, and so denies nobody";
        field.error("empty-rule", message, &format!("write `{all}`"));
    } else {
        let message = "names neither peers nor ports: it isolates, and lets nobody through";
        let help = format!("write `{all}` for everybody");
        field.warn("cilium-empty-rule", message, &help);
    }
}
