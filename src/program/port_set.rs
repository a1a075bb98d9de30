//! Ports of a rule, with the names of the workload's own ports resolved (calico.md 4.4).

use super::Local;
use super::peer_ports::{PeerPort, PortQuestion};
use crate::selector::Selector;
use crate::terms::{Container, NamedPort, Port, Protocol};
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

/// A list of `ports` or `notPorts` as it stands in a rule, with all that its names depend on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct PortList<'m> {
    ports: &'m [Port],
    /// Names are those of workloads with these labels: a name beside a selector stands for the
    /// ports of what the selector selects, and a network set has none (calico.md, corrections).
    of: Option<&'m Selector>,
    sidecars: bool,
}

impl<'m> PortList<'m> {
    /// A list beside a selector of the same end; none if it asks nothing. `sidecars` says whether
    /// ports of sidecars certainly count.
    pub(super) fn new(ports: &'m [Port], of: Option<&'m Selector>, sidecars: bool) -> Option<Self> {
        let has_names = ports.iter().any(|port| matches!(port, Port::Named(_)));
        (!ports.is_empty()).then_some(Self {
            ports,
            // Numbers mean the same beside everything, and so are asked once.
            of: of.filter(|_| has_names),
            sidecars: sidecars && has_names,
        })
    }
}

/// A list of `ports` or `notPorts`.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct PortSet {
    /// First and last port, with the protocol a resolved name is bound to.
    ranges: Vec<(u16, u16, Option<Protocol>)>,
    /// Ports of the workload's own that may not be open any more, or not be its own.
    doubtful: Vec<(u16, Protocol)>,
    /// Names of ports of the peer, for explanations.
    of_peer: Vec<String>,
    /// What is asked of the peer about them: position in [`super::Program::port_questions`].
    question: usize,
    /// Whether there is a name of the workload's own that could not be looked up.
    unresolved: bool,
}

impl PortSet {
    pub(super) fn compile(
        list: PortList<'_>,
        end: End,
        local: &Local,
        questions: &mut Vec<PortQuestion>,
    ) -> Self {
        let mut set = Self::default();
        for port in list.ports {
            match (port, end) {
                (Port::Range(first, last), _) => set.ranges.push((*first, *last, None)),
                (Port::Named(name), End::Peer) => set.of_peer.push(name.clone()),
                (Port::Named(name), End::Own) => set.resolve(name, list, local),
            }
        }
        if !set.of_peer.is_empty() {
            let question = PortQuestion {
                names: set.of_peer.clone(),
                of: list.of.cloned(),
                sidecars: list.sidecars,
            };
            let known = questions.iter().position(|known| *known == question);
            set.question = known.unwrap_or_else(|| {
                questions.push(question);
                questions.len().saturating_sub(1)
            });
        }
        set
    }

    fn resolve(&mut self, name: &str, list: PortList<'_>, local: &Local) {
        let workload = &local.workload;
        if list.of.is_some_and(|of| !of.matches(&workload.labels)) {
            return;
        }
        let named = workload.named_ports.iter();
        for port in named.filter(|port| port.name == name) {
            if is_certain(port, list.sidecars) {
                let range = (port.port, port.port, Some(port.protocol));
                self.ranges.push(range);
            } else {
                self.doubtful.push((port.port, port.protocol));
            }
        }
        self.unresolved |= !local.ports_known;
    }

    /// Whether the port is one of these. `peer_ports` are the answers to what is asked about the
    /// peer's named ports, if it is known which peer it is.
    #[must_use]
    pub fn contains(
        &self,
        port: Option<u16>,
        protocol: Protocol,
        peer_ports: Option<&[PeerPort]>,
    ) -> Truth {
        let Some(port) = port else {
            return Truth::Unknown;
        };
        let in_range = self.ranges.iter().any(|(first, last, only)| {
            (*first..=*last).contains(&port) && only.is_none_or(|only| only == protocol)
        });
        let in_doubt = self.unresolved || self.doubtful.contains(&(port, protocol));
        let doubtful = if in_doubt {
            Truth::Unknown
        } else {
            Truth::False
        };
        let of_peer = self.judge_peer(port, protocol, peer_ports);
        Truth::from(in_range).or(of_peer).or(doubtful)
    }

    fn judge_peer(&self, port: u16, protocol: Protocol, peer_ports: Option<&[PeerPort]>) -> Truth {
        let Some(peer_ports) = peer_ports.filter(|_| !self.of_peer.is_empty()) else {
            return match self.of_peer.is_empty() {
                true => Truth::False,
                false => Truth::Unknown,
            };
        };
        let is_it = |answer: &&PeerPort| {
            answer.question == self.question && answer.port == port && answer.protocol == protocol
        };
        let found = peer_ports.iter().find(is_it);
        found.map_or(Truth::False, |answer| answer.truth)
    }
}

/// Whether a port that is asked for by its name is certainly open, and the workload's. What an init
/// container called so is closed, or belongs to another container by now.
pub(super) fn is_certain(port: &NamedPort, sidecars: bool) -> bool {
    match port.container {
        Container::Main => true,
        Container::Sidecar => sidecars,
        Container::Init => false,
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
        let doubtful = self.doubtful.iter();
        let doubtful = doubtful.map(|(port, _)| format!("{port} of an init container"));
        let unresolved = self
            .unresolved
            .then(|| "a named port that is not known".to_owned());
        let parts: Vec<String> = ranges
            .chain(doubtful)
            .chain(self.of_peer.iter().cloned())
            .chain(unresolved)
            .collect();
        f.write_str(&parts.join(", "))
    }
}
