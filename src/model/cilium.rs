//! Cilium's shorthands spelt out (kubernetes-cilium.md 3.2 to 3.4).
//!
//! Cilium knows no order: every rule of every policy that selects a pod is in one pool, a deny
//! beats every allow, and HTTP rules refuse what they do not list. As tiers that is: what is denied;
//! what is allowed, with the isolation at its end; and for policies that do not isolate, the
//! requests that their HTTP rules do not list.

mod localhost;
mod peers;
mod ports;

pub(crate) use self::localhost::always;

use self::peers::{Nets, Reach};
use super::tiers::{KUBE_ADMIN, KUBE_BASELINE};
use super::{Entity, HeaderRewrite, Layer, Mismatch, Policy, Rule, Tier};
use crate::gather;
use crate::pace::Pace;
use crate::resources::Resources;
use crate::resources::calico::{Action, TierDefault};
use crate::resources::cilium::{self, ApplicationRules, Authentication, Posture, Spec};
use crate::resources::label_selector::LabelSelector;
use crate::selector::Selector;
use crate::verdict::{Direction, PolicyId};
use std::sync::Arc;

/// What it costs to spell out a rule.
const RULE_UNITS: usize = 512;

/// Cilium's policies, by the tiers they are in.
#[derive(Debug, Default)]
pub(super) struct Policies {
    /// What is denied, whatever is allowed.
    pub(super) deny: Vec<Policy>,
    /// What is allowed.
    pub(super) allow: Vec<Policy>,
    /// What HTTP rules refuse where nothing isolates.
    pub(super) http: Vec<Policy>,
}

/// The tier of denials.
const DENY_TIER: &str = "deny";
/// The tier of grants, at whose end isolated workloads refuse the rest.
const ALLOW_TIER: &str = "allow";
/// The tier of requests that HTTP rules do not list.
const HTTP_TIER: &str = "http";

/// The tiers of the layer. The own node comes before all of them; then administrators' policies,
/// and at the end their baseline. Kubernetes' NetworkPolicies are in one pool with Cilium's own
/// (kubernetes-cilium.md 3.4). The tier of grants is there even without policy, because a setting
/// may isolate all workloads at its end.
pub(super) fn tiers(policies: Policies, kubernetes: Kubernetes) -> Vec<Tier> {
    let tier = |name: &str, end, policies| Tier {
        layer: Layer::Kubernetes,
        name: name.to_owned(),
        end,
        policies,
    };
    let mut allow = policies.allow;
    allow.extend(kubernetes.pool);
    let tiers = [
        tier(
            localhost::TIER,
            TierDefault::Pass,
            vec![localhost::policy()],
        ),
        tier(KUBE_ADMIN, TierDefault::Pass, kubernetes.admin),
        tier(DENY_TIER, TierDefault::Pass, policies.deny),
        tier(ALLOW_TIER, TierDefault::Deny, allow),
        tier(HTTP_TIER, TierDefault::Pass, policies.http),
        tier(KUBE_BASELINE, TierDefault::Pass, kubernetes.baseline),
    ];
    let is_kept = |tier: &Tier| !tier.policies.is_empty() || tier.end == TierDefault::Deny;
    tiers.into_iter().filter(is_kept).collect()
}

/// Kubernetes' policies, in their order, by where they stand among Cilium's.
#[derive(Debug, Default)]
pub(super) struct Kubernetes {
    /// Administrators' policies that come first.
    pub(super) admin: Vec<Policy>,
    /// NetworkPolicies.
    pub(super) pool: Vec<Policy>,
    /// Administrators' policies that come last.
    pub(super) baseline: Vec<Policy>,
}

/// The policies, by kind, namespace and name: their order changes no verdict, but which rule is
/// told as its reason, and in which order headers are changed.
pub(super) async fn policies(resources: &Resources, pace: &Pace) -> Policies {
    let nets = Nets::of(resources);
    let mut policies = Policies::default();
    let by_name = resources.cilium_policies.iter();
    let by_name = gather::map(by_name.map(|policy| (&policy.metadata.id, policy)));
    for policy in by_name.into_values() {
        let mut first = First::default();
        for spec in &policy.specs {
            let speller = Speller {
                policy,
                spec,
                nets: &nets,
            };
            for direction in [Direction::Ingress, Direction::Egress] {
                let rules = speller.spell(direction, first.of(direction), &mut policies);
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
    spec: &'s Spec,
    nets: &'s Nets<'s>,
}

impl Speller<'_> {
    /// Adds what the spec says of one direction; how many rules that is.
    fn spell(
        &self,
        direction: Direction,
        (first_allow, first_deny): (usize, usize),
        into: &mut Policies,
    ) -> usize {
        let posture = match direction {
            Direction::Ingress => &self.spec.ingress,
            Direction::Egress => &self.spec.egress,
        };
        let each = |rules: &[cilium::Rule], first: usize, part: Part| -> Vec<Rule> {
            let rules = rules.iter().enumerate();
            rules
                .flat_map(|(index, rule)| {
                    self.rules(rule, first.saturating_add(index), direction, part)
                })
                .collect()
        };
        let deny = each(&posture.deny, first_deny, Part::Deny);
        let allow = each(&posture.allow, first_allow, Part::Allow);
        let http = if posture.isolates {
            Vec::new()
        } else {
            each(&posture.allow, first_allow, Part::Unlisted)
        };
        let count = [&deny, &allow, &http].iter().map(|rules| rules.len()).sum();
        if !deny.is_empty() {
            into.deny
                .push(self.model(DENY_TIER, direction, deny, posture));
        }
        if posture.isolates || !allow.is_empty() {
            into.allow
                .push(self.model(ALLOW_TIER, direction, allow, posture));
        }
        if !http.is_empty() {
            into.http
                .push(self.model(HTTP_TIER, direction, http, posture));
        }
        count
    }

    fn model(
        &self,
        tier: &str,
        direction: Direction,
        rules: Vec<Rule>,
        posture: &Posture,
    ) -> Policy {
        let id = &self.policy.metadata.id;
        let (ingress, egress) = match direction {
            Direction::Ingress => (Some(rules), None),
            Direction::Egress => (None, Some(rules)),
        };
        Policy {
            id: Arc::new(PolicyId {
                dialect: "cilium",
                tier: Some(tier.to_owned()),
                kind: id.kind,
                namespace: id.namespace.clone(),
                name: id.name.clone(),
            }),
            document: self.policy.metadata.document,
            staged: false,
            isolates: posture.isolates,
            home: None,
            applies_to: applies_to(&self.spec.endpoints, id.namespace.as_deref()),
            ingress,
            egress,
        }
    }

    /// One rule, spelt out for each kind of peer, protocol and rewriting HTTP rule.
    fn rules(
        &self,
        rule: &cilium::Rule,
        index: usize,
        direction: Direction,
        part: Part,
    ) -> Vec<Rule> {
        let Some(verified) = part.verified(rule.authentication, direction) else {
            return Vec::new();
        };
        let namespace = self.policy.metadata.id.namespace.as_deref();
        let peers = peers::spell(rule.peers.as_deref(), namespace, self.nets);
        let asks = ports::spell(&rule.ports, part);
        let mut spelt = Vec::new();
        for peer in &peers {
            for ask in &asks {
                spelt.push(build(index, direction, part, peer, ask, verified));
            }
        }
        spelt
    }
}

/// What becomes of a rule.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Part {
    /// It denies.
    Deny,
    /// It allows.
    Allow,
    /// Its HTTP rules refuse what they do not list.
    Unlisted,
}

impl Part {
    /// What is asked of the peer's certificate, if anything; none if the rule is for nobody.
    fn verified(
        self,
        authentication: Authentication,
        direction: Direction,
    ) -> Option<Option<bool>> {
        match (self, authentication, direction) {
            (Self::Deny | Self::Unlisted, _, _) | (_, Authentication::Disabled, _) => Some(None),
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
        Part::Deny | Part::Unlisted => Action::Deny,
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
    rule.clauses = peer.clauses.iter().chain(&ask.clauses).cloned().collect();
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
fn rewrite(header: &cilium::HeaderMatch, mismatch: cilium::Mismatch) -> HeaderRewrite {
    HeaderRewrite {
        name: header.name.clone(),
        value: header.value.clone(),
        mismatch: match mismatch {
            cilium::Mismatch::Log => Mismatch::Log,
            cilium::Mismatch::Add => Mismatch::Add,
            cilium::Mismatch::Delete => Mismatch::Delete,
            cilium::Mismatch::Replace => Mismatch::Replace,
        },
    }
}

/// Whether an entry of `toPorts` asks for HTTP.
fn is_http(rules: &ApplicationRules) -> bool {
    matches!(rules, ApplicationRules::Http(_))
}
