//! One object of a fleet, decoded.

use super::place::Placed;
use super::question::Question;
use super::questions::QuestionId;
use crate::bundle::Object;
use crate::model::{EXEMPTION, Model, Policy as PolicyModel};
use crate::problem::{FieldPath, Problem, Problems, Severity};
use crate::resources::calico::NetworkSet;
use crate::resources::core::{Namespace, Node, ServiceAccount};
use crate::resources::kubernetes::Peer;
use crate::resources::{self, Resources, Strictness};
use crate::selector::Selector;
use crate::verdict::Direction;

/// What an object turned out to be.
#[derive(Debug)]
pub(super) enum Decoded {
    /// A policy that reaches pods; its questions are still its own.
    Policy(Policy, Vec<Question>),
    /// A tier.
    Tier,
    /// A namespace.
    Namespace(Namespace),
    /// A service account.
    ServiceAccount(ServiceAccount),
    /// A network set.
    NetworkSet(NetworkSet),
    /// A pod.
    Pod(Placed),
    /// A group of workloads.
    Group(Placed),
    /// A node.
    Node(Node),
    /// Something that takes no part: a policy that asks to be left out, or does not reach pods.
    Nothing,
}

/// A policy, as far as it matters what it asks about.
#[derive(Debug)]
pub(super) struct Policy {
    /// Its namespace; none for the global kinds.
    pub(super) namespace: Option<String>,
    /// The dialect it is written in.
    pub(super) dialect: &'static str,
    /// Whether it is only evaluated.
    pub(super) staged: bool,
    /// Whether it has nodes for peers.
    pub(super) asks_nodes: bool,
    /// Its tier.
    pub(super) tier: String,
    /// The workloads it governs.
    pub(super) applies_to: Selector,
    /// What its rules ask of the workload's own end.
    pub(super) own_ends: Vec<Selector>,
    /// What its rules ask of peers.
    pub(super) questions: Vec<QuestionId>,
}

impl Policy {
    /// Whether it makes Calico's tiers those that Kubernetes policy joins.
    pub(super) fn brings_calico(&self) -> bool {
        self.dialect == "calico" && !self.staged
    }
}

/// Decodes an object alone.
///
/// # Errors
///
/// Every mistake in it, as in the first document.
pub(super) fn decode(object: &Object) -> Result<Decoded, Problems> {
    let mistake = |code, message: String, help: &str| Problems {
        list: vec![Problem {
            severity: Severity::Error,
            code,
            document: 0,
            object: object.key.to_string(),
            path: FieldPath::default(),
            message,
            help: Some(help.to_owned()),
        }],
        omitted: 0,
        refused: true,
    };
    let value = serde_json::from_str(&object.text)
        .map_err(|error| mistake("bad-json", format!("is not JSON: {error}"), "mend it"))?;
    let loaded = resources::decode(&[value], Strictness::Heliast)?;
    if object.key.kind.ends_with("List") {
        let help = "give its items one by one";
        return Err(mistake("nested-list", "is a list".to_owned(), help));
    }
    Ok(sort(loaded.resources))
}

fn sort(mut resources: Resources) -> Decoded {
    let kubernetes =
        !resources.network_policies.is_empty() || !resources.cluster_policies.is_empty();
    if kubernetes || !resources.policies.is_empty() {
        let asks_nodes = has_nodes(&resources);
        let model = Model::build(&resources);
        let tiers = model.tiers.into_iter();
        let policies = tiers.flat_map(|tier| {
            let name = tier.name;
            let policies = tier.policies.into_iter();
            policies.map(move |policy| (name.clone(), policy))
        });
        let mut policies = policies.filter(|(_, policy)| policy.id.kind != EXEMPTION);
        return policies.next().map_or(Decoded::Nothing, |(tier, policy)| {
            let (own_ends, questions) = ask(&policy);
            let policy = Policy {
                namespace: policy.id.namespace.clone(),
                dialect: policy.id.dialect,
                staged: policy.staged,
                asks_nodes,
                tier,
                applies_to: policy.applies_to,
                own_ends,
                questions: Vec::new(),
            };
            Decoded::Policy(policy, questions)
        });
    }
    if let Some(pod) = resources.pods.pop() {
        return Decoded::Pod(pod.into());
    }
    if let Some(group) = resources.workload_groups.pop() {
        return Decoded::Group(group.into());
    }
    if let Some(set) = resources.network_sets.pop() {
        return Decoded::NetworkSet(set);
    }
    if let Some(namespace) = resources.namespaces.pop() {
        return Decoded::Namespace(namespace);
    }
    if let Some(account) = resources.service_accounts.pop() {
        return Decoded::ServiceAccount(account);
    }
    if let Some(node) = resources.nodes.pop() {
        return Decoded::Node(node);
    }
    if resources.tiers.is_empty() {
        Decoded::Nothing
    } else {
        Decoded::Tier
    }
}

/// Whether a policy of an administrator has nodes for peers.
fn has_nodes(resources: &Resources) -> bool {
    let policies = resources.cluster_policies.iter();
    let mut peers = policies.flat_map(|policy| policy.egress.iter().flat_map(|rule| &rule.peers));
    peers.any(|peer| matches!(peer, Peer::Nodes(_)))
}

/// What the rules ask of their own end, and of peers.
fn ask(policy: &PolicyModel) -> (Vec<Selector>, Vec<Question>) {
    let (mut own_ends, mut questions) = (Vec::new(), Vec::new());
    for direction in [Direction::Ingress, Direction::Egress] {
        for rule in policy.rules(direction).unwrap_or_default() {
            let own = match direction {
                Direction::Ingress => &rule.destination,
                Direction::Egress => &rule.source,
            };
            own_ends.extend(own.member.iter().chain(&own.not_member).cloned());
            questions.extend(Question::of(rule, direction));
        }
    }
    own_ends.sort();
    own_ends.dedup();
    questions.sort();
    questions.dedup();
    (own_ends, questions)
}
