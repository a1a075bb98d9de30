//! What bites in Kubernetes policy and can only be seen of all objects together
//! (kubernetes-cilium.md sections 2 and 7).

use super::keys;
use crate::problem::{Report, Segment, Severity};
use crate::resources::Resources;
use crate::resources::kubernetes::{ClusterPolicy, ClusterTier, NetworkPolicy, Peer, Rule};
use crate::resources::object::Metadata;
use crate::terms::Port;
use std::collections::{BTreeMap, BTreeSet};

/// Everything there is to warn of.
pub(super) fn check(resources: &Resources, report: &Report) {
    let check = Check { resources, report };
    check.equal_priorities();
    check.egress();
    check.baseline();
    check.nodes();
    check.ports();
}

/// The name of a direction's field, and its rules.
type Direction<'r> = (&'static str, &'r [Rule]);

struct Check<'r> {
    resources: &'r Resources,
    report: &'r Report,
}

impl<'r> Check<'r> {
    /// Two policies of one tier and priority: the API leaves open which of them comes first.
    fn equal_priorities(&self) {
        let mut first: BTreeMap<(ClusterTier, u32), &Metadata> = BTreeMap::new();
        for policy in &self.resources.cluster_policies {
            let place = (policy.tier, policy.priority);
            let Some(other) = first.get(&place) else {
                first.insert(place, &policy.metadata);
                continue;
            };
            let message = format!(
                "has the tier and priority of {}: the API leaves open which of them comes first",
                other.id
            );
            let help = "give each a priority of its own; heliast goes by name";
            let path = keys(&["spec", "priority"]);
            self.warn(
                &policy.metadata,
                "kubernetes-equal-priority",
                path,
                message,
                help,
            );
        }
    }

    /// Egress is enforced where the filter is installed for it; said once.
    fn egress(&self) {
        let policies = self.resources.network_policies.iter();
        let policies = policies.filter(|policy| policy.egress.is_some());
        let cluster = self.resources.cluster_policies.iter();
        let cluster = cluster.filter(|policy| !policy.egress.is_empty());
        let mut governing = policies
            .map(|policy| &policy.metadata)
            .chain(cluster.map(|policy| &policy.metadata));
        let Some(metadata) = governing.next() else {
            return;
        };
        let others = match governing.count() {
            0 => String::new(),
            more => format!(", and so do {more} more policies"),
        };
        let message = format!(
            "governs egress{others}: a sidecar enforces that only with the filter on its outbound \
             listener, and only for what goes through it"
        );
        let path = keys(&["spec", "egress"]);
        self.warn(metadata, "kubernetes-egress", path, message, "");
    }

    /// Baseline policy where a NetworkPolicy selects is not asked.
    fn baseline(&self) {
        let resources = self.resources;
        let baseline = resources.cluster_policies.iter();
        for policy in baseline.filter(|policy| policy.tier == ClusterTier::Baseline) {
            for (key, rules) in directions(policy) {
                let governs = |other: &&NetworkPolicy| {
                    let governs = match key {
                        "ingress" => other.ingress.is_some(),
                        _ => other.egress.is_some(),
                    };
                    governs && !other.staged && self.is_in(policy, other)
                };
                let other = resources.network_policies.iter().find(governs);
                if let Some(other) = other.filter(|_| !rules.is_empty()) {
                    let message = format!(
                        "is not asked for {key} of pods that a NetworkPolicy selects, as {} does",
                        other.metadata.id
                    );
                    let help = "what must hold in any case belongs into tier Admin";
                    let path = keys(&["spec", key]);
                    self.warn(
                        &policy.metadata,
                        "kubernetes-baseline-ignored",
                        path,
                        message,
                        help,
                    );
                }
            }
        }
    }

    /// Whether a NetworkPolicy is in a namespace that an administrator's policy governs.
    fn is_in(&self, policy: &ClusterPolicy, other: &NetworkPolicy) -> bool {
        let Some(selector) = &policy.subject.namespaces else {
            return true;
        };
        let name = other.metadata.id.namespace.as_deref().unwrap_or_default();
        let mut known = self.resources.namespaces.iter();
        let known = known.find(|namespace| namespace.metadata.id.name == name);
        let mut labels = known
            .map(|known| known.metadata.labels.clone())
            .unwrap_or_default();
        labels.insert("kubernetes.io/metadata.name".to_owned(), name.to_owned());
        selector.to_selector(&str::to_owned).matches(&labels)
    }

    /// Peers that are nodes, where no node is known.
    fn nodes(&self) {
        if !self.resources.nodes.is_empty() {
            return;
        }
        for policy in &self.resources.cluster_policies {
            for (index, rule) in policy.egress.iter().enumerate() {
                let is_nodes = |peer: &Peer| matches!(peer, Peer::Nodes(_));
                let Some(position) = rule.peers.iter().position(is_nodes) else {
                    continue;
                };
                let message =
                    "no Node is given: an Accept matches nothing here, and a Deny everyone";
                let mut path = keys(&["spec", "egress"]);
                path.push(Segment::Index(index));
                path.extend(keys(&["to"]));
                path.push(Segment::Index(position));
                let help = "add the Node objects";
                self.warn(
                    &policy.metadata,
                    "kubernetes-no-nodes",
                    path,
                    message.to_owned(),
                    help,
                );
            }
        }
    }

    /// Named ports that no pod has.
    fn ports(&self) {
        let resources = self.resources;
        if resources.pods.is_empty() && resources.workload_groups.is_empty() {
            return;
        }
        let of_pods = resources.pods.iter().flat_map(|pod| &pod.named_ports);
        let of_groups = resources.workload_groups.iter();
        let of_groups = of_groups.flat_map(|group| &group.named_ports);
        let known: BTreeSet<&str> =
            BTreeSet::from_iter(of_pods.chain(of_groups).map(|port| &*port.name));
        for policy in &resources.network_policies {
            let ingress = policy.ingress.as_deref().unwrap_or_default();
            let egress = policy.egress.as_deref().unwrap_or_default();
            for direction in [("ingress", ingress), ("egress", egress)] {
                self.ports_of(&policy.metadata, direction, "ports", &known);
            }
        }
        for policy in &resources.cluster_policies {
            let field = match policy.metadata.id.kind {
                "ClusterNetworkPolicy" => "protocols",
                _ => "ports",
            };
            for direction in directions(policy) {
                self.ports_of(&policy.metadata, direction, field, &known);
            }
        }
    }

    fn ports_of(
        &self,
        metadata: &Metadata,
        (key, rules): Direction<'_>,
        field: &str,
        known: &BTreeSet<&str>,
    ) {
        for (index, rule) in rules.iter().enumerate() {
            for (position, entry) in rule.ports.iter().enumerate() {
                let Some(Port::Named(name)) = &entry.port else {
                    continue;
                };
                if known.contains(name.as_str()) {
                    continue;
                }
                let mut path = keys(&["spec", key]);
                path.push(Segment::Index(index));
                path.extend(keys(&[field]));
                path.push(Segment::Index(position));
                let message =
                    format!("no pod has a port named `{name}`: this entry matches nothing");
                self.warn(metadata, "kubernetes-unserved-port", path, message, "");
            }
        }
    }

    fn warn(
        &self,
        metadata: &Metadata,
        code: &'static str,
        path: Vec<Segment>,
        message: String,
        help: &str,
    ) {
        let problem = metadata.problem(Severity::Warning, code, path, message, help);
        self.report.add(problem);
    }
}

fn directions(policy: &ClusterPolicy) -> [Direction<'_>; 2] {
    [("ingress", &*policy.ingress), ("egress", &*policy.egress)]
}
