//! Ports of both ends (calico.md 4.4).

use super::{Question, labels};
use heliast::peer::{Identity, PeerBinding};
use heliast::resources::calico::{EntityRule, Rule};
use heliast::spiffe::SpiffeId;
use heliast::terms::{NamedPort, Port, Protocol};
use heliast::truth::Truth;
use heliast::verdict::Direction;

pub(super) fn judge(question: Question<'_>, rule: &Rule) -> Truth {
    let request = question.request;
    let (source, destination) = match question.direction {
        Direction::Ingress => (End::Peer, End::Own),
        Direction::Egress => (End::Own, End::Peer),
    };
    clauses(question, &rule.source, source, request.source_port).and(clauses(
        question,
        &rule.destination,
        destination,
        request.port,
    ))
}

/// Whose port it is.
#[derive(Clone, Copy)]
enum End {
    Own,
    Peer,
}

fn clauses(question: Question<'_>, entity: &EntityRule, end: End, port: Option<u16>) -> Truth {
    let wanted = if entity.ports.is_empty() {
        Truth::True
    } else {
        any(question, &entity.ports, end, port)
    };
    wanted.and(any(question, &entity.not_ports, end, port).negate())
}

fn any(question: Question<'_>, ports: &[Port], end: End, port: Option<u16>) -> Truth {
    ports
        .iter()
        .map(|wanted| match (wanted, port) {
            (_, None) => Truth::Unknown,
            (Port::Range(first, last), Some(port)) => Truth::from((*first..=*last).contains(&port)),
            (Port::Named(name), Some(port)) => named(question, name, end, port),
        })
        .fold(Truth::False, Truth::or)
}

/// A named port stands for a number and a protocol at each workload.
fn named(question: Question<'_>, name: &str, end: End, port: u16) -> Truth {
    let protocol = question.request.protocol;
    let is_it = |ports: &[NamedPort]| ports.iter().any(|known| is(known, name, port, protocol));
    match end {
        End::Own => match &question.workload.named_ports {
            Some(ports) => is_it(ports).into(),
            None => Truth::Unknown,
        },
        End::Peer => {
            let known = labels::workloads(question.resources);
            // Known by its certificate alone, it is any of the workloads that hold it.
            if let Some(id) = by_principal(question) {
                let mut holders = known
                    .iter()
                    .filter(|workload| workload.holds(id))
                    .peekable();
                return match holders.peek() {
                    Some(_) => Truth::from(holders.any(|workload| is_it(workload.ports))),
                    None => Truth::Unknown,
                };
            }
            let Some(address) = question.peer.address else {
                return Truth::Unknown;
            };
            let mut here = known
                .iter()
                .filter(|workload| workload.addresses.contains(&address));
            // Felix's set of address and port (calico.md 4.4): of any workload there.
            Truth::from(here.any(|workload| is_it(workload.ports)))
        }
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

fn is(known: &NamedPort, name: &str, port: u16, protocol: Protocol) -> bool {
    known.name == name && known.port == port && known.protocol == protocol
}
