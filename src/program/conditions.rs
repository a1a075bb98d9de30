//! The conditions of a program, each once: most rules share theirs with others, and what one asks
//! for may be a large automaton.

use super::condition::Condition;
use super::header::HeaderCondition;
use super::peer_ports::PortQuestion;
use super::port_set::{End, PortList, PortSet};
use super::{Local, clauses};
use crate::gather;
use crate::model::{Clause, Entity, Rule};
use crate::path::PathPattern;
use crate::terms::{HeaderMatch, HttpMatch, Protocol};
use crate::verdict::Direction;
use ipnet::IpNet;
use std::sync::Arc;

/// Makes the conditions of one program.
pub(super) struct Conditions<'m> {
    local: &'m Local,
    /// Whose ports those of the source, and those of the destination, are.
    ends: (End, End),
    /// What was asked so far, and what that is.
    made: Vec<(Asked<'m>, Arc<Condition>)>,
    /// Their numbers, in the order of what was asked.
    known: Vec<usize>,
    /// What they ask about named ports of the peer, each once.
    port_questions: Vec<PortQuestion>,
}

/// What a rule asks, as it stands in the model.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Asked<'m> {
    Protocol(Protocol),
    NotProtocol(Protocol),
    OwnNets(&'m [IpNet]),
    OwnNotNets(&'m [IpNet]),
    SourcePorts(PortList<'m>),
    SourceNotPorts(PortList<'m>),
    Ports(PortList<'m>),
    NotPorts(PortList<'m>),
    Http,
    Methods(&'m [String]),
    Paths(&'m [Option<PathPattern>]),
    Header(&'m HeaderMatch),
    Clause(&'m Clause),
}

impl<'m> Conditions<'m> {
    pub(super) fn new(local: &'m Local, direction: Direction) -> Self {
        let ends = match direction {
            Direction::Ingress => (End::Peer, End::Own),
            Direction::Egress => (End::Own, End::Peer),
        };
        Self {
            local,
            ends,
            made: Vec::new(),
            known: Vec::new(),
            port_questions: Vec::new(),
        }
    }

    /// What the conditions ask about named ports of the peer.
    pub(super) fn into_port_questions(self) -> Vec<PortQuestion> {
        self.port_questions
    }

    /// What a rule asks of the request, cheapest first; `own` is the workload's end of it, and
    /// `sidecars` says whether named ports of sidecars certainly count.
    pub(super) fn of(
        &mut self,
        own: &'m Entity,
        rule: &'m Rule,
        sidecars: bool,
    ) -> Vec<Arc<Condition>> {
        let (source, destination) = (&rule.source, &rule.destination);
        let ports = |ports, end: &'m Entity| PortList::new(ports, end.member.as_ref(), sidecars);
        let plain = [
            rule.protocol.map(Asked::Protocol),
            rule.not_protocol.map(Asked::NotProtocol),
            list(&own.nets).map(Asked::OwnNets),
            list(&own.not_nets).map(Asked::OwnNotNets),
            ports(&rule.source_ports, source).map(Asked::SourcePorts),
            ports(&rule.source_not_ports, source).map(Asked::SourceNotPorts),
            ports(&rule.ports, destination).map(Asked::Ports),
            ports(&rule.not_ports, destination).map(Asked::NotPorts),
        ];
        let mut asked: Vec<Asked<'m>> = plain.into_iter().flatten().collect();
        if let Some(http) = &rule.http {
            ask_http(http, &mut asked);
        }
        asked.extend(rule.clauses.iter().map(Asked::Clause));
        asked.into_iter().map(|asked| self.intern(asked)).collect()
    }

    fn intern(&mut self, asked: Asked<'m>) -> Arc<Condition> {
        let made = &self.made;
        let compare = |other: usize| made.get(other).map(|(other, _)| other).cmp(&Some(&asked));
        let number = gather::number(&mut self.known, made.len(), &compare);
        if let Some((_, condition)) = made.get(number) {
            return Arc::clone(condition);
        }
        let condition = Arc::new(self.compile(asked));
        self.made.push((asked, Arc::clone(&condition)));
        condition
    }

    fn compile(&mut self, asked: Asked<'m>) -> Condition {
        let (source, destination) = self.ends;
        let (local, questions) = (self.local, &mut self.port_questions);
        let mut ports = |list, end| PortSet::compile(list, end, local, questions);
        match asked {
            Asked::Protocol(protocol) => Condition::Protocol(protocol),
            Asked::NotProtocol(protocol) => Condition::NotProtocol(protocol),
            Asked::OwnNets(nets) => Condition::OwnNets(nets.to_vec()),
            Asked::OwnNotNets(nets) => Condition::OwnNotNets(nets.to_vec()),
            Asked::SourcePorts(list) => Condition::SourcePorts(ports(list, source)),
            Asked::SourceNotPorts(list) => Condition::SourceNotPorts(ports(list, source)),
            Asked::Ports(list) => Condition::Ports(ports(list, destination)),
            Asked::NotPorts(list) => Condition::NotPorts(ports(list, destination)),
            Asked::Http => Condition::Http,
            Asked::Methods(methods) => Condition::Methods(methods.to_vec()),
            Asked::Paths(paths) => Condition::paths(paths),
            Asked::Header(header) => Condition::Header(HeaderCondition::compile(header)),
            Asked::Clause(clause) => clauses::condition(clause),
        }
    }
}

/// A list that asks something.
fn list<T>(values: &[T]) -> Option<&[T]> {
    (!values.is_empty()).then_some(values)
}

/// One question for each list that asks something; an `http: {}` still asks for HTTP
/// (calico.md 4.6).
fn ask_http<'m>(http: &'m HttpMatch, asked: &mut Vec<Asked<'m>>) {
    let before = asked.len();
    let any_method = http.methods.iter().any(|method| method == "*");
    let methods = list(&http.methods).filter(|_| !any_method);
    asked.extend(methods.map(Asked::Methods));
    asked.extend(list(&http.paths).map(Asked::Paths));
    asked.extend(http.headers.iter().map(Asked::Header));
    if asked.len() == before {
        asked.push(Asked::Http);
    }
}
