//! What rules ask about the named ports of the peer, and the answers (calico.md 4.4).

use super::port_set::is_certain;
use crate::model::Workload;
use crate::selector::Selector;
use crate::terms::Protocol;
use crate::truth::Truth;

/// Named ports of the peer that a rule asks for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PortQuestion {
    /// The names.
    pub(super) names: Vec<String>,
    /// Ports of workloads with these labels; none asks for those of any.
    pub(super) of: Option<Selector>,
    /// Whether ports of sidecars certainly count.
    pub(super) sidecars: bool,
}

/// A port of the peer that answers a question; every other port does not.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PeerPort {
    /// The question: position in [`super::Program::port_questions`].
    pub(super) question: usize,
    pub(super) port: u16,
    pub(super) protocol: Protocol,
    /// True, or Unknown where not all who may be the peer have it.
    pub(super) truth: Truth,
}

/// The answers of a peer that may be any of these workloads.
pub(super) fn answers(questions: &[PortQuestion], workloads: &[&Workload]) -> Vec<PeerPort> {
    let mut answers: Vec<PeerPort> = Vec::new();
    for (question, asked) in questions.iter().enumerate() {
        let named = workloads.iter().flat_map(|workload| &workload.named_ports);
        for named in named.filter(|port| asked.names.contains(&port.name)) {
            let (port, protocol) = (named.port, named.protocol);
            let is_known = answers.iter().any(|known| {
                known.question == question && known.port == port && known.protocol == protocol
            });
            if is_known {
                continue;
            }
            let judged = workloads.iter();
            let judged = judged.map(|workload| asked.judge(workload, port, protocol));
            let truth = agreed(judged);
            if truth != Truth::False {
                answers.push(PeerPort {
                    question,
                    port,
                    protocol,
                    truth,
                });
            }
        }
    }
    answers
}

impl PortQuestion {
    /// Whether the workload is one of those asked for, and calls this port so.
    fn judge(&self, workload: &Workload, port: u16, protocol: Protocol) -> Truth {
        let is_it = self.of.as_ref();
        if is_it.is_some_and(|of| !of.matches(&workload.labels)) {
            return Truth::False;
        }
        let named = workload.named_ports.iter().filter(|named| {
            named.port == port && named.protocol == protocol && self.names.contains(&named.name)
        });
        let judged = named.map(|named| match is_certain(named, self.sidecars) {
            true => Truth::True,
            false => Truth::Unknown,
        });
        judged.fold(Truth::False, Truth::or)
    }
}

/// What all say; Unknown if they differ.
fn agreed(mut judged: impl Iterator<Item = Truth>) -> Truth {
    let first = judged.next().unwrap_or(Truth::False);
    match judged.all(|other| other == first) {
        true => first,
        false => Truth::Unknown,
    }
}
