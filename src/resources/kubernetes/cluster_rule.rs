//! Rules of an administrator's policy (kubernetes-cilium.md 2.1).

use super::edition::Edition;
use super::{Peer, ProtocolPort, Rule};
use crate::decode::{Field, Fields};

/// Longest name of a rule, in characters.
const NAME_CHARS: usize = 100;

/// The rules of one direction.
pub(super) fn decode_all(spec: &Fields<'_, '_>, key: &'static str, edition: Edition) -> Vec<Rule> {
    let Some(list) = spec.get(key) else {
        return Vec::new();
    };
    let is_egress = key == "egress";
    list.list(edition.most())
        .iter()
        .filter_map(|rule| decode(rule, is_egress, edition))
        .collect()
}

fn decode(field: &Field<'_, '_>, is_egress: bool, edition: Edition) -> Option<Rule> {
    let peers_field = if is_egress { "to" } else { "from" };
    let ports_field = edition.ports_field();
    let fields = field.object(&["name", "action", peers_field, ports_field])?;
    let name = fields.get("name").and_then(|name| {
        let text = name.string()?;
        if text.chars().count() > NAME_CHARS {
            let message = format!("is longer than {NAME_CHARS} characters");
            name.error("too-long", message, "");
        }
        Some(text.to_owned())
    });
    let action = fields
        .require("action")
        .and_then(|action| action.one_of(edition.actions()))?;
    let list = fields.require(peers_field)?;
    let items = list.list(edition.most());
    if list.value().as_array().is_some_and(Vec::is_empty) {
        let message = "must have at least one peer";
        let help = "write `namespaces: {}` for every pod";
        list.error("empty-list", message, help);
    }
    let read = |item: &Field<'_, '_>| Peer::decode_cluster(item, is_egress, action, edition);
    let rule = Rule {
        name,
        action,
        peers: items.iter().filter_map(read).collect(),
        ports: ports(&fields, ports_field, edition),
    };
    if rule.has_names() && rule.has_networks() {
        let message = match edition {
            Edition::Cluster => "`destinationNamedPort` cannot stand beside peers that are no pods",
            Edition::Admin | Edition::Baseline => {
                "`namedPort` cannot stand beside peers that are no pods"
            }
        };
        field.error("name-without-pod", message, "write the number of the port");
    }
    Some(rule)
}

fn ports(fields: &Fields<'_, '_>, key: &'static str, edition: Edition) -> Vec<ProtocolPort> {
    let Some(list) = fields.get(key) else {
        return Vec::new();
    };
    let read = match edition {
        Edition::Cluster => ProtocolPort::decode_protocol,
        Edition::Admin | Edition::Baseline => ProtocolPort::decode_old,
    };
    let items = list.list(edition.most());
    if list.value().as_array().is_some_and(Vec::is_empty) {
        let help = "remove it for every port and protocol";
        list.error("empty-list", "must have at least one entry", help);
    }
    items.iter().filter_map(read).collect()
}
