//! The other end of a rule (kubernetes-cilium.md 1.2.3 to 1.2.5, 2.1).

use super::select;
use crate::model::{Clause, Entity, IdentityClause, NamespaceClause, Pattern, Subject};
use crate::resources::core::Node;
use crate::resources::kubernetes::{Domain, Peer, Pods, Rule};
use crate::resources::label_selector::LabelSelector;
use ipnet::IpNet;

/// Whom a rule means: one of these.
#[derive(Debug, Default)]
pub(super) struct Ends {
    pub(super) list: Vec<End>,
}

/// One of them.
#[derive(Debug, Default)]
pub(super) struct End {
    /// Who it is.
    pub(super) entity: Entity,
    /// What the request asks for, besides.
    pub(super) clauses: Vec<Clause>,
    /// Whether it may be a pod, whose ports have names.
    pub(super) is_pod: bool,
}

impl Ends {
    pub(super) fn of(rule: &Rule, namespace: Option<&str>, nodes: &[Node]) -> Self {
        let mut ends = Self::default();
        if rule.peers.is_empty() {
            // Everyone: a pod, or not.
            ends.list.push(End {
                is_pod: true,
                ..End::default()
            });
        }
        // Networks without exceptions are one question together.
        let mut together = Vec::new();
        for peer in &rule.peers {
            match peer {
                Peer::Pods(peers) => ends.list.push(pods(peers, namespace)),
                Peer::Networks { nets, except } if except.is_empty() => {
                    together.extend_from_slice(nets);
                }
                Peer::Networks { nets, except } => ends.networks(nets.clone(), except.clone()),
                Peer::Nodes(_) if nodes.is_empty() => ends.unknown(),
                Peer::Nodes(selector) => together.extend(addresses(selector, nodes)),
                Peer::Domains(names) => ends.domains(names),
            }
        }
        ends.networks(together, Vec::new());
        ends
    }

    /// Addresses; without any network nobody is meant.
    fn networks(&mut self, nets: Vec<IpNet>, not_nets: Vec<IpNet>) {
        if !nets.is_empty() {
            self.list.push(End {
                entity: Entity {
                    nets,
                    not_nets,
                    ..Entity::default()
                },
                ..End::default()
            });
        }
    }

    /// What cannot be known here: no Accept is met by it, and every Deny is.
    fn unknown(&mut self) {
        self.list.push(End {
            entity: Entity {
                unknowable: true,
                ..Entity::default()
            },
            ..End::default()
        });
    }

    fn domains(&mut self, names: &[Domain]) {
        let pattern = |name: &Domain| match name {
            Domain::Exact(name) => Pattern::Exact(name.clone()),
            Domain::Below(name) => Pattern::Suffix(format!(".{name}")),
        };
        self.list.push(End {
            clauses: vec![Clause::Text {
                subject: Subject::Domain,
                any: names.iter().map(pattern).collect(),
                none: Vec::new(),
            }],
            ..End::default()
        });
    }
}

fn pods(pods: &Pods, own_namespace: Option<&str>) -> End {
    let namespace = match (&pods.namespaces, own_namespace) {
        (Some(selector), _) if !selector.is_empty() => {
            NamespaceClause::Labelled(selector.to_selector(&str::to_owned))
        }
        (None, Some(name)) => NamespaceClause::Named(name.to_owned()),
        (Some(_), _) | (None, None) => NamespaceClause::Any,
    };
    End {
        entity: Entity {
            member: Some(select(pods, own_namespace)),
            identity: IdentityClause {
                namespace,
                ..IdentityClause::default()
            },
            ..Entity::default()
        },
        is_pod: true,
        ..End::default()
    }
}

fn addresses(selector: &LabelSelector, nodes: &[Node]) -> Vec<IpNet> {
    let selector = selector.to_selector(&str::to_owned);
    let selected = nodes
        .iter()
        .filter(|node| selector.matches(&node.metadata.labels));
    let addresses = selected.flat_map(|node| node.addresses.iter().copied());
    addresses.map(IpNet::from).collect()
}
