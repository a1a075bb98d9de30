//! The other end of a rule (kubernetes-cilium.md 1.2.3 to 1.2.5, 2.1).

use super::select;
use crate::model::{Clause, NamespaceClause, Pattern, Rule, Subject};
use crate::resources::core::Node;
use crate::resources::kubernetes::{self, Domain, Peer, Pods};
use crate::resources::label_selector::LabelSelector;
use crate::selector::Selector;
use crate::verdict::Direction;
use ipnet::IpNet;

/// Whom a rule means. What is empty asks nothing.
#[derive(Debug, Default)]
pub(super) struct End {
    nets: Vec<IpNet>,
    not_nets: Vec<IpNet>,
    member: Option<Selector>,
    namespace: NamespaceClause,
    /// What cannot be known here: no Accept is met by it, and every Deny is.
    unknowable: bool,
    domains: Vec<Pattern>,
    /// Whether it may be a pod, whose ports have names.
    pub(super) is_pod: bool,
}

impl End {
    /// Writes it into a rule.
    #[inline(never)]
    pub(super) fn describe(&self, direction: Direction, rule: &mut Rule) {
        let entity = match direction {
            Direction::Ingress => &mut rule.source,
            Direction::Egress => &mut rule.destination,
        };
        entity.nets.clone_from(&self.nets);
        entity.not_nets.clone_from(&self.not_nets);
        entity.member.clone_from(&self.member);
        entity.identity.namespace.clone_from(&self.namespace);
        entity.unknowable = self.unknowable;
        if !self.domains.is_empty() {
            rule.clauses.push(Clause::Text {
                subject: Subject::Domain,
                any: self.domains.clone(),
                none: Vec::new(),
            });
        }
    }
}

/// Whom a rule means: one of these.
pub(super) fn ends(rule: &kubernetes::Rule, namespace: Option<&str>, nodes: &[Node]) -> Vec<End> {
    let mut ends = Vec::new();
    // Networks without exceptions are one question together. Without any nobody is meant.
    let mut together = Vec::new();
    for peer in &rule.peers {
        let mut end = End::default();
        match peer {
            Peer::Pods(peers) => end.pods(peers, namespace),
            Peer::Networks { nets, except } if except.is_empty() => {
                together.extend_from_slice(nets);
                continue;
            }
            Peer::Networks { nets, except } => {
                end.nets.clone_from(nets);
                end.not_nets.clone_from(except);
            }
            Peer::Nodes(_) if nodes.is_empty() => end.unknowable = true,
            Peer::Nodes(selector) => {
                together.extend(addresses(selector, nodes));
                continue;
            }
            // No name at all would ask nothing, and so mean everyone.
            Peer::Domains(names) if names.is_empty() => continue,
            Peer::Domains(names) => end.domains = names.iter().map(pattern).collect(),
        }
        ends.push(end);
    }
    let everyone = rule.peers.is_empty();
    if everyone || !together.is_empty() {
        ends.push(End {
            nets: together,
            is_pod: everyone,
            ..End::default()
        });
    }
    ends
}

impl End {
    fn pods(&mut self, pods: &Pods, own_namespace: Option<&str>) {
        let namespaces = pods.namespaces.as_ref();
        self.is_pod = true;
        self.member = Some(select(namespaces, &pods.pods, own_namespace));
        self.namespace = match (namespaces, own_namespace) {
            (Some(selector), _) if !selector.is_empty() => {
                NamespaceClause::Labelled(selector.to_selector(&str::to_owned))
            }
            (None, Some(name)) => NamespaceClause::Named(name.to_owned()),
            (Some(_), _) | (None, None) => NamespaceClause::Any,
        };
    }
}

fn pattern(name: &Domain) -> Pattern {
    match name {
        Domain::Exact(name) => Pattern::Exact(name.clone()),
        Domain::Below(name) => Pattern::Suffix(format!(".{name}")),
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
