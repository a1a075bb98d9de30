//! One object of a fleet, decoded.

use super::place::Placed;
use super::question::Question;
use super::questions::QuestionId;
use crate::bundle::Object;
use crate::model::{Model, Policy as PolicyModel};
use crate::problem::{FieldPath, Problem, Problems, Severity};
use crate::resources::calico::NetworkSet;
use crate::resources::core::{Namespace, ServiceAccount};
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
    /// Something that takes no part: a node, or a policy that asks to be left out.
    Nothing,
}

/// A policy, as far as it matters what it asks about.
#[derive(Debug)]
pub(super) struct Policy {
    /// Its namespace; none for the global kinds.
    pub(super) namespace: Option<String>,
    /// Its tier.
    pub(super) tier: String,
    /// The workloads it governs.
    pub(super) applies_to: Selector,
    /// What its rules ask of the workload's own end.
    pub(super) own_ends: Vec<Selector>,
    /// What its rules ask of peers.
    pub(super) questions: Vec<QuestionId>,
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
    if let Some(policy) = resources.policies.first() {
        let namespace = policy.metadata.id.namespace.clone();
        let model = Model::build(&resources);
        let tier = model.tiers.into_iter().next();
        let policy = tier.and_then(|tier| Some((tier.name, tier.policies.into_iter().next()?)));
        return policy.map_or(Decoded::Nothing, |(tier, policy)| {
            let (own_ends, questions) = ask(&policy);
            let policy = Policy {
                namespace,
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
    if resources.tiers.is_empty() {
        Decoded::Nothing
    } else {
        Decoded::Tier
    }
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
