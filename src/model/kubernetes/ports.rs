//! The ports of a rule, protocol by protocol (kubernetes-cilium.md 1.2.6, 2.1).

use crate::resources::kubernetes::ProtocolPort;
use crate::terms::{Port, Protocol};

/// What is asked of one protocol; no port asks for every port of it.
pub(super) type Group = (Option<Protocol>, Vec<Port>);

/// One group for each protocol that is asked for; nothing asked is one group that asks nothing.
pub(super) fn by_protocol(entries: &[ProtocolPort]) -> Vec<Group> {
    let mut groups: Vec<Group> = Vec::new();
    if entries.is_empty() {
        groups.push((None, Vec::new()));
    }
    let mut whole = Vec::new();
    for entry in entries {
        let Some(port) = &entry.port else {
            if !whole.contains(&entry.protocol) {
                whole.push(entry.protocol);
            }
            continue;
        };
        match groups.iter_mut().find(|group| group.0 == entry.protocol) {
            Some((_, ports)) => ports.push(port.clone()),
            None => groups.push((entry.protocol, vec![port.clone()])),
        }
    }
    // Every port of a protocol says more than some of them.
    groups.retain(|(protocol, _)| !whole.contains(protocol));
    groups.extend(whole.into_iter().map(|protocol| (protocol, Vec::new())));
    groups
}

/// These ports where the destination is no pod and has no names: none if nothing else is asked.
pub(super) fn without_names(ports: &[Port]) -> Option<Vec<Port>> {
    let numbers = ports.iter().filter(|port| matches!(port, Port::Range(..)));
    let numbers: Vec<Port> = numbers.cloned().collect();
    (ports.is_empty() || !numbers.is_empty()).then_some(numbers)
}
