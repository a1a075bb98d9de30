//! One end of a rule, source or destination (calico.md 1.3).

mod services;
#[cfg(test)]
mod tests;

use super::context::{EndContext, ProtocolClause};
use super::selectors;
use crate::decode::{Field, Fields};
use crate::limits;
use crate::resources::Strictness;
use crate::resources::name::{self, NameForm};
use crate::resources::network;
use crate::selector::Selector;
use crate::terms::Port;
use ipnet::IpNet;

/// What one end of a request must be. Empty lists and absent clauses ask nothing.
#[derive(Debug, Clone, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct EntityRule {
    /// One of these networks contains the address.
    pub nets: Vec<IpNet>,
    /// None of these networks contains the address.
    pub not_nets: Vec<IpNet>,
    /// Labels of the workload or network set; an empty selector asks nothing and is `None`.
    pub selector: Option<Selector>,
    /// Labels it must not have.
    pub not_selector: Option<Selector>,
    /// Which namespaces.
    pub namespace_selector: Option<NamespaceMatch>,
    /// A Kubernetes service, in place of every other clause.
    pub services: Option<ServiceMatch>,
    /// One of these ports.
    pub ports: Vec<Port>,
    /// None of these ports.
    pub not_ports: Vec<Port>,
    /// Which service accounts; an empty `serviceAccounts: {}` asks nothing and is `None`.
    pub service_accounts: Option<ServiceAccountMatch>,
}

/// A rule's `namespaceSelector` (calico.md 2.4).
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum NamespaceMatch {
    /// Exactly `global()`: whatever is in no namespace.
    Global,
    /// By the labels of the namespace, without the `pcns.` prefix.
    Selector(Selector),
}

/// A rule's `serviceAccounts`: names and selector must both hold.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ServiceAccountMatch {
    /// One of these names; empty asks nothing.
    pub names: Vec<String>,
    /// By the labels of the service account, without the `pcsa.` prefix.
    pub selector: Option<Selector>,
}

/// A rule's `services`. heliast knows no endpoint slices, so an Allow with it never matches, and a
/// Deny with it is refused (calico.md 1.8).
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ServiceMatch {
    /// The name of the service.
    pub name: String,
    /// Its namespace; in a NetworkPolicy the policy's own where the object names none.
    pub namespace: String,
}

const KNOWN: [&str; 10] = [
    "nets",
    "notNets",
    "selector",
    "notSelector",
    "namespaceSelector",
    "services",
    "ports",
    "notPorts",
    "serviceAccounts",
    "domains",
];

impl EntityRule {
    pub(super) fn decode(field: &Field<'_, '_>, context: EndContext<'_>) -> Self {
        let Some(fields) = field.object(&KNOWN) else {
            return Self::default();
        };
        if let Some(domains) = fields.get("domains") {
            let help = "use `nets`, or a selector for a network set";
            domains.error(
                "unsupported-field",
                "domain names are not enforced yet",
                help,
            );
        }
        let strictness = context.rule.strictness;
        let rule = Self {
            nets: nets(&fields, "nets", context),
            not_nets: nets(&fields, "notNets", context),
            selector: selectors::decode_in_rule(&fields, "selector", strictness),
            not_selector: selectors::decode_in_rule(&fields, "notSelector", strictness),
            namespace_selector: selectors::decode_namespace(&fields),
            services: fields
                .get("services")
                .and_then(|field| services::decode(&field, context)),
            ports: ports(&fields, "ports", context),
            not_ports: ports(&fields, "notPorts", context),
            service_accounts: fields
                .get("serviceAccounts")
                .and_then(|field| service_accounts(&field, strictness)),
        };
        if let Some(services) = fields.get("services") {
            services::check_alone(&services, &fields, context.end);
        }
        rule
    }
}

fn nets(fields: &Fields<'_, '_>, key: &'static str, context: EndContext<'_>) -> Vec<IpNet> {
    let Some(list) = fields.get(key) else {
        return Vec::new();
    };
    let read = |field: &Field<'_, '_>| {
        let net = network::in_rule(field)?;
        if key == "notNets" && net.prefix_len() == 0 {
            let message = format!("`{net}` excludes every address");
            field.error(
                "catch-all",
                message,
                "remove the rule, or name smaller networks",
            );
        }
        context.families.admit(field, &net);
        Some(net)
    };
    list.list(limits::NETS).iter().filter_map(read).collect()
}

/// Ports, and that the protocol has any (calico.md 1.6 row 2).
fn ports(fields: &Fields<'_, '_>, key: &'static str, context: EndContext<'_>) -> Vec<Port> {
    let Some(list) = fields.get(key) else {
        return Vec::new();
    };
    let ports: Vec<Port> = list
        .list(limits::PORTS)
        .iter()
        .filter_map(Port::decode)
        .collect();
    let has_number = ports.iter().any(|port| matches!(port, Port::Range(..)));
    let help = "write `protocol: TCP` beside `action`";
    match context.protocol {
        ProtocolClause::Unset if has_number => {
            list.error("ports-need-protocol", "ports need a protocol", help);
        }
        ProtocolClause::Is(protocol) if !ports.is_empty() && !protocol.has_ports() => {
            let message = format!("protocol {protocol} has no ports");
            list.error("ports-need-protocol", message, "use TCP, UDP or SCTP");
        }
        ProtocolClause::Unset | ProtocolClause::Is(_) | ProtocolClause::Unreadable => {}
    }
    ports
}

fn service_accounts(field: &Field<'_, '_>, strictness: Strictness) -> Option<ServiceAccountMatch> {
    let fields = field.object(&["names", "selector"])?;
    let read = |field: &Field<'_, '_>| name::decode(field, NameForm::Subdomain);
    let names: Vec<String> = match fields.get("names") {
        Some(names) => names
            .list(limits::OBJECTS)
            .iter()
            .filter_map(read)
            .collect(),
        None => Vec::new(),
    };
    let selector = selectors::decode_in_rule(&fields, "selector", strictness);
    let asks_nothing = names.is_empty() && selector.is_none();
    (!asks_nothing).then_some(ServiceAccountMatch { names, selector })
}
