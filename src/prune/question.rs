//! What a rule asks of the other end, and which identities must be known to answer it.

use super::identities::Identity;
use crate::model::{
    CLUSTER_LABEL, Directory, Entity, IdentityClause, NamespaceClause, PrincipalPattern, Rule,
    Workload,
};
use crate::program::{holds_identity, judge_unknown};
use crate::selector::Selector;
use crate::spiffe::SpiffeId;
use crate::terms::Port;
use crate::truth::Truth;
use crate::verdict::Direction;
use std::collections::BTreeSet;
use std::net::IpAddr;

/// What rules of one direction ask of the peer. Most rules share theirs with others.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Question {
    direction: Direction,
    peer: Entity,
    /// The names of ports it asks for at the peer's end.
    ports: BTreeSet<String>,
}

impl Question {
    /// What a rule asks of the peer; none if every peer is alike to it, or only addresses count.
    pub(super) fn of(rule: &Rule, direction: Direction) -> Option<Self> {
        let (peer, ports) = match direction {
            Direction::Ingress => (&rule.source, [&rule.source_ports, &rule.source_not_ports]),
            Direction::Egress => (&rule.destination, [&rule.ports, &rule.not_ports]),
        };
        let name = |port: &Port| match port {
            Port::Named(name) => Some(name.clone()),
            Port::Range(..) => None,
        };
        // Whoever is asked about in a cluster of some name must be known.
        let mut peer = peer.clone();
        for selector in [&mut peer.member, &mut peer.not_member] {
            *selector = selector
                .take()
                .map(|selector| selector.without_tests_of(CLUSTER_LABEL));
        }
        let question = Self {
            direction,
            peer: peer.clone(),
            ports: ports.into_iter().flatten().filter_map(name).collect(),
        };
        let asks = peer.asks_who() || !peer.principals.is_empty() || !question.ports.is_empty();
        asks.then_some(question)
    }

    /// The selectors it asks workloads and network sets.
    pub(super) fn selectors(&self) -> impl Iterator<Item = &Selector> {
        self.peer.member.iter().chain(&self.peer.not_member)
    }

    /// What it asks of verified principals.
    pub(super) fn identity(&self) -> &IdentityClause {
        &self.peer.identity
    }

    /// Whether it asks what a certificate says.
    pub(super) fn asks_principal(&self) -> bool {
        !self.peer.principals.is_empty()
    }

    /// The names of ports it asks for at the peer's end.
    pub(super) fn ports(&self) -> &BTreeSet<String> {
        &self.ports
    }

    /// The one namespace whose workloads its selectors can match, if they say so.
    pub(super) fn namespace(&self) -> Option<&str> {
        match &self.peer.identity.namespace {
            NamespaceClause::Named(name) => Some(name),
            NamespaceClause::Any | NamespaceClause::Labelled(_) => None,
        }
    }

    /// Whether labels alone may make it True at an address of workloads that no selector of it
    /// matches, so that a stolen certificate has to be told from one of nobody there.
    pub(super) fn may_expose(&self, directory: &Directory) -> bool {
        if self.direction == Direction::Egress || !self.peer.asks_who() {
            return false;
        }
        let Some(member) = &self.peer.member else {
            return true;
        };
        // Without an identity clause a network set is True for every certificate.
        let asks_identity = self.peer.identity != IdentityClause::default();
        asks_identity && directory.sets().any(|set| member.matches(&set.labels))
    }

    /// Whether the workloads of an identity must be known while addresses count. `may_expose` is
    /// what [`Self::may_expose`] says.
    pub(super) fn needs(
        &self,
        identity: &Identity,
        directory: &Directory,
        may_expose: bool,
    ) -> bool {
        match self.direction {
            Direction::Ingress => {
                self.names(identity)
                    || identity
                        .workloads()
                        .any(|(workload, _)| self.selects(workload))
                    || (may_expose
                        && identity
                            .addresses()
                            .any(|address| self.holds_outside(address, directory)))
                    || identity.workloads().any(|(workload, mut addresses)| {
                        self.asks_port_of(workload) && addresses.next().is_some()
                    })
            }
            Direction::Egress => identity.workloads().any(|(workload, mut addresses)| {
                let selected = self.selects(workload);
                let asked = selected || self.asks_port_of(workload);
                asked
                    && addresses.any(|address| {
                        self.admits(address) && (selected || self.holds_outside(address, directory))
                    })
            }),
        }
    }

    /// Whether the workloads of an identity must be known where the certificate alone counts:
    /// whether they say anything else than follows from the identity itself.
    pub(super) fn needs_by_principal(&self, identity: &Identity) -> bool {
        if self.direction == Direction::Egress {
            return false;
        }
        let bare = identity.bare();
        let differs = |selector: &Selector| {
            let of_workloads = identity
                .workloads()
                .map(|(workload, _)| selector.matches(&workload.labels));
            judge_unknown(bare, selector) != Truth::agreed(of_workloads)
        };
        // Ports of a principal are unknown if its workloads are.
        !self.ports.is_empty() || self.selectors().any(differs)
    }

    /// Whether it must be known that there are workloads of an identity, and which labels they have,
    /// although the question needs none of them: it is False of all of them, and may not be of a pod
    /// of that identity of which nobody knows.
    pub(super) fn needs_holders(&self, identity: &Identity, directory: &Directory) -> bool {
        if self.direction == Direction::Egress || !self.peer.asks_who() {
            return false;
        }
        let bare = identity.bare();
        let id = SpiffeId {
            trust_domain: String::new(),
            namespace: bare.namespace.clone(),
            service_account: bare.service_account.clone(),
        };
        holds_identity(&self.peer.identity, &id, directory) != Truth::False
            && self
                .selectors()
                .any(|selector| judge_unknown(bare, selector) != Truth::False)
    }

    /// Whether it may be that the question names the identity. A certificate of it counts only with
    /// an address of it, so both must be known; and where a rule says who the peer is not, every
    /// certificate that does not go with its address must be told from one that does.
    fn names(&self, identity: &Identity) -> bool {
        let principals = &self.peer.principals;
        if principals.is_empty() {
            return false;
        }
        if principals.iter().any(|clause| !clause.none.is_empty()) {
            return true;
        }
        let bare = identity.bare();
        let may_be = |pattern: &PrincipalPattern| match pattern {
            PrincipalPattern::Namespace(_) | PrincipalPattern::ServiceAccount { .. } => pattern
                .matches(&SpiffeId {
                    trust_domain: String::new(),
                    namespace: bare.namespace.clone(),
                    service_account: bare.service_account.clone(),
                }),
            PrincipalPattern::Exact(text) => {
                let end = format!("/ns/{}/sa/{}", bare.namespace, bare.service_account);
                text.ends_with(&end)
            }
            // The trust domain is in the configuration, and may be any.
            PrincipalPattern::Any
            | PrincipalPattern::Prefix(_)
            | PrincipalPattern::Suffix(_)
            | PrincipalPattern::TrustDomain(_)
            | PrincipalPattern::NamespaceAcrossSlashes(_) => true,
        };
        // One clause that names it is enough: where it is in doubt who the peer is, each clause is
        // held against all it may be.
        principals
            .iter()
            .any(|clause| clause.any.is_empty() || clause.any.iter().any(may_be))
    }

    fn selects(&self, workload: &Workload) -> bool {
        self.selectors()
            .any(|selector| selector.matches(&workload.labels))
    }

    fn asks_port_of(&self, workload: &Workload) -> bool {
        let asked = |port: &crate::terms::NamedPort| self.ports.contains(&port.name);
        workload.named_ports.iter().any(asked)
    }

    /// Whether the networks of the question take in the address.
    fn admits(&self, address: IpAddr) -> bool {
        let within = |nets: &[ipnet::IpNet]| nets.iter().any(|net| net.contains(&address));
        (self.peer.nets.is_empty() || within(&self.peer.nets))
            && !within(&self.peer.not_nets)
            && self
                .peer
                .group
                .as_ref()
                .is_none_or(|group| group.contains(address))
    }

    /// Whether it is True at the address for a peer that is no known workload.
    fn holds_outside(&self, address: IpAddr, directory: &Directory) -> bool {
        if !self.admits(address) {
            return false;
        }
        if !self.peer.asks_who() {
            return true;
        }
        let sets = directory.at(address).sets;
        let around = |selector: &Selector| sets.iter().any(|set| selector.matches(&set.labels));
        self.peer.member.as_ref().is_none_or(around)
            && !self.peer.not_member.as_ref().is_some_and(around)
    }
}
