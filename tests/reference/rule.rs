//! Whether one rule matches (calico.md 4): every clause must hold.

use super::entity::{self, nets};
use super::{Question, http, ports};
use heliast::resources::calico::{Policy, Rule};
use heliast::terms::IpVersion;
use heliast::truth::Truth;
use heliast::verdict::Direction;
use std::net::IpAddr;

pub(super) fn judge(question: Question<'_>, policy: &Policy, rule: &Rule) -> Truth {
    let namespace = policy.metadata.id.namespace.as_deref();
    let (peer_end, own_end) = match question.direction {
        Direction::Ingress => (&rule.source, &rule.destination),
        Direction::Egress => (&rule.destination, &rule.source),
    };
    let request = question.request;
    [
        ip_version(rule.ip_version, question.peer.address),
        nets(peer_end, question.peer.address),
        nets(own_end, request.local_address),
        entity::judge_peer(question, peer_end, namespace),
        entity::judge_own(question, own_end, namespace),
        ports::judge(question, policy, rule),
        Truth::from(
            rule.protocol
                .is_none_or(|protocol| protocol == request.protocol),
        ),
        Truth::from(rule.not_protocol != Some(request.protocol)),
        rule.http.as_ref().map_or(Truth::True, |clause| {
            http::judge(clause, request.http.as_ref())
        }),
    ]
    .into_iter()
    .fold(Truth::True, Truth::and)
}

fn ip_version(version: Option<IpVersion>, address: Option<IpAddr>) -> Truth {
    match (version, address) {
        (None, _) => Truth::True,
        (Some(_), None) => Truth::Unknown,
        (Some(IpVersion::V4), Some(address)) => address.is_ipv4().into(),
        (Some(IpVersion::V6), Some(address)) => address.is_ipv6().into(),
    }
}
