//! Cilium's shorthands spelt out (kubernetes-cilium.md 3.2 to 3.4).
//!
//! Cilium knows no order: every rule of every policy that selects a pod is in one pool, a deny
//! beats every allow, and HTTP rules refuse what they do not list. As tiers that is: what is denied;
//! who has not shown the certificate that a rule for it asks for; connections that are no HTTP at
//! ports with HTTP rules; what is allowed, with the isolation at its end; and for policies that do
//! not isolate, the requests that their HTTP rules do not list.

mod peers;
mod ports;

use self::peers::Reach;
use super::localhost::{self, ALLOW_TIER};
use super::tiers::{DEFAULT, KUBE_ADMIN, KUBE_BASELINE, Ordered, arrange};
use super::{Entity, HeaderRewrite, Interest, Layer, Policy, Rule, Tier};
use crate::pace::Pace;
use crate::resources::Resources;
use crate::resources::cilium::{self, ApplicationRules, Authentication, CidrGroup, Spec};
use crate::resources::label_selector::LabelSelector;
use crate::selector::Selector;
use crate::terms::{Action, Mismatch, TierDefault};
use crate::verdict::{Direction, PolicyId};
use std::sync::Arc;

/// What it costs to spell out a rule.
const RULE_UNITS: usize = 512;

/// The tier of denials.
const DENY_TIER: &str = "deny";
/// The tier of peers that must show a certificate, and did not.
const AUTHENTICATION_TIER: &str = "authentication";
/// The tier of connections that a proxy for HTTP does not take.
const PROXY_TIER: &str = "proxy";
/// The tier of requests that HTTP rules do not list.
const HTTP_TIER: &str = "http";

/// The tiers in their order, and what their ends do.
const TIERS: [(&str, TierDefault); 8] = [
    (localhost::TIER, TierDefault::Pass),
    (KUBE_ADMIN, TierDefault::Pass),
    (DENY_TIER, TierDefault::Pass),
    (AUTHENTICATION_TIER, TierDefault::Pass),
    (PROXY_TIER, TierDefault::Pass),
    (ALLOW_TIER, TierDefault::Deny),
    (HTTP_TIER, TierDefault::Pass),
    (KUBE_BASELINE, TierDefault::Pass),
];

/// The tiers of the layer. What a workload sends to itself comes before all of them; then
/// administrators' policies, and at the end their baseline. Kubernetes' NetworkPolicies are in one pool with Cilium's own
/// (kubernetes-cilium.md 3.4). The tier of grants is there even without policy, because a setting
/// may isolate all workloads at its end.
pub(super) async fn tiers(mut policies: Vec<Ordered>, pace: &Pace) -> Vec<Tier> {
    for (tier, policy) in [
        (localhost::TIER, localhost::itself()),
        (ALLOW_TIER, localhost::own_node()),
    ] {
        policies.push(Ordered {
            tier: tier.to_owned(),
            // Ahead of what objects say, so that it is told as the reason.
            order: Some(f64::NEG_INFINITY),
            policy,
        });
    }
    for ordered in &mut policies {
        if ordered.tier == DEFAULT {
            ALLOW_TIER.clone_into(&mut ordered.tier);
        }
    }
    let mut arranged = arrange(Layer::Kubernetes, &[], policies, pace).await;
    let mut tiers = Vec::new();
    for (name, end) in TIERS {
        let found = arranged.iter().position(|tier| tier.name == name);
        let policies = found.map(|index| arranged.swap_remove(index).policies);
        if policies.is_some() || end == TierDefault::Deny {
            tiers.push(Tier {
                layer: Layer::Kubernetes,
                name: name.to_owned(),
                end,
                policies: policies.unwrap_or_default(),
            });
        }
    }
    tiers
}

/// The policies, each with its tier. In their tier they go by name: their order changes no verdict,
/// but which rule is told as its reason, and in which order headers are changed.
pub(super) async fn policies(
    resources: &Resources,
    interest: &Interest,
    pace: &Pace,
) -> Vec<Ordered> {
    let mut policies = Vec::new();
    for policy in &resources.cilium_policies {
        let mut first = First::default();
        for (position, spec) in policy.specs.iter().enumerate() {
            let speller = Speller {
                policy,
                position: u32::try_from(position).unwrap_or(u32::MAX),
                spec,
                groups: &resources.cidr_groups,
            };
            for direction in [Direction::Ingress, Direction::Egress] {
                let mut spelt = Vec::new();
                let rules = speller.spell(direction, first.of(direction), &mut spelt);
                policies.extend(spelt.into_iter().map(|one| one.trimmed(interest)));
                pace.spend(RULE_UNITS.saturating_mul(rules.saturating_add(1)))
                    .await;
            }
            first.pass(spec);
        }
    }
    policies
}

/// Where the rules of a spec begin among those of all specs of the object.
#[derive(Debug, Default)]
struct First {
    ingress: (usize, usize),
    egress: (usize, usize),
}

impl First {
    fn of(&self, direction: Direction) -> (usize, usize) {
        match direction {
            Direction::Ingress => self.ingress,
            Direction::Egress => self.egress,
        }
    }

    fn pass(&mut self, spec: &Spec) {
        for (first, posture) in [
            (&mut self.ingress, &spec.ingress),
            (&mut self.egress, &spec.egress),
        ] {
            first.0 = first.0.saturating_add(posture.allow.len());
            first.1 = first.1.saturating_add(posture.deny.len());
        }
    }
}

/// Spells out one spec.
struct Speller<'s> {
    policy: &'s cilium::Policy,
    /// Its place among the specs of the object.
    position: u32,
    spec: &'s Spec,
    groups: &'s [CidrGroup],
}

impl Speller<'_> {
    /// Adds what the spec says of one direction; how many rules that is.
    fn spell(
        &self,
        direction: Direction,
        (first_allow, first_deny): (usize, usize),
        into: &mut Vec<Ordered>,
    ) -> usize {
        let posture = match direction {
            Direction::Ingress => &self.spec.ingress,
            Direction::Egress => &self.spec.egress,
        };
        let mut count: usize = 0;
        for (part, rules, first) in [
            (Part::Deny, &posture.deny, first_deny),
            (Part::Unverified, &posture.allow, first_allow),
            (Part::NotHttp, &posture.allow, first_allow),
            (Part::Allow, &posture.allow, first_allow),
            (Part::Unlisted, &posture.allow, first_allow),
        ] {
            if part == Part::Unlisted && posture.isolates {
                continue;
            }
            let mut spelt = Vec::new();
            for (index, rule) in rules.iter().enumerate() {
                self.rules(
                    rule,
                    first.saturating_add(index),
                    direction,
                    part,
                    &mut spelt,
                );
            }
            count = count.saturating_add(spelt.len());
            let isolates = part == Part::Allow && posture.isolates;
            if isolates || !spelt.is_empty() {
                into.push(self.model(part.tier(), direction, spelt, isolates));
            }
        }
        count
    }

    fn model(&self, tier: &str, direction: Direction, rules: Vec<Rule>, isolates: bool) -> Ordered {
        let id = &self.policy.metadata.id;
        let (ingress, egress) = match direction {
            Direction::Ingress => (Some(rules), None),
            Direction::Egress => (None, Some(rules)),
        };
        let policy = Policy {
            id: Arc::new(PolicyId {
                dialect: "cilium",
                tier: Some(tier.to_owned()),
                kind: id.kind,
                namespace: id.namespace.clone(),
                name: id.name.clone(),
            }),
            document: self.policy.metadata.document,
            staged: false,
            isolates,
            home: None,
            applies_to: applies_to(&self.spec.endpoints, id.namespace.as_deref()),
            ingress,
            egress,
        };
        Ordered {
            tier: tier.to_owned(),
            order: Some(f64::from(self.position)),
            policy,
        }
    }

    /// Adds one rule, spelt out for each kind of peer, protocol and rewriting HTTP rule.
    fn rules(
        &self,
        rule: &cilium::Rule,
        index: usize,
        direction: Direction,
        part: Part,
        into: &mut Vec<Rule>,
    ) {
        let Some(verified) = part.verified(rule.authentication, direction) else {
            return;
        };
        let namespace = self.policy.metadata.id.namespace.as_deref();
        let peers = peers::spell(rule.peers.as_deref(), part, namespace, self.groups);
        let asks = ports::spell(&rule.ports, part);
        for peer in &peers {
            for ask in &asks {
                into.push(build(index, direction, part, peer, ask, verified));
            }
        }
    }
}

/// What becomes of a rule.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Part {
    /// It denies.
    Deny,
    /// It refuses its peers where they have not shown the certificate that it asks for: what other
    /// rules allow them there needs it too.
    Unverified,
    /// Its HTTP rules keep what is no HTTP from the ports, whatever other rules say.
    NotHttp,
    /// It allows.
    Allow,
    /// Its HTTP rules refuse what they do not list.
    Unlisted,
}

impl Part {
    fn tier(self) -> &'static str {
        match self {
            Self::Deny => DENY_TIER,
            Self::Unverified => AUTHENTICATION_TIER,
            Self::NotHttp => PROXY_TIER,
            Self::Allow => ALLOW_TIER,
            Self::Unlisted => HTTP_TIER,
        }
    }

    /// What is asked of the peer's certificate, if anything; none if the rule is for nobody.
    fn verified(
        self,
        authentication: Authentication,
        direction: Direction,
    ) -> Option<Option<bool>> {
        match (self, authentication, direction) {
            (Self::Deny | Self::NotHttp | Self::Unlisted, _, _)
            | (Self::Allow, Authentication::Disabled, _) => Some(None),
            (Self::Unverified, Authentication::Disabled, _) => None,
            (Self::Unverified, Authentication::Required, Direction::Ingress) => Some(Some(false)),
            // Nobody has shown it.
            (Self::Unverified, _, _) => Some(None),
            (Self::Allow, Authentication::Required, Direction::Ingress) => Some(Some(true)),
            // Nobody has shown a certificate before it is called.
            (Self::Allow, Authentication::Required, Direction::Egress)
            | (Self::Allow, Authentication::AlwaysFails, _) => None,
        }
    }
}

fn build(
    index: usize,
    direction: Direction,
    part: Part,
    peer: &Reach,
    ask: &ports::Ask,
    verified: Option<bool>,
) -> Rule {
    let action = match part {
        Part::Allow => Action::Allow,
        Part::Deny | Part::Unverified | Part::NotHttp | Part::Unlisted => Action::Deny,
    };
    let entity = Entity {
        verified,
        ..peer.entity.clone()
    };
    let mut rule = Rule::new(index, action);
    match direction {
        Direction::Ingress => rule.source = entity,
        Direction::Egress => rule.destination = entity,
    }
    rule.ip_version = peer.ip_version;
    rule.protocol = ask.protocol;
    rule.ports.clone_from(&ask.ports);
    rule.clauses.clone_from(&peer.clauses);
    rule.clauses.extend_from_slice(&ask.clauses);
    rule.rewrites.clone_from(&ask.rewrites);
    rule
}

/// Which workloads a spec governs.
fn applies_to(endpoints: &LabelSelector, namespace: Option<&str>) -> Selector {
    let own = peers::select(endpoints);
    match namespace {
        Some(namespace) => own.and(peers::in_namespace(namespace)),
        None => own,
    }
}

/// What happens to headers that are not as a rule expects.
fn rewrite(header: &cilium::HeaderMatch, mismatch: Mismatch) -> HeaderRewrite {
    HeaderRewrite {
        name: header.name.clone(),
        value: header.value.clone(),
        mismatch,
    }
}

/// Whether an entry of `toPorts` asks for HTTP.
fn is_http(rules: &ApplicationRules) -> bool {
    matches!(rules, ApplicationRules::Http(_))
}
