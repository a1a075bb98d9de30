//! From the model to the program of one workload and direction.

use super::aliases;
use super::clauses;
use super::conditions::Conditions;
use super::entities::Entities;
use super::mutual_tls;
use super::own_end::{OwnEnd, Said};
use super::{Condition, Local, PolicyProgram, Program, RuleProgram, TierProgram, TierSteps};
use crate::gather;
use crate::model::{
    self, CLUSTER_LABEL, Directory, Entity, InCluster, Layer, Model, Policy, Rule, Tier,
};
use crate::pace::{Pace, at_once};
use crate::peer::{PeerBinding, PlaintextPeers, Recognition};
use crate::selector::Selector;
use crate::settings::{CiliumEnforcement, Settings};
use crate::terms::{Action, TierDefault};
use crate::truth::Truth;
use crate::verdict::{Direction, PolicyId, RuleId};
use ipnet::IpNet;
use std::cell::OnceCell;
use std::net::IpAddr;
use std::sync::Arc;

/// What it costs to see whether a policy selects the workload.
const SELECT_UNITS: usize = 64;
/// What it costs to compile a rule.
const RULE_UNITS: usize = 1024;
/// What it costs to put a rule in its place, and under what it is found.
const STEP_UNITS: usize = 64;

impl Program {
    /// What `local` enforces in `direction` under the policy of `model`.
    #[must_use]
    pub fn compile(
        model: Arc<Model>,
        local: Local,
        direction: Direction,
        settings: Settings,
    ) -> Self {
        let pace = Pace::unbounded();
        at_once(Self::compile_in_slices(
            model, local, direction, settings, &pace,
        ))
    }

    /// What `local` enforces in `direction` under the policy of `model`, compiled in slices.
    pub async fn compile_in_slices(
        model: Arc<Model>,
        local: Local,
        direction: Direction,
        mut settings: Settings,
        pace: &Pace,
    ) -> Self {
        if direction == Direction::Egress {
            // Whoever is called has shown no certificate yet: it is known by its address.
            settings.recognition = Recognition {
                binding: PeerBinding::Address,
                plaintext: PlaintextPeers::ByAddress,
            };
        }
        // Nothing changes in it before the program is compiled.
        let directory = model.directory.read();
        let always = is_always(&settings).then(model::always);
        let mut compiler = Compiler {
            directory: &directory,
            own_end: OwnEnd::new(&local, &directory),
            local: &local,
            settings: &settings,
            direction,
            entities: Vec::new(),
            known: Vec::new(),
            conditions: Conditions::new(&local, direction),
            isolation: always.as_ref().map(|(_, policy)| policy),
            own_nodes: OnceCell::new(),
        };
        let mut tiers = Vec::new();
        // Cilium's tiers where no policy of the bundle isolates as Cilium does, and workloads are
        // isolated all the same.
        let is_bare = !model.tiers.iter().any(isolates_as_cilium);
        let bare = always.iter().filter(|_| is_bare);
        let bare = bare.flat_map(|(tiers, _)| tiers);
        for tier in model.tiers.iter().chain(bare) {
            tiers.extend(compiler.tier(tier, pace).await);
        }
        if direction == Direction::Ingress {
            let intern = |entity: &Entity| compiler.intern(entity, Action::Deny);
            let tier = mutual_tls::tier(&model, &local, &settings, intern);
            let before = tiers.iter().position(|tier| tier.layer == Layer::Istio);
            let place = before.unwrap_or(tiers.len());
            tiers.splice(place..place, tier);
        }
        let steps = steps(&tiers, direction, pace).await;
        let port_questions = compiler.conditions.into_port_questions();
        let entities = compiler.entities;
        drop(directory);
        let units = entities.len().saturating_mul(STEP_UNITS);
        let entities = Entities::new(entities);
        pace.spend(units).await;
        let profile = profile(&local.workload.namespace, direction);
        Self {
            model,
            local,
            direction,
            settings,
            metadata: metadata(&tiers),
            tiers,
            steps,
            entities,
            port_questions,
            profile,
        }
    }
}

struct Compiler<'m> {
    directory: &'m Directory,
    local: &'m Local,
    settings: &'m Settings,
    own_end: OwnEnd<'m>,
    direction: Direction,
    entities: Vec<Arc<Entity>>,
    /// Their numbers, in their order.
    known: Vec<usize>,
    conditions: Conditions<'m>,
    /// The policy that isolates whatever policy there is, where the operator says so.
    isolation: Option<&'m Policy>,
    /// Every address of our node, once a rule asks for it.
    own_nodes: OnceCell<Vec<IpAddr>>,
}

impl<'m> Compiler<'m> {
    async fn tier(&mut self, tier: &'m Tier, pace: &Pace) -> Option<TierProgram> {
        let mut policies = Vec::new();
        for policy in &tier.policies {
            let compiled = self.policy(policy);
            let rules = compiled.as_ref().map_or(0, |policy| policy.rules.len());
            policies.extend(compiled);
            let units = rules.saturating_mul(RULE_UNITS);
            pace.spend(SELECT_UNITS.saturating_add(units)).await;
        }
        if let Some(isolation) = self.isolation.filter(|_| isolates_as_cilium(tier)) {
            policies.extend(self.policy(isolation));
        }
        let governs = !policies.is_empty();
        let mut rules = policies.iter().flat_map(|policy| &policy.rules);
        let rewrites = rules.any(|rule| !rule.rewrites.is_empty());
        governs.then(|| TierProgram {
            layer: tier.layer,
            name: tier.name.clone(),
            end: tier.end,
            policies,
            rewrites,
        })
    }

    fn policy(&mut self, policy: &'m Policy) -> Option<PolicyProgram> {
        let rules = policy.rules(self.direction)?;
        if !governs(policy, self.local, self.settings) {
            return None;
        }
        // Calico's own code takes ports of sidecars for those of the pod, that of the others does not.
        let sidecars = policy.id.dialect == "calico";
        let rules = rules.iter().filter_map(|rule| self.rule(rule, sidecars));
        Some(PolicyProgram {
            rules: rules.collect(),
            id: Arc::clone(&policy.id),
            document: policy.document,
            staged: policy.staged,
            isolates: policy.isolates,
        })
    }

    /// The rule as it looks from this end; none if this end already fails it.
    fn rule(&mut self, rule: &'m Rule, sidecars: bool) -> Option<RuleProgram> {
        let (own, peer) = match self.direction {
            Direction::Ingress => (&rule.destination, &rule.source),
            Direction::Egress => (&rule.source, &rule.destination),
        };
        let (own_end, by_address) = match self.own_end.judge(own) {
            Said::Always(Truth::False) => return None,
            Said::Always(truth) => (truth, None),
            Said::Of(addresses) => (Truth::True, Some(Condition::OwnAddress(addresses))),
        };
        let mut conditions = self.conditions.of(own, rule, sidecars);
        conditions.extend(by_address.map(Arc::new));
        Some(RuleProgram {
            index: rule.index,
            action: rule.action,
            own_end,
            peer: self.intern(peer, rule.action),
            ip_version: rule.ip_version,
            conditions,
            rewrites: rule.rewrites.clone(),
        })
    }

    fn intern(&mut self, entity: &Entity, action: Action) -> usize {
        if entity.own_host {
            let host = self.own_host(entity, action);
            return self.intern(&host, action);
        }
        if entity.other_host {
            let hosts = self.other_host(entity, action);
            return self.intern(&hosts, action);
        }
        if let Some(settled) = self.in_cluster(entity) {
            return self.intern(&settled, action);
        }
        let expanded = self.expand(entity);
        let entity = expanded.as_ref().unwrap_or(entity);
        let entities = &self.entities;
        let compare = |other: usize| entities.get(other).map(AsRef::as_ref).cmp(&Some(entity));
        let index = gather::number(&mut self.known, entities.len(), &compare);
        if index == entities.len() {
            self.entities.push(Arc::new(entity.clone()));
        }
        index
    }

    /// An entity that asks for principals, with those of all our trust domains.
    fn expand(&self, entity: &Entity) -> Option<Entity> {
        let domains: Vec<String> = self.settings.own_domains().cloned().collect();
        let principals = entity.principals.iter();
        (!entity.principals.is_empty()).then(|| Entity {
            principals: principals
                .map(|one| aliases::expand(one, &domains))
                .collect(),
            ..entity.clone()
        })
    }

    /// An entity that asks for the name of the cluster, with what its selectors say then; none if it
    /// does not. Only selectors of pods ask for it.
    fn in_cluster(&self, entity: &Entity) -> Option<Entity> {
        let cluster = &self.settings.cilium_cluster;
        let settle = |selector: &Option<Selector>| {
            let settled = selector.as_ref()?.settled(CLUSTER_LABEL, cluster);
            settled.map(Some)
        };
        let (member, not_member) = (settle(&entity.member), settle(&entity.not_member));
        (member.is_some() || not_member.is_some()).then(|| Entity {
            member: member.unwrap_or_else(|| entity.member.clone()),
            not_member: not_member.unwrap_or_else(|| entity.not_member.clone()),
            ..entity.clone()
        })
    }

    /// An entity that asks for addresses beside those of our node, with these spelt out. Where they
    /// are not known, nothing is certain of it.
    fn other_host(&self, entity: &Entity, action: Action) -> Entity {
        let local = self.local;
        let mut own = local.node_addresses.clone();
        if action == Action::Allow {
            own.extend(self.own_nodes());
        }
        let own = own.into_iter().chain(local.addresses.iter().copied());
        let own = own.map(Into::into);
        Entity {
            other_host: false,
            unknowable: entity.unknowable || local.node_addresses.is_empty(),
            not_nets: entity.not_nets.iter().copied().chain(own).collect(),
            ..entity.clone()
        }
    }

    /// Every address of our node, as far as Node objects tell.
    fn own_nodes(&self) -> &[IpAddr] {
        let find = || self.directory.of_same_nodes(&self.local.node_addresses);
        self.own_nodes.get_or_init(find)
    }

    /// An entity that asks for our own addresses and those of our node, with the addresses spelt
    /// out. Where the node's are not known, a Deny must not miss them.
    fn own_host(&self, entity: &Entity, action: Action) -> Entity {
        let local = self.local;
        let nets = local.addresses.iter().chain(&local.node_addresses);
        let mut nets: Vec<IpNet> = nets.copied().map(Into::into).collect();
        if action == Action::Deny {
            nets.extend(self.own_nodes().iter().copied().map(IpNet::from));
            if local.node_addresses.is_empty() {
                // Any address may be one of them.
                nets.clear();
            }
        }
        Entity {
            own_host: false,
            unknowable: entity.unknowable || nets.is_empty(),
            nets,
            ..entity.clone()
        }
    }
}

/// Whether a policy is about this workload, in whatever direction.
fn governs(policy: &Policy, local: &Local, settings: &Settings) -> bool {
    let never = settings.cilium_enforcement == CiliumEnforcement::Never;
    if never && policy.id.dialect == "cilium" {
        return false;
    }
    let is_home =
        |home: &String| *home == local.workload.namespace || *home == settings.istio_root_namespace;
    let reaches_us = policy.home.as_ref().is_none_or(is_home);
    let own = InCluster {
        labels: &local.workload.labels,
        cluster: &settings.cilium_cluster,
    };
    reaches_us && policy.applies_to.matches(&own)
}

/// Whether some policy is about the workload in this direction.
pub(crate) async fn is_governed(
    model: &Model,
    local: &Local,
    direction: Direction,
    settings: &Settings,
    pace: &Pace,
) -> bool {
    for policy in model.tiers.iter().flat_map(|tier| &tier.policies) {
        let speaks = policy.rules(direction).is_some();
        if speaks && governs(policy, local, settings) {
            return true;
        }
        pace.spend(SELECT_UNITS).await;
    }
    false
}

/// The rules of each tier as they are walked.
async fn steps(tiers: &[TierProgram], direction: Direction, pace: &Pace) -> Vec<TierSteps> {
    let mut steps = Vec::new();
    for tier in tiers {
        let of_tier = TierSteps::of(tier, direction);
        let units = of_tier.steps.len().saturating_mul(STEP_UNITS);
        steps.push(of_tier);
        pace.spend(units).await;
    }
    steps
}

fn is_always(settings: &Settings) -> bool {
    settings.cilium_enforcement == CiliumEnforcement::Always
}

/// Whether the end of a tier is where Cilium isolates.
fn isolates_as_cilium(tier: &Tier) -> bool {
    tier.layer == Layer::Kubernetes && tier.end == TierDefault::Deny
}

/// The paths of dynamic metadata that rules ask for, each once.
fn metadata(tiers: &[TierProgram]) -> Vec<Vec<String>> {
    let mut paths: Vec<&Vec<String>> = Vec::new();
    let policies = tiers.iter().flat_map(|tier| &tier.policies);
    for rule in policies.flat_map(|policy| &policy.rules) {
        let conditions = rule.conditions.iter().map(AsRef::as_ref);
        clauses::metadata(conditions, &mut paths);
    }
    paths.into_iter().cloned().collect()
}

/// The profile every Kubernetes namespace has: it allows all (calico.md 2.5).
fn profile(namespace: &str, direction: Direction) -> RuleId {
    let policy = Arc::new(PolicyId {
        dialect: "calico",
        tier: None,
        kind: "Profile",
        namespace: None,
        name: format!("kns.{namespace}"),
    });
    RuleId::new(policy, direction, Some(0))
}
