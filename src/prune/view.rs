//! The pruned bundle of one workload.

use super::effect::{Change, Effect};
use super::fleet::Fleet;
use super::fold::{Extent, fold};
use super::identities::IdentityId;
use super::questions::QuestionId;
use super::relevance::Relevance;
use super::surroundings::{AccountName, SetName};
use crate::bundle::{Audience, Object, ObjectKey, Revision, Store};
use crate::model::Workload;
use serde_json::json;
use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::sync::Arc;

/// The pruned bundle of one workload, as of the last change that it followed.
#[derive(Debug)]
pub struct View {
    audience: Audience,
    /// The workload, as selectors see it.
    workload: Workload,
    has_address: bool,
    tiers: BTreeSet<String>,
    /// Whether a policy asks for nodes.
    asks_nodes: bool,
    /// Whether a policy is of Kubernetes, which stands elsewhere beside Calico's.
    is_kubernetes: bool,
    relevance: Relevance,
    /// The identities that are kept, and the objects they are folded into.
    kept: BTreeMap<IdentityId, Kept>,
    /// An identity that no rule needs, kept where the bundle would have no address otherwise.
    stand_in: Option<IdentityId>,
    store: Store,
    revision: Revision,
}

#[derive(Debug)]
struct Kept {
    objects: Vec<Arc<ObjectKey>>,
    has_address: bool,
}

/// The pod of a view is gone.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Gone;

impl fmt::Display for Gone {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the pod is gone")
    }
}

impl std::error::Error for Gone {}

/// What was at the keys that a change touched.
type Before = BTreeMap<Arc<ObjectKey>, Option<Object>>;

impl View {
    pub(super) fn new(fleet: &Fleet, audience: &Audience) -> Option<Self> {
        let (workload, has_address, pod) = fleet.pod(&audience.namespace, &audience.pod)?;
        let (keys, policies): (Vec<_>, Vec<_>) = fleet.policies_of(workload).into_iter().unzip();
        let policies: Vec<_> = policies.into_iter().cloned().collect();
        let mut store = Store::default();
        store.insert(pod);
        let policy_objects = keys.into_iter().filter_map(|key| fleet.store().get(key));
        let tiers = policies.iter().flat_map(|policy| &policy.tiers);
        let tiers: BTreeSet<String> = tiers.cloned().collect();
        let tier_objects = tiers.iter().filter_map(|tier| fleet.tier(tier));
        for object in policy_objects.chain(tier_objects) {
            store.insert(object.clone());
        }
        let asks_nodes = policies.iter().any(|policy| policy.asks_nodes);
        let nodes = asks_nodes.then(|| fleet.nodes()).into_iter().flatten();
        nodes.for_each(|node| drop(store.insert(node.clone())));
        let is_kubernetes = policies.iter().any(|policy| policy.dialect == "kubernetes");
        if is_kubernetes && fleet.has_calico() && !brings_calico(fleet, &policies) {
            store.insert(calico_marker()?);
        }
        let mut view = Self {
            asks_nodes,
            is_kubernetes,
            audience: audience.clone(),
            workload: workload.clone(),
            has_address,
            tiers,
            relevance: Relevance::of(&policies, &fleet.questions),
            kept: BTreeMap::new(),
            stand_in: None,
            revision: store.revision(),
            store,
        };
        view.fill(fleet);
        Some(view)
    }

    /// For whom it is.
    #[must_use]
    pub fn audience(&self) -> &Audience {
        &self.audience
    }

    /// Its objects.
    #[must_use]
    pub fn store(&self) -> &Store {
        &self.store
    }

    /// Its revision.
    #[must_use]
    pub fn revision(&self) -> Revision {
        self.revision
    }

    /// Follows a change of the fleet it was made from. `effect` is all that has happened to the
    /// fleet since the view was made or followed last; none if that changes nothing for it.
    ///
    /// # Errors
    ///
    /// If the pod is gone; the view stays as it was.
    pub fn follow(&mut self, fleet: &Fleet, effect: &Effect) -> Result<Option<Change>, Gone> {
        let Audience { namespace, pod, .. } = &self.audience;
        if !fleet.has_pod(namespace, pod) {
            return Err(Gone);
        }
        if self.is_made_anew_by(effect) {
            let old = fleet.view(&self.audience).ok_or(Gone)?;
            let old = std::mem::replace(self, old);
            let mut before: Before = Before::new();
            for object in old.store.objects() {
                before.insert(Arc::clone(&object.key), Some(object.clone()));
            }
            for object in self.store.objects() {
                before.entry(Arc::clone(&object.key)).or_insert(None);
            }
            return Ok(self.change(old.revision, before));
        }
        let from = self.revision;
        let mut before = Before::new();
        for name in &effect.namespaces {
            let object = self.namespace(fleet, name);
            self.set(("v1", "Namespace", None, name), object, &mut before);
        }
        for name in &effect.accounts {
            let object = self.account(fleet, name);
            let (namespace, name) = name;
            let key = (
                "v1",
                "ServiceAccount",
                Some(namespace.as_str()),
                name.as_str(),
            );
            self.set(key, object, &mut before);
        }
        for name in &effect.sets {
            let object = fleet.surroundings.set_object(name, &self.relevance);
            self.set(set_key(name), object, &mut before);
        }
        // A set around a pod may make a rule hold there, so that its address must be known.
        if before.keys().any(|key| key.kind.ends_with("NetworkSet")) {
            self.see_identities(fleet, &mut before);
        }
        for id in &effect.identities {
            let wanted = self.wants(fleet, *id);
            self.keep(fleet, *id, wanted, &mut before);
        }
        self.see_stand_in(fleet, &mut before);
        if before.is_empty() {
            return Ok(None);
        }
        self.revision = self.store.revision();
        Ok(self.change(from, before))
    }

    /// Whether it may be that other policies govern the workload, or that they are others.
    fn is_made_anew_by(&self, effect: &Effect) -> bool {
        let Audience { namespace, pod, .. } = &self.audience;
        let account = (namespace.clone(), self.workload.service_account.clone());
        let governs = |policy: &Arc<super::entry::Policy>| policy.governs(&self.workload);
        effect.pods.contains(&(namespace.clone(), pod.clone()))
            || (effect.nodes && self.asks_nodes)
            || (effect.calico && self.is_kubernetes)
            || effect.namespaces.contains(namespace)
            || effect.accounts.contains(&account)
            || !effect.tiers.is_disjoint(&self.tiers)
            || effect.policies.iter().any(governs)
    }

    fn change(&self, from: Revision, before: Before) -> Option<Change> {
        let mut change = Change {
            from,
            to: self.revision,
            upsert: Vec::new(),
            remove: Vec::new(),
        };
        for (key, before) in before {
            match (before, self.store.get(&key)) {
                (Some(before), Some(after)) if before.leaf == after.leaf => {}
                (_, Some(after)) => change.upsert.push(after.clone()),
                (Some(_), None) => change.remove.push((*key).clone()),
                (None, None) => {}
            }
        }
        (change.from != change.to).then_some(change)
    }

    /// Fills a new view.
    fn fill(&mut self, fleet: &Fleet) {
        let surroundings = &fleet.surroundings;
        let namespaces = surroundings.namespaces();
        let namespaces = namespaces.filter_map(|name| self.namespace(fleet, name));
        let accounts = surroundings.accounts();
        let accounts = accounts.filter_map(|name| self.account(fleet, name));
        let sets = surroundings.sets();
        let sets = sets.filter_map(|name| surroundings.set_object(name, &self.relevance));
        let objects: Vec<Object> = namespaces.chain(accounts).chain(sets).collect();
        for object in objects {
            self.store.insert(object);
        }
        let mut before = Before::new();
        self.see_identities(fleet, &mut before);
        self.see_stand_in(fleet, &mut before);
        self.revision = self.store.revision();
    }

    /// Keeps of every identity what rules need, and nothing of others.
    fn see_identities(&mut self, fleet: &Fleet, before: &mut Before) {
        let mut needed = BTreeSet::new();
        let mut holders = BTreeSet::new();
        for question in &self.relevance.questions {
            let needs = fleet.questions.needed(
                *question,
                self.audience.by_principal,
                &fleet.identities,
                fleet.surroundings.directory(),
            );
            let Some(needs) = needs else {
                continue;
            };
            holders.extend(&needs.holders);
            for id in &needs.identities {
                if !needed.contains(id) {
                    needed.extend(fleet.identities.company(*id));
                }
            }
        }
        if let Some(own) = self.own_crowd(fleet) {
            needed.extend(fleet.identities.company(own));
        }
        let old: Vec<IdentityId> = self.kept.keys().copied().collect();
        for id in old {
            if !needed.contains(&id) && !holders.contains(&id) && self.stand_in != Some(id) {
                self.keep(fleet, id, None, before);
            }
        }
        for id in holders.difference(&needed) {
            self.keep(fleet, *id, Some(Extent::Holders), before);
        }
        for id in needed {
            self.keep(fleet, id, Some(Extent::Whole), before);
        }
    }

    /// The object of a namespace, if it belongs here.
    fn namespace(&self, fleet: &Fleet, name: &str) -> Option<Object> {
        let asked = &self.relevance;
        let (all, own) = (&asked.of_namespaces, &asked.of_own_namespace);
        if name == self.audience.namespace {
            fleet.surroundings.namespace_object(name, &[all, own])
        } else {
            fleet.surroundings.namespace_object(name, &[all])
        }
    }

    /// The object of a service account, if it belongs here.
    fn account(&self, fleet: &Fleet, name: &AccountName) -> Option<Object> {
        let asked = &self.relevance;
        let (all, own) = (&asked.of_accounts, &asked.of_own_account);
        let (namespace, account) = name;
        if *namespace == self.audience.namespace && *account == self.workload.service_account {
            fleet.surroundings.account_object(name, &[all, own])
        } else {
            fleet.surroundings.account_object(name, &[all])
        }
    }

    /// Keeps of an identity what is wanted, or leaves it out.
    fn keep(&mut self, fleet: &Fleet, id: IdentityId, wanted: Option<Extent>, before: &mut Before) {
        if wanted.is_none() && !self.kept.contains_key(&id) {
            return;
        }
        let identity = fleet.identities.get(id).zip(wanted);
        let ports = &self.relevance.ports;
        let labels = if self.is_near(fleet, id) {
            &self.relevance.own_labels
        } else {
            &self.relevance.labels
        };
        let objects = identity.map(|(identity, extent)| fold(identity, extent, labels, ports));
        let objects = objects.unwrap_or_default();
        let keys: BTreeSet<Arc<ObjectKey>> = objects
            .iter()
            .map(|object| Arc::clone(&object.key))
            .collect();
        let old = self.kept.remove(&id);
        for key in old.into_iter().flat_map(|old| old.objects) {
            if !keys.contains(&key) {
                self.put(&key, None, before);
            }
        }
        for object in objects {
            self.put(&Arc::clone(&object.key), Some(object), before);
        }
        if let Some((identity, extent)) = identity {
            let has_address = extent == Extent::Whole && identity.addresses().next().is_some();
            let objects = keys.into_iter().collect();
            self.kept.insert(
                id,
                Kept {
                    objects,
                    has_address,
                },
            );
        }
    }

    /// How much of an identity is wanted, if anything.
    fn wants(&self, fleet: &Fleet, id: IdentityId) -> Option<Extent> {
        if self.stand_in == Some(id) {
            return Some(Extent::Whole);
        }
        self.needs(fleet, id)
    }

    /// How much of an identity a rule needs: all of it also where the rule needs one that it shares
    /// an address with.
    fn needs(&self, fleet: &Fleet, id: IdentityId) -> Option<Extent> {
        let company = fleet.identities.company(id);
        let directory = fleet.surroundings.directory();
        let by_principal = self.audience.by_principal;
        let of = |question| {
            let identities = &fleet.identities;
            fleet
                .questions
                .needed(question, by_principal, identities, directory)
        };
        let mut questions = self.relevance.questions.iter();
        let is_needed = questions.any(|question| {
            let needed = of(*question).map(|needs| &needs.identities);
            needed.is_some_and(|needed| company.iter().any(|one| needed.contains(one)))
        });
        let is_own = || {
            self.own_crowd(fleet)
                .is_some_and(|own| company.contains(&own))
        };
        if is_needed || is_own() {
            return Some(Extent::Whole);
        }
        let mut questions = self.relevance.questions.iter();
        let holds =
            |question: &QuestionId| of(*question).is_some_and(|needs| needs.holders.contains(&id));
        questions.any(holds).then_some(Extent::Holders)
    }

    /// Whether an identity is the workload's own, or may be at an address of it.
    fn is_near(&self, fleet: &Fleet, id: IdentityId) -> bool {
        let Workload {
            namespace,
            service_account,
            ..
        } = &self.workload;
        let own = fleet.identities.find(namespace, service_account);
        own == Some(id)
            || self
                .own_crowd(fleet)
                .is_some_and(|own| fleet.identities.company(own).contains(&id))
    }

    /// The workload's own identity, if others have an address of it too: a rule may ask of its own
    /// end what is true of them.
    fn own_crowd(&self, fleet: &Fleet) -> Option<IdentityId> {
        let Audience { namespace, pod, .. } = &self.audience;
        fleet.crowd_of_pod(namespace, pod)
    }

    /// A bundle without any address is refused where addresses count, so one that has lost them
    /// all by being pruned gets one back.
    fn see_stand_in(&mut self, fleet: &Fleet, before: &mut Before) {
        let others = self
            .kept
            .iter()
            .filter(|(id, _)| Some(**id) != self.stand_in);
        let mut others = others.map(|(_, kept)| kept);
        let is_addressed = self.has_address || others.any(|kept| kept.has_address);
        let stand_in = if is_addressed {
            None
        } else {
            fleet.identities.first_with_address()
        };
        let old = std::mem::replace(&mut self.stand_in, stand_in);
        if old != stand_in {
            for id in old.into_iter().chain(stand_in) {
                let wanted = self.wants(fleet, id);
                self.keep(fleet, id, wanted, before);
            }
        }
    }

    /// Makes the object of that key this one, or none.
    fn set(&mut self, key: Key<'_>, object: Option<Object>, before: &mut Before) {
        let (api_version, kind, namespace, name) = key;
        let key = ObjectKey {
            api_version: api_version.to_owned(),
            kind: kind.to_owned(),
            namespace: namespace.map(str::to_owned),
            name: name.to_owned(),
        };
        self.put(&Arc::new(key), object, before);
    }

    fn put(&mut self, key: &Arc<ObjectKey>, object: Option<Object>, before: &mut Before) {
        let old = self.store.get(key);
        if old.map(|old| old.leaf) == object.as_ref().map(|object| object.leaf) {
            return;
        }
        before.entry(Arc::clone(key)).or_insert(old.cloned());
        match object {
            Some(object) => drop(self.store.insert(object)),
            None => drop(self.store.remove(key)),
        }
    }
}

/// Whether these policies, or the objects of their tiers, tell that Calico's tiers are there.
fn brings_calico(fleet: &Fleet, policies: &[Arc<super::entry::Policy>]) -> bool {
    let mut policies = policies.iter();
    policies.any(|policy| {
        policy.brings_calico() || policy.tiers.iter().any(|tier| fleet.tier(tier).is_some())
    })
}

/// The tier that there is in any case, so that Kubernetes policy stands in Calico's tiers although
/// no policy of Calico's selects the workload.
fn calico_marker() -> Option<Object> {
    let object = json!({
        "apiVersion": "projectcalico.org/v3",
        "kind": "Tier",
        "metadata": {"name": "default"},
        "spec": {"order": 1_000_000, "defaultAction": "Deny"},
    });
    Object::new(object).ok()
}

/// Version, kind, namespace and name.
type Key<'k> = (&'k str, &'k str, Option<&'k str>, &'k str);

/// The key that a network set has in a view, whichever version it is given in.
fn set_key((namespace, name): &SetName) -> Key<'_> {
    let kind = match namespace {
        Some(_) => "NetworkSet",
        None => "GlobalNetworkSet",
    };
    ("projectcalico.org/v3", kind, namespace.as_deref(), name)
}
