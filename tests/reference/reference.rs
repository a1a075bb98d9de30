//! A plain reading of the specification: obvious, slow, and written without looking at the engine.
//!
//! For every request it walks all tiers, policies and rules of the typed resources in the order of
//! calico.md 3.1 and 3.3: nothing is compiled, indexed, interned or kept. House rule 8 ("fast must
//! equal obvious") holds the engine against it. Leaf algorithms that have naive twins of their own
//! (selectors, regular expressions) are the engine's.

mod entity;
mod headers;
mod http;
mod labels;
mod order;
pub(crate) mod paths;
mod ports;
mod rule;

use heliast::peer::{Peer, Recognition};
use heliast::request::Request;
use heliast::resources::Resources;
use heliast::resources::calico::{Policy, Rule};
use heliast::terms::{Action, NamedPort, TierDefault};
use heliast::truth::Truth;
use heliast::verdict::{Decision, Direction, Outcome, PolicyId, RuleId, Verdict};
use litemap::LiteMap;
use std::collections::BTreeSet;
use std::net::IpAddr;
use std::sync::Arc;

/// The workload that enforces.
#[derive(Debug, Clone)]
pub(crate) struct Enforcing {
    pub(crate) namespace: String,
    pub(crate) service_account: String,
    /// Its own labels, as its object has them.
    pub(crate) labels: LiteMap<String, String>,
    pub(crate) addresses: Vec<IpAddr>,
    /// None if its pod is not in the bundle.
    pub(crate) named_ports: Option<Vec<NamedPort>>,
    /// Whether it is on the network of its host.
    pub(crate) host_network: bool,
}

/// One request at one workload.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Question<'q> {
    pub(crate) resources: &'q Resources,
    pub(crate) workload: &'q Enforcing,
    pub(crate) direction: Direction,
    pub(crate) recognition: Recognition,
    pub(crate) peer: &'q Peer,
    pub(crate) request: &'q Request<'q>,
}

/// Whether staged policies count (calico.md 3.5).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Scope {
    Enforced,
    StagedAsEnforced,
}

/// What the specification says of a request.
pub(crate) fn verdict(question: Question<'_>) -> Verdict {
    let (enforced, logged) = decide(question, Scope::Enforced);
    let staged = governing(question)
        .iter()
        .flat_map(|tier| &tier.policies)
        .any(|policy| policy.kind.is_staged());
    Verdict {
        enforced,
        staged: staged.then(|| decide(question, Scope::StagedAsEnforced).0),
        logged,
        changes: Vec::new(),
    }
}

/// What every rule of every policy that governs the workload says of a request, in order.
pub(crate) fn rule_truths(question: Question<'_>) -> Vec<(RuleId, Action, Truth)> {
    let mut truths = Vec::new();
    for tier in governing(question) {
        for policy in tier.policies {
            for (index, rule) in rules_of(policy, question.direction).iter().enumerate() {
                let id = rule_id(policy, question.direction, Some(index));
                truths.push((id, rule.action, rule::judge(question, policy, rule)));
            }
        }
    }
    truths
}

/// A tier, and those of its policies that govern the workload in the direction asked for.
struct GoverningTier<'q> {
    end: TierDefault,
    policies: Vec<&'q Policy>,
}

/// Which policies reach the workload (calico.md 3.2), staged ones included.
fn governing(question: Question<'_>) -> Vec<GoverningTier<'_>> {
    order::tiers(question.resources)
        .into_iter()
        .map(|tier| GoverningTier {
            end: tier.end,
            policies: order::policies(question.resources, &tier.name)
                .into_iter()
                .filter(|policy| governs(question, policy))
                .collect(),
        })
        .collect()
}

fn governs(question: Question<'_>, policy: &Policy) -> bool {
    let has_direction = match question.direction {
        Direction::Ingress => policy.ingress.is_some(),
        Direction::Egress => policy.egress.is_some(),
    };
    // doNotTrack and preDNAT policies are never attached to pods.
    let own = labels::of_enforcing(question.resources, question.workload);
    policy.reaches_pods && has_direction && labels::is_selected(policy, &own)
}

fn rules_of(policy: &Policy, direction: Direction) -> &[Rule] {
    match direction {
        Direction::Ingress => policy.ingress.as_deref().unwrap_or_default(),
        Direction::Egress => policy.egress.as_deref().unwrap_or_default(),
    }
}

/// The decision, and the Log rules that held on the way to it.
fn decide(question: Question<'_>, scope: Scope) -> (Outcome, Vec<RuleId>) {
    let mut tiers = governing(question);
    for tier in &mut tiers {
        tier.policies
            .retain(|policy| scope == Scope::StagedAsEnforced || !policy.kind.is_staged());
    }
    let mut logged = Vec::new();
    let outcome = Walk { question }.tiers(&tiers, &mut logged);
    // A tier that was walked on both ways is noted once.
    let mut seen = BTreeSet::new();
    logged.retain(|rule| seen.insert(rule.text().to_owned()));
    (outcome, logged)
}

/// The algorithm of calico.md 3.3.
struct Walk<'q> {
    question: Question<'q>,
}

/// A rule and the policy it is in.
type Step<'q> = (&'q Policy, usize, &'q Rule);

impl<'q> Walk<'q> {
    fn tiers(&self, tiers: &[GoverningTier<'q>], logged: &mut Vec<RuleId>) -> Outcome {
        let direction = self.question.direction;
        let Some((tier, rest)) = tiers.split_first() else {
            let rule = profile(self.question.workload, direction);
            let decision = Decision::Allow;
            return Outcome { decision, rule };
        };
        if tier.policies.is_empty() {
            return self.tiers(rest, logged);
        }
        let steps: Vec<Step<'q>> = tier
            .policies
            .iter()
            .flat_map(|policy| {
                let rules = rules_of(policy, direction).iter().enumerate();
                rules.map(move |(index, rule)| (*policy, index, rule))
            })
            .collect();
        self.rules(&steps, tier, rest, logged)
    }

    /// The rules of one tier, from some point on.
    fn rules(
        &self,
        steps: &[Step<'q>],
        tier: &GoverningTier<'q>,
        rest: &[GoverningTier<'q>],
        logged: &mut Vec<RuleId>,
    ) -> Outcome {
        let direction = self.question.direction;
        for (position, (policy, index, rule)) in steps.iter().enumerate() {
            let id = rule_id(policy, direction, Some(*index));
            let decided = |decision| Outcome {
                decision,
                rule: id.clone(),
            };
            match (rule.action, rule::judge(self.question, policy, rule)) {
                (Action::Allow, Truth::True) => return decided(Decision::Allow),
                (Action::Deny, Truth::True | Truth::Unknown) => return decided(Decision::Deny),
                (Action::Pass, Truth::True) => return self.tiers(rest, logged),
                // Both ways: it passes only if both do.
                (Action::Pass, Truth::Unknown) => {
                    let later = &steps[position + 1..];
                    let stays = self.rules(later, tier, rest, logged);
                    if stays.decision == Decision::Deny {
                        return stays;
                    }
                    let leaves = self.tiers(rest, logged);
                    let both_allow = leaves.decision == Decision::Allow;
                    return if both_allow { stays } else { leaves };
                }
                (Action::Log, Truth::True) => logged.push(id),
                (_, Truth::False) | (Action::Allow | Action::Log, Truth::Unknown) => {}
            }
        }
        match tier.end {
            TierDefault::Pass => self.tiers(rest, logged),
            TierDefault::Deny => Outcome {
                decision: Decision::Deny,
                rule: rule_id(tier.policies[0], direction, None),
            },
        }
    }
}

fn rule_id(policy: &Policy, direction: Direction, index: Option<usize>) -> RuleId {
    let policy = Arc::new(PolicyId {
        dialect: "calico",
        tier: Some(policy.tier.clone()),
        kind: policy.metadata.id.kind,
        namespace: policy.metadata.id.namespace.clone(),
        name: policy.metadata.id.name.clone(),
    });
    RuleId::new(policy, direction, index)
}

/// What allows where no tier decided (calico.md 2.5).
fn profile(workload: &Enforcing, direction: Direction) -> RuleId {
    let policy = Arc::new(PolicyId {
        dialect: "calico",
        tier: None,
        kind: "Profile",
        namespace: None,
        name: format!("kns.{}", workload.namespace),
    });
    RuleId::new(policy, direction, Some(0))
}
