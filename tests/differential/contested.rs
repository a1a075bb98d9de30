//! Questions on which engine and reference are known to differ, each with the reason it is left
//! out; the list is to become empty (house.md 3.4: a skip needs a reason).

use crate::reference::Question;
use heliast::peer::{Identity, PeerBinding, PlaintextPeers};
use heliast::resources::calico::{EntityRule, Port, Rule};
use heliast::verdict::Direction;

/// A sort of question, how it is recognised, and why it is left out.
struct Contest {
    is_it: fn(Question<'_>) -> bool,
    reason: &'static str,
}

const CONTESTS: [Contest; 5] = [
    Contest {
        is_it: named_ports_of_principal,
        reason: "under `Principal` the engine takes the named ports of the principal's workloads, \
            none if none is known, where the reference takes those at the address",
    },
    Contest {
        is_it: set_around_unknown_holder,
        reason: "under `Principal`, for a principal no workload holds, the engine forgets the \
            network sets around the address",
    },
    Contest {
        is_it: own_address_unknown,
        reason: "for a workload without address the engine takes network sets as not around it, \
            where the reference does not know",
    },
    Contest {
        is_it: all_service_accounts,
        reason: "`serviceAccounts.selector: all()` takes network sets too in calico.md 2.4, not \
            in the engine",
    },
    Contest {
        is_it: unidentified_egress,
        reason: "`plaintextPeers: Unidentified` makes callees nobody in the engine; they never \
            show a certificate",
    },
];

/// Why a question is left out, if it is.
pub(crate) fn why(question: Question<'_>) -> Option<&'static str> {
    let contest = CONTESTS.iter().find(|contest| (contest.is_it)(question));
    contest.map(|contest| contest.reason)
}

/// Whether the peer is known by its certificate alone.
fn by_principal(question: Question<'_>) -> bool {
    question.direction == Direction::Ingress
        && question.recognition.binding == PeerBinding::Principal
        && matches!(question.peer.identity, Identity::Verified(_))
}

fn named_ports_of_principal(question: Question<'_>) -> bool {
    let is_named = |port: &Port| matches!(port, Port::Named(_));
    by_principal(question)
        && rules(question).any(|rule| {
            let ports = rule.source.ports.iter().chain(&rule.source.not_ports);
            ports.into_iter().any(is_named)
        })
}

fn set_around_unknown_holder(question: Question<'_>) -> bool {
    let (Identity::Verified(id), Some(address)) = (&question.peer.identity, question.peer.address)
    else {
        return false;
    };
    let resources = question.resources;
    let mut pods = resources.pods.iter();
    let mut groups = resources.workload_groups.iter();
    let is_held = pods.any(|pod| {
        pod.metadata.id.namespace.as_ref() == Some(&id.namespace)
            && pod.service_account == id.service_account
    }) || groups.any(|group| {
        group.namespace == id.namespace && group.service_account == id.service_account
    });
    let mut nets = resources.network_sets.iter().flat_map(|set| &set.nets);
    by_principal(question) && !is_held && nets.any(|net| net.contains(&address))
}

fn own_address_unknown(question: Question<'_>) -> bool {
    question.workload.addresses.is_empty() && !question.resources.network_sets.is_empty()
}

fn all_service_accounts(question: Question<'_>) -> bool {
    let says_all = |end: &EntityRule| {
        let accounts = end.service_accounts.as_ref();
        let selector = accounts.and_then(|accounts| accounts.selector.as_ref());
        selector.is_some_and(|selector| selector.to_string().contains("all()"))
    };
    !question.resources.network_sets.is_empty()
        && rules(question).any(|rule| says_all(&rule.source) || says_all(&rule.destination))
}

fn unidentified_egress(question: Question<'_>) -> bool {
    question.direction == Direction::Egress
        && question.recognition.plaintext == PlaintextPeers::Unidentified
}

fn rules(question: Question<'_>) -> impl Iterator<Item = &Rule> {
    let policies = question.resources.policies.iter();
    policies.flat_map(move |policy| match question.direction {
        Direction::Ingress => policy.ingress.iter().flatten(),
        Direction::Egress => policy.egress.iter().flatten(),
    })
}
