//! A rule, of a NetworkPolicy or of an administrator.

use super::{Peer, ProtocolPort};
use crate::decode::{Field, Fields};
use crate::limits;
use crate::terms::{Action, Port};

/// What to do with whom.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rule {
    /// What its author calls it; rules of administrators only.
    pub name: Option<String>,
    /// What to do; rules of a NetworkPolicy allow.
    pub action: Action,
    /// Whom it means; empty is everyone.
    pub peers: Vec<Peer>,
    /// Which ports; empty is every port and protocol.
    pub ports: Vec<ProtocolPort>,
}

impl Rule {
    /// A rule of a NetworkPolicy.
    pub(super) fn decode(field: &Field<'_, '_>, is_egress: bool) -> Option<Self> {
        let peers = if is_egress { "to" } else { "from" };
        let fields = field.object(&[peers, "ports"])?;
        let rule = Self {
            name: None,
            action: Action::Allow,
            peers: items(&fields, peers, Peer::decode),
            ports: items(&fields, "ports", ProtocolPort::decode),
        };
        if is_egress && rule.has_names() && rule.has_networks() {
            let message = "a named port is one of a pod: with `ipBlock` it matches nothing";
            field.warn(
                "kubernetes-name-without-pod",
                message,
                "write the number of the port",
            );
        }
        let ports = rule.ports.len().saturating_add(1);
        field.count_spelt(rule.combinations(), ports);
        Some(rule)
    }

    /// How many peers and ports it lists.
    pub(crate) fn entries(&self) -> usize {
        self.peers.len().saturating_add(self.ports.len())
    }

    /// How many rules it is in the model, at most.
    pub(super) fn combinations(&self) -> usize {
        // TCP, UDP, SCTP.
        let protocols = self.ports.len().clamp(1, 3);
        let is_plain =
            |peer: &&Peer| matches!(peer, Peer::Networks { except, .. } if except.is_empty());
        let plain = self.peers.iter().filter(is_plain).count();
        let peers = self.peers.len().saturating_sub(plain).saturating_add(1);
        peers.saturating_mul(protocols)
    }

    /// Whether one of its ports is a name.
    pub(super) fn has_names(&self) -> bool {
        let is_name = |entry: &ProtocolPort| matches!(entry.port, Some(Port::Named(_)));
        self.ports.iter().any(is_name)
    }

    /// Whether one of its peers is no pod.
    pub(super) fn has_networks(&self) -> bool {
        self.peers.iter().any(|peer| !matches!(peer, Peer::Pods(_)))
    }
}

fn items<T>(
    fields: &Fields<'_, '_>,
    key: &'static str,
    read: fn(&Field<'_, '_>) -> Option<T>,
) -> Vec<T> {
    let Some(list) = fields.get(key) else {
        return Vec::new();
    };
    list.list(limits::PEERS).iter().filter_map(read).collect()
}
