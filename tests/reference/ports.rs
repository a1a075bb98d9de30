//! Ports of both ends (calico.md 4.4 and its corrections of 2026-11-28).

use super::Question;
use super::entity::gives_ports;
use super::labels::{self, Subject};
use heliast::peer::{Identity, PeerBinding};
use heliast::resources::calico::{EntityRule, Policy, Rule};
use heliast::spiffe::SpiffeId;
use heliast::terms::{Container, NamedPort, Port, Protocol};
use heliast::truth::Truth;
use heliast::verdict::Direction;

pub(super) fn judge(question: Question<'_>, policy: &Policy, rule: &Rule) -> Truth {
    let request = question.request;
    let (source, destination) = match question.direction {
        Direction::Ingress => (Whose::Peer, Whose::Own),
        Direction::Egress => (Whose::Own, Whose::Peer),
    };
    let end = |entity, whose| End {
        question,
        namespace: policy.metadata.id.namespace.as_deref(),
        entity,
        whose,
    };
    end(&rule.source, source)
        .clauses(request.source_port)
        .and(end(&rule.destination, destination).clauses(request.port))
}

/// Whose port it is.
#[derive(Clone, Copy)]
enum Whose {
    Own,
    Peer,
}

/// One end of a rule.
struct End<'q> {
    question: Question<'q>,
    namespace: Option<&'q str>,
    entity: &'q EntityRule,
    whose: Whose,
}

impl End<'_> {
    fn clauses(&self, port: Option<u16>) -> Truth {
        let wanted = if self.entity.ports.is_empty() {
            Truth::True
        } else {
            self.any(&self.entity.ports, port)
        };
        wanted.and(self.any(&self.entity.not_ports, port).negate())
    }

    /// What is known of the names of one list is known of all of them together: a pod that two
    /// names of it mean is one that has the port.
    fn any(&self, ports: &[Port], port: Option<u16>) -> Truth {
        let Some(port) = port.filter(|_| !ports.is_empty()) else {
            return if ports.is_empty() {
                Truth::False
            } else {
                Truth::Unknown
            };
        };
        let in_range = ports.iter().any(|wanted| match wanted {
            Port::Range(first, last) => (*first..=*last).contains(&port),
            Port::Named(_) => false,
        });
        let names = ports.iter().filter_map(|wanted| match wanted {
            Port::Named(name) => Some(name.as_str()),
            Port::Range(..) => None,
        });
        let names: Vec<&str> = names.collect();
        if names.is_empty() {
            return in_range.into();
        }
        Truth::from(in_range).or(self.named(&names, port))
    }

    /// A named port stands for a number and a protocol at each workload that the clauses of this
    /// end describe; a network set has none.
    fn named(&self, names: &[&str], port: u16) -> Truth {
        let question = self.question;
        match self.whose {
            Whose::Own => {
                let subject = labels::of_enforcing(question.resources, question.workload);
                if !gives_ports(self.entity, self.namespace, &subject) {
                    return Truth::False;
                }
                match &question.workload.named_ports {
                    Some(ports) => self.of_ports(ports, names, port),
                    None => Truth::Unknown,
                }
            }
            Whose::Peer => {
                let mut known = labels::workloads(question.resources);
                // Known by its certificate alone, it is any of the workloads that hold it.
                if let Some(id) = by_principal(question) {
                    known.retain(|workload| workload.holds(id));
                    if known.is_empty() {
                        return Truth::Unknown;
                    }
                } else {
                    let Some(address) = question.peer.address else {
                        return Truth::Unknown;
                    };
                    known.retain(|workload| workload.addresses.contains(&address));
                }
                // An Allow needs what all have who may be there, a Deny is met by one.
                let said: Vec<Truth> = known
                    .iter()
                    .map(|one| self.of_workload(&one.subject, one.ports, names, port))
                    .collect();
                match said.first() {
                    None => Truth::False,
                    Some(first) if said.iter().all(|other| other == first) => *first,
                    Some(_) => Truth::Unknown,
                }
            }
        }
    }

    fn of_workload(
        &self,
        subject: &Subject,
        ports: &[NamedPort],
        names: &[&str],
        port: u16,
    ) -> Truth {
        if gives_ports(self.entity, self.namespace, subject) {
            self.of_ports(ports, names, port)
        } else {
            Truth::False
        }
    }

    fn of_ports(&self, ports: &[NamedPort], names: &[&str], port: u16) -> Truth {
        let protocol = self.question.request.protocol;
        let named = ports
            .iter()
            .filter(|known| is(known, names, port, protocol));
        // The port of an init container is closed, or another's by now.
        let said = named.map(|known| match known.container {
            Container::Main | Container::Sidecar => Truth::True,
            Container::Init => Truth::Unknown,
        });
        said.fold(Truth::False, Truth::or)
    }
}

fn by_principal(question: Question<'_>) -> Option<&SpiffeId> {
    let ingress = question.direction == Direction::Ingress;
    let binding = question.recognition.binding == PeerBinding::Principal;
    match &question.peer.identity {
        Identity::Verified(id) if ingress && binding => Some(id),
        Identity::Verified(_) | Identity::Plaintext | Identity::Unaccepted(_) => None,
    }
}

fn is(known: &NamedPort, names: &[&str], port: u16, protocol: Protocol) -> bool {
    names.contains(&known.name.as_str()) && known.port == port && known.protocol == protocol
}
