//! Ports of a rule, with the names of the workload's own ports resolved (calico.md 4.4).

use super::Local;
use crate::terms::{NamedPort, Port, Protocol};
use crate::truth::Truth;
use std::fmt;

/// Whose named ports a name means.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum End {
    /// The enforcing workload's.
    Own,
    /// The peer's.
    Peer,
}

/// A list of `ports` or `notPorts`.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct PortSet {
    /// First and last port, with the protocol a resolved name is bound to.
    ranges: Vec<(u16, u16, Option<Protocol>)>,
    /// Names of ports of the peer.
    of_peer: Vec<String>,
    /// Whether there is a name of the workload's own that could not be looked up.
    unresolved: bool,
}

impl PortSet {
    pub(super) fn compile(ports: &[Port], end: End, local: &Local) -> Self {
        let mut set = Self::default();
        for port in ports {
            match (port, end) {
                (Port::Range(first, last), _) => set.ranges.push((*first, *last, None)),
                (Port::Named(name), End::Peer) => set.of_peer.push(name.clone()),
                (Port::Named(name), End::Own) => set.resolve(name, local),
            }
        }
        set
    }

    fn resolve(&mut self, name: &str, local: &Local) {
        let named = local
            .workload
            .named_ports
            .iter()
            .filter(|port| port.name == name);
        self.ranges
            .extend(named.map(|named| (named.port, named.port, Some(named.protocol))));
        self.unresolved |= !local.ports_known;
    }

    /// Whether the port is one of these. `peer_ports` are the peer's named ports, if it is known
    /// which peer it is.
    #[must_use]
    pub fn contains(
        &self,
        port: Option<u16>,
        protocol: Protocol,
        peer_ports: Option<&[NamedPort]>,
    ) -> Truth {
        let Some(port) = port else {
            return Truth::Unknown;
        };
        let in_range = self.ranges.iter().any(|(first, last, only)| {
            (*first..=*last).contains(&port) && only.is_none_or(|only| only == protocol)
        });
        let named = match peer_ports {
            Some(named) => Truth::from(named.iter().any(|named| {
                named.port == port
                    && named.protocol == protocol
                    && self.of_peer.contains(&named.name)
            })),
            None if self.of_peer.is_empty() => Truth::False,
            None => Truth::Unknown,
        };
        let unresolved = if self.unresolved {
            Truth::Unknown
        } else {
            Truth::False
        };
        Truth::from(in_range).or(named).or(unresolved)
    }
}

impl fmt::Display for PortSet {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let ranges = self
            .ranges
            .iter()
            .map(|(first, last, _)| match first == last {
                true => first.to_string(),
                false => format!("{first}:{last}"),
            });
        let unresolved = self
            .unresolved
            .then(|| "a named port that is not known".to_owned());
        let parts: Vec<String> = ranges
            .chain(self.of_peer.iter().cloned())
            .chain(unresolved)
            .collect();
        f.write_str(&parts.join(", "))
    }
}
