//! Kubernetes' shorthands spelt out: from resources to policies and their places in the tiers
//! (kubernetes-cilium.md 1.2, 2.1; calico.md 1.7).

mod end;
mod ports;

use self::end::Ends;
use super::calico::NAMESPACE_LABEL;
use super::directory::ORCHESTRATOR_LABEL;
use super::{Entity, Policy, Rule};
use crate::resources::Resources;
use crate::resources::calico::Action;
use crate::resources::core::Node;
use crate::resources::kubernetes::{self, ClusterPolicy, ClusterTier, NetworkPolicy, Pods};
use crate::selector::Selector;
use crate::verdict::{Direction, PolicyId};
use std::sync::Arc;

/// The tier of an administrator's policies that come before every NetworkPolicy.
pub(super) const ADMIN: &str = "kube-admin";
/// The tier of NetworkPolicies.
pub(super) const DEFAULT: &str = "default";
/// The tier of an administrator's policies where no NetworkPolicy selects the pod.
pub(super) const BASELINE: &str = "kube-baseline";

/// The order of every NetworkPolicy among Calico's policies.
const ORDER: f64 = 1000.0;

/// A policy and its place.
#[derive(Debug)]
pub(super) struct Ordered {
    /// The name of its tier.
    pub(super) tier: &'static str,
    /// Its place there, the least first; of equal ones the name decides.
    pub(super) order: f64,
    /// The policy.
    pub(super) policy: Policy,
}

/// The policies of Kubernetes, in the order of the input.
pub(super) fn policies(resources: &Resources) -> impl Iterator<Item = Ordered> {
    let policies = resources.network_policies.iter().map(network_policy);
    let cluster = resources.cluster_policies.iter();
    policies.chain(cluster.map(|policy| cluster_policy(policy, &resources.nodes)))
}

/// What Kubernetes promises of every pod, whatever a NetworkPolicy says: it reaches itself, and
/// its node reaches it (kubernetes-cilium.md 1.2.8).
pub(super) fn own_host() -> Ordered {
    let entity = Entity {
        own_host: true,
        ..Entity::default()
    };
    let mut from = Rule::new(0, Action::Allow);
    from.source = entity.clone();
    let mut to = Rule::new(0, Action::Allow);
    to.destination = entity;
    let id = PolicyId {
        dialect: "kubernetes",
        tier: Some(DEFAULT.to_owned()),
        kind: "Implicit",
        namespace: None,
        name: "own-host".to_owned(),
    };
    Ordered {
        tier: DEFAULT,
        order: f64::NEG_INFINITY,
        policy: Policy {
            id: Arc::new(id),
            document: 0,
            staged: false,
            isolates: false,
            home: None,
            applies_to: Selector::equals(ORCHESTRATOR_LABEL, "k8s"),
            ingress: Some(vec![from]),
            egress: Some(vec![to]),
        },
    }
}

fn network_policy(policy: &NetworkPolicy) -> Ordered {
    let id = &policy.metadata.id;
    let namespace = id.namespace.as_deref().unwrap_or("default");
    let governed = Pods {
        namespaces: None,
        pods: policy.pod_selector.clone(),
    };
    let spell = |rules: &Option<Vec<kubernetes::Rule>>, direction| {
        let rules = rules.as_deref()?;
        Some(spell(rules, direction, Some(namespace), &[]))
    };
    Ordered {
        tier: DEFAULT,
        order: ORDER,
        policy: Policy {
            id: Arc::new(PolicyId {
                dialect: "kubernetes",
                tier: Some(DEFAULT.to_owned()),
                kind: id.kind,
                namespace: Some(namespace.to_owned()),
                name: id.name.clone(),
            }),
            document: policy.metadata.document,
            staged: policy.staged,
            isolates: true,
            home: None,
            applies_to: select(&governed, Some(namespace)),
            ingress: spell(&policy.ingress, Direction::Ingress),
            egress: spell(&policy.egress, Direction::Egress),
        },
    }
}

fn cluster_policy(policy: &ClusterPolicy, nodes: &[Node]) -> Ordered {
    let id = &policy.metadata.id;
    let tier = match policy.tier {
        ClusterTier::Admin => ADMIN,
        ClusterTier::Baseline => BASELINE,
    };
    let spell = |rules: &[kubernetes::Rule], direction| {
        let governs = !rules.is_empty();
        governs.then(|| spell(rules, direction, None, nodes))
    };
    Ordered {
        tier,
        order: f64::from(policy.priority),
        policy: Policy {
            id: Arc::new(PolicyId {
                dialect: "kubernetes",
                tier: Some(tier.to_owned()),
                kind: id.kind,
                namespace: None,
                name: id.name.clone(),
            }),
            document: policy.metadata.document,
            staged: false,
            isolates: true,
            home: None,
            applies_to: select(&policy.subject, None),
            ingress: spell(&policy.ingress, Direction::Ingress),
            egress: spell(&policy.egress, Direction::Egress),
        },
    }
}

/// These pods. Every workload has the orchestrator's label and nothing else has it, so that no
/// address outside and no network set is ever taken for a pod that lacks a label.
fn select(pods: &Pods, own_namespace: Option<&str>) -> Selector {
    let namespaces = match (&pods.namespaces, own_namespace) {
        (Some(namespaces), _) => namespaces.to_selector(&|key| format!("pcns.{key}")),
        (None, Some(name)) => Selector::equals(NAMESPACE_LABEL, name),
        (None, None) => Selector::all(),
    };
    let pods = pods.pods.to_selector(&str::to_owned);
    Selector::all_of([Selector::equals(ORCHESTRATOR_LABEL, "k8s"), namespaces, pods])
}

/// One rule for each end and protocol, all with the index of the one their author wrote.
fn spell(
    rules: &[kubernetes::Rule],
    direction: Direction,
    namespace: Option<&str>,
    nodes: &[Node],
) -> Vec<Rule> {
    let mut spelt = Vec::new();
    for (index, rule) in rules.iter().enumerate() {
        let ports = ports::by_protocol(&rule.ports);
        for end in Ends::of(rule, namespace, nodes).list {
            for (protocol, ports) in &ports {
                let ports = match (direction, end.is_pod) {
                    (Direction::Egress, false) => ports::without_names(ports),
                    (Direction::Ingress, _) | (Direction::Egress, true) => Some(ports.clone()),
                };
                // Only names were left, and what is no pod has none.
                let Some(ports) = ports else { continue };
                let mut one = Rule::new(index, rule.action);
                one.protocol = *protocol;
                one.ports = ports;
                one.clauses.clone_from(&end.clauses);
                match direction {
                    Direction::Ingress => one.source = end.entity.clone(),
                    Direction::Egress => one.destination = end.entity.clone(),
                }
                spelt.push(one);
            }
        }
    }
    spelt
}
