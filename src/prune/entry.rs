//! One object of a fleet, decoded.

use super::place::Placed;
use super::question::Question;
use super::questions::QuestionId;
use crate::bundle::Object;
use crate::model::{EXEMPTION, Model, Policy as PolicyModel, Workload, may_select};
use crate::problem::{FieldPath, Problem, Problems, Severity};
use crate::resources::calico::NetworkSet;
use crate::resources::core::{Namespace, Node, ServiceAccount};
use crate::resources::istio::PeerAuthentication;
use crate::resources::kubernetes::Peer;
use crate::resources::{self, Resources, Strictness, cilium};
use crate::selector::Selector;
use crate::settings::Settings;
use crate::verdict::Direction;
use std::collections::BTreeSet;

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
    /// A group of networks that policies name, as it is.
    Networks(Object),
    /// Something that takes no part: a policy that asks to be left out, or does not reach pods.
    Nothing,
}

/// An object of policy, as far as it matters what it asks about.
#[derive(Debug)]
pub(super) struct Policy {
    /// The namespace whose workloads it may govern; none for all.
    pub(super) namespace: Option<String>,
    /// The dialect it is written in.
    pub(super) dialect: &'static str,
    /// Whether it is only evaluated.
    pub(super) staged: bool,
    /// Whether it has nodes for peers.
    pub(super) asks_nodes: bool,
    /// Its tiers.
    pub(super) tiers: BTreeSet<String>,
    /// The workloads it governs: those that one of these selects.
    pub(super) applies_to: Vec<Selector>,
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

    /// Whether it governs a workload.
    pub(super) fn governs(&self, workload: &Workload) -> bool {
        let mut selectors = self.applies_to.iter();
        selectors.any(|selector| may_select(selector, &workload.labels))
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
    if !loaded.resources.cidr_groups.is_empty() {
        return Ok(Decoded::Networks(object.clone()));
    }
    Ok(sort(loaded.resources))
}

fn sort(mut resources: Resources) -> Decoded {
    if let Some(authentication) = resources.peer_authentications.pop() {
        return Decoded::Policy(mutual_tls(authentication), Vec::new());
    }
    let model = Model::build(&resources);
    if let Some((mut policy, questions)) = policy(model) {
        policy.asks_nodes = has_nodes(&resources);
        return Decoded::Policy(policy, questions);
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

/// The policy of an object, and its questions; one object may be policy in several tiers.
fn policy(model: Model) -> Option<(Policy, Vec<Question>)> {
    let mut written = model.tiers.iter().flat_map(|tier| &tier.policies);
    let first = written.find(|policy| policy.id.kind != EXEMPTION)?;
    let mut policy = Policy {
        namespace: place(first),
        dialect: first.id.dialect,
        staged: first.staged,
        asks_nodes: false,
        tiers: BTreeSet::new(),
        applies_to: Vec::new(),
        own_ends: Vec::new(),
        questions: Vec::new(),
    };
    let mut questions = Vec::new();
    for tier in model.tiers {
        for part in tier.policies {
            if part.id.kind == EXEMPTION {
                continue;
            }
            policy.tiers.insert(tier.name.clone());
            ask(&part, &mut policy.own_ends, &mut questions);
            policy.applies_to.push(part.applies_to);
        }
    }
    for selectors in [&mut policy.own_ends, &mut policy.applies_to] {
        selectors.sort();
        selectors.dedup();
    }
    questions.sort();
    questions.dedup();
    Some((policy, questions))
}

/// A peer authentication asks whether there is a certificate, and that nobody has to be known for.
fn mutual_tls(authentication: PeerAuthentication) -> Policy {
    let usual = Settings::default().istio_root_namespace;
    let namespace = authentication.metadata.id.namespace;
    let selector = authentication.selector.unwrap_or_else(Selector::all);
    Policy {
        namespace: namespace.filter(|namespace| *namespace != usual),
        dialect: "istio",
        tiers: BTreeSet::new(),
        applies_to: vec![selector],
        own_ends: Vec::new(),
        questions: Vec::new(),
        asks_nodes: false,
        staged: false,
    }
}

/// Whether a policy has nodes for peers, or tells them from others.
fn has_nodes(resources: &Resources) -> bool {
    let cilium = resources.cilium_policies.iter();
    if cilium
        .flat_map(cilium::Policy::peers)
        .any(cilium::Peer::asks_place)
    {
        return true;
    }
    let policies = resources.cluster_policies.iter();
    let mut peers = policies.flat_map(|policy| policy.egress.iter().flat_map(|rule| &rule.peers));
    peers.any(|peer| matches!(peer, Peer::Nodes(_)))
}

/// The namespace whose workloads a policy may govern. Pruned bundles are for meshes whose root
/// namespace is the usual one, and the filter refuses them under another.
fn place(policy: &PolicyModel) -> Option<String> {
    let home = policy.home.as_ref().or(policy.id.namespace.as_ref());
    home.filter(|home| policy.home.is_none() || **home != Settings::default().istio_root_namespace)
        .cloned()
}

/// What the rules ask of their own end, and of peers.
fn ask(policy: &PolicyModel, own_ends: &mut Vec<Selector>, questions: &mut Vec<Question>) {
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
}
