//! Kubernetes' shorthands spelt out: from resources to policies and their places in the tiers
//! (kubernetes-cilium.md 1.2, 2.1; calico.md 1.7).

mod end;
mod ports;

use super::directory::ORCHESTRATOR_LABEL;
use super::labels::NAMESPACE_LABEL;
use super::localhost::EXEMPTION;
use super::tiers::{DEFAULT, KUBE_ADMIN, KUBE_BASELINE, Ordered};
use super::{Entity, Interest, Policy, Rule};
use crate::pace::Pace;
use crate::resources::Resources;
use crate::resources::core::Node;
use crate::resources::kubernetes::{self, ClusterPolicy, ClusterTier, NetworkPolicy};
use crate::resources::label_selector::LabelSelector;
use crate::resources::object::ObjectId;
use crate::selector::Selector;
use crate::terms::Action;
use crate::verdict::{Direction, PolicyId};
use std::sync::Arc;

/// The order of every NetworkPolicy among Calico's policies.
const ORDER: f64 = 1000.0;

/// What it costs to spell out a peer or a port of a rule.
const ENTRY_UNITS: usize = 512;

/// The policies of Kubernetes, each with its place. Of one that governs nobody of interest the rules
/// are dropped as soon as they are spelt out: all together could be too much.
pub(super) async fn policies(
    resources: &Resources,
    interest: &Interest,
    pace: &Pace,
) -> Vec<Ordered> {
    let mut spelt = Vec::new();
    for policy in &resources.network_policies {
        spelt.push(network_policy(policy).trimmed(interest));
        let rules = [&policy.ingress, &policy.egress].into_iter().flatten();
        pace.spend(units(rules.flatten())).await;
    }
    for policy in &resources.cluster_policies {
        spelt.push(cluster_policy(policy, &resources.nodes).trimmed(interest));
        let rules = policy.ingress.iter().chain(&policy.egress);
        pace.spend(units(rules)).await;
    }
    spelt
}

fn units<'r>(rules: impl Iterator<Item = &'r kubernetes::Rule>) -> usize {
    let entries: usize = rules.map(kubernetes::Rule::entries).sum();
    ENTRY_UNITS.saturating_mul(entries.saturating_add(1))
}

/// What Kubernetes promises of every pod (kubernetes-cilium.md 1.2.8, 2.1): no policy keeps it from
/// itself, and no NetworkPolicy keeps the node it runs on from reaching it. What passes here goes on
/// to the next tier.
pub(super) fn exemptions() -> Vec<Ordered> {
    let own_host = Entity {
        own_host: true,
        ..Entity::default()
    };
    let itself = Entity {
        // The node's addresses are those of no pod.
        member: Some(Selector::equals(ORCHESTRATOR_LABEL, "k8s")),
        ..own_host.clone()
    };
    vec![
        exemption(KUBE_ADMIN, Some(f64::NEG_INFINITY), &itself, &itself),
        // Behind the NetworkPolicies: what they allow is allowed for good.
        exemption(DEFAULT, None, &own_host, &itself),
        exemption(KUBE_BASELINE, Some(f64::NEG_INFINITY), &itself, &itself),
    ]
}

fn exemption(tier: &str, order: Option<f64>, source: &Entity, destination: &Entity) -> Ordered {
    let mut from = Rule::new(0, Action::Pass);
    from.source = source.clone();
    let mut to = Rule::new(0, Action::Pass);
    to.destination = destination.clone();
    let id = ObjectId {
        kind: EXEMPTION,
        namespace: None,
        name: "own-host".to_owned(),
    };
    let everyone = Selector::equals(ORCHESTRATOR_LABEL, "k8s");
    let mut ordered = place(tier, order, &id, everyone);
    ordered.policy.isolates = false;
    ordered.policy.ingress = Some(vec![from]);
    ordered.policy.egress = Some(vec![to]);
    ordered
}

fn network_policy(policy: &NetworkPolicy) -> Ordered {
    let id = &policy.metadata.id;
    let namespace = id.namespace.as_deref();
    let governed = select(None, &policy.pod_selector, namespace);
    let mut ordered = place(DEFAULT, Some(ORDER), id, governed);
    let spell = |rules: &Option<Vec<kubernetes::Rule>>, direction| {
        let rules = rules.as_deref()?;
        Some(spell(rules, direction, namespace, &[]))
    };
    ordered.policy.document = policy.metadata.document;
    ordered.policy.staged = policy.staged;
    ordered.policy.ingress = spell(&policy.ingress, Direction::Ingress);
    ordered.policy.egress = spell(&policy.egress, Direction::Egress);
    ordered
}

fn cluster_policy(policy: &ClusterPolicy, nodes: &[Node]) -> Ordered {
    let tier = match policy.tier {
        ClusterTier::Admin => KUBE_ADMIN,
        ClusterTier::Baseline => KUBE_BASELINE,
    };
    let order = Some(f64::from(policy.priority));
    let subject = &policy.subject;
    let governed = select(subject.namespaces.as_ref(), &subject.pods, None);
    let mut ordered = place(tier, order, &policy.metadata.id, governed);
    let spell = |rules: &[kubernetes::Rule], direction| {
        let governs = !rules.is_empty();
        governs.then(|| spell(rules, direction, None, nodes))
    };
    ordered.policy.document = policy.metadata.document;
    ordered.policy.ingress = spell(&policy.ingress, Direction::Ingress);
    ordered.policy.egress = spell(&policy.egress, Direction::Egress);
    ordered
}

/// A policy in its place, which says nothing yet.
#[inline(never)]
fn place(tier: &str, order: Option<f64>, id: &ObjectId, applies_to: Selector) -> Ordered {
    Ordered {
        tier: tier.to_owned(),
        order,
        policy: Policy {
            id: Arc::new(PolicyId {
                dialect: "kubernetes",
                tier: Some(tier.to_owned()),
                kind: id.kind,
                namespace: id.namespace.clone(),
                name: id.name.clone(),
            }),
            document: 0,
            staged: false,
            isolates: true,
            home: None,
            applies_to,
            ingress: None,
            egress: None,
        },
    }
}

/// These pods. Every workload has the orchestrator's label and nothing else has it, so that no
/// address outside and no network set is ever taken for a pod that lacks a label.
#[inline(never)]
fn select(
    namespaces: Option<&LabelSelector>,
    pods: &LabelSelector,
    own_namespace: Option<&str>,
) -> Selector {
    let namespaces = match (namespaces, own_namespace) {
        (Some(namespaces), _) => namespaces.to_selector(&|key| format!("pcns.{key}")),
        (None, Some(name)) => Selector::equals(NAMESPACE_LABEL, name),
        (None, None) => Selector::all(),
    };
    Selector::all_of([
        Selector::equals(ORCHESTRATOR_LABEL, "k8s"),
        namespaces,
        pods.to_selector(&str::to_owned),
    ])
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
        for end in end::ends(rule, namespace, nodes) {
            for (protocol, ports) in &ports {
                let ports = match direction {
                    Direction::Egress if !end.is_pod => ports::without_names(ports),
                    Direction::Ingress | Direction::Egress => Some(ports.clone()),
                };
                // Where only names were left: what is no pod has none.
                if let Some(ports) = ports {
                    let mut one = Rule::new(index, rule.action);
                    one.protocol = *protocol;
                    one.ports = ports;
                    end.describe(direction, &mut one);
                    spelt.push(one);
                }
            }
        }
    }
    spelt
}
