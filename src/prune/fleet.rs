//! Every object of a mesh, decoded once, and indexed so that views can be made and can follow.

use super::effect::Effect;
use super::entry::{self, Decoded, Policy};
use super::identities::{Identities, IdentityId};
use super::naming::{Name, account_name, name, set_name};
use super::place::{self, Placed};
use super::questions::Questions;
use super::surroundings::Surroundings;
use super::view::View;
use super::warnings;
use crate::bundle::{Audience, Object, ObjectKey, Revision, Store};
use crate::model::Workload;
use crate::problem::Problems;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, OnceLock};

/// Every object of a mesh: the whole bundle, and what is needed to prune it.
#[derive(Debug)]
pub struct Fleet {
    pub(super) store: Store,
    revision: Revision,
    entries: BTreeMap<Arc<ObjectKey>, Entry>,
    /// Which object has a name: two versions of one group may both claim it.
    pub(super) names: BTreeMap<Name, Arc<ObjectKey>>,
    /// By namespace; none for the global ones.
    policies: BTreeMap<Option<String>, BTreeMap<Arc<ObjectKey>, Arc<Policy>>>,
    tiers: BTreeMap<String, Arc<ObjectKey>>,
    /// The nodes, trimmed, and the groups of networks.
    nodes: BTreeMap<Arc<ObjectKey>, Object>,
    pub(super) identities: Identities,
    pub(super) surroundings: Surroundings,
    pub(super) questions: Questions,
    warnings: OnceLock<Problems>,
}

/// Where the parts of an object are.
#[derive(Debug)]
enum Entry {
    Policy(Arc<Policy>),
    Tier,
    Namespace,
    ServiceAccount,
    NetworkSet,
    Node,
    Pod(IdentityId),
    Group(IdentityId),
    Nothing,
}

impl Fleet {
    /// Decodes a whole bundle. Takes what [`crate::resources::decode`] takes, but for lists, which
    /// [`crate::bundle::flatten`] takes apart.
    ///
    /// # Errors
    ///
    /// Every mistake; [`crate::problem::Problem::document`] is the position among these objects.
    pub fn load(objects: impl IntoIterator<Item = Object>) -> Result<Self, Problems> {
        let mut store = Store::default();
        let mut fleet = Self {
            revision: store.revision(),
            store,
            entries: BTreeMap::new(),
            names: BTreeMap::new(),
            policies: BTreeMap::new(),
            tiers: BTreeMap::new(),
            nodes: BTreeMap::new(),
            identities: Identities::default(),
            surroundings: Surroundings::default(),
            questions: Questions::default(),
            warnings: OnceLock::new(),
        };
        fleet.apply(objects.into_iter().collect(), Vec::new())?;
        Ok(fleet)
    }

    /// What has no effect, or not the expected one. [`crate::problem::Problem::document`] is the position in
    /// [`Self::store`]. Worked out when it is first asked for after a change, which takes long in
    /// a large fleet.
    pub fn warnings(&self) -> &Problems {
        self.warnings.get_or_init(|| warnings::of(&self.store))
    }

    /// The whole bundle.
    #[must_use]
    pub fn store(&self) -> &Store {
        &self.store
    }

    /// The revision of the whole bundle.
    #[must_use]
    pub fn revision(&self) -> Revision {
        self.revision
    }

    /// The pods that views can be made for, by namespace and name.
    pub fn pods(&self) -> impl Iterator<Item = (&str, &str)> {
        let first = ("Pod".to_owned(), String::new(), String::new());
        self.names
            .range(first..)
            .map(|((kind, namespace, name), _)| (&**kind, &**namespace, &**name))
            .take_while(|(kind, ..)| *kind == "Pod")
            .map(|(_, namespace, name)| (namespace, name))
    }

    /// The bundle of one workload; none if there is no such pod.
    #[must_use]
    pub fn view(&self, audience: &Audience) -> Option<View> {
        View::new(self, audience)
    }

    /// Removes objects, then adds or replaces others: all of it, or nothing. What is to be removed
    /// and is not there is no mistake.
    ///
    /// # Errors
    ///
    /// Every mistake; [`crate::problem::Problem::document`] is the position in `upsert`.
    pub fn apply(
        &mut self,
        upsert: Vec<Object>,
        remove: Vec<ObjectKey>,
    ) -> Result<Effect, Problems> {
        let decoded = self.admit(&upsert, &remove)?;
        let had_calico = self.has_calico();
        let mut effect = Effect::default();
        for key in remove {
            self.take(&key, &mut effect);
        }
        for object in &upsert {
            self.take(&object.key, &mut effect);
        }
        let mut placed = Vec::new();
        for (object, decoded) in upsert.into_iter().zip(decoded) {
            match decoded {
                Decoded::Pod(pod) => placed.push((Arc::clone(&object.key), pod, true)),
                Decoded::Group(group) => placed.push((Arc::clone(&object.key), group, false)),
                other @ (Decoded::Policy(..)
                | Decoded::Tier
                | Decoded::Namespace(_)
                | Decoded::ServiceAccount(_)
                | Decoded::NetworkSet(_)
                | Decoded::Node(_)
                | Decoded::Networks(_)
                | Decoded::Nothing) => {
                    let entry = self.put(&object.key, other, &mut effect);
                    self.entries.insert(Arc::clone(&object.key), entry);
                }
            }
            self.names
                .insert(name(&object.key), Arc::clone(&object.key));
            self.store.insert(object);
        }
        effect.calico = self.has_calico() != had_calico;
        self.refresh_surroundings(&mut effect);
        for (key, placed, is_pod) in placed {
            self.place(key, &placed, is_pod, &mut effect);
        }
        let directory = self.surroundings.directory();
        self.questions
            .touch(&effect.identities, &self.identities, directory);
        self.revision = self.store.revision();
        self.warnings.take();
        Ok(effect)
    }

    /// The policies that govern a workload.
    pub(super) fn policies_of(&self, workload: &Workload) -> Vec<(&Arc<ObjectKey>, &Arc<Policy>)> {
        let namespaces = [None, Some(workload.namespace.clone())];
        namespaces
            .iter()
            .filter_map(|namespace| self.policies.get(namespace))
            .flatten()
            .filter(|(_, policy)| policy.governs(workload))
            .collect()
    }

    /// Whether Calico's tiers are there for Kubernetes policy to join.
    pub(super) fn has_calico(&self) -> bool {
        let mut policies = self.policies.values().flat_map(BTreeMap::values);
        !self.tiers.is_empty() || policies.any(|policy| policy.brings_calico())
    }

    /// The nodes, trimmed, and the groups of networks.
    pub(super) fn nodes(&self) -> impl Iterator<Item = &Object> {
        self.nodes.values()
    }

    /// The object of a tier, if it has one.
    pub(super) fn tier(&self, name: &str) -> Option<&Object> {
        self.store.get(self.tiers.get(name)?)
    }

    /// A pod: what selectors see of it, whether it has an address, and its object, trimmed.
    pub(super) fn pod(&self, namespace: &str, pod: &str) -> Option<(&Workload, bool, Object)> {
        let name = ("Pod".to_owned(), namespace.to_owned(), pod.to_owned());
        let key = self.names.get(&name)?;
        let Entry::Pod(id) = self.entries.get(key)? else {
            return None;
        };
        let identity = self.identities.get(*id)?;
        let (workload, addresses) = identity.of_object(key)?;
        // Which node a pod is on matters to itself alone, so it is read again and not kept.
        let Ok(Decoded::Pod(placed)) = entry::decode(self.store.get(key)?) else {
            return None;
        };
        let object = place::trimmed_pod(pod, workload, addresses, &placed, identity.bare())?;
        Some((workload, !addresses.is_empty(), object))
    }

    /// The identity of a pod, if others are at an address of it.
    pub(super) fn crowd_of_pod(&self, namespace: &str, pod: &str) -> Option<IdentityId> {
        let name = ("Pod".to_owned(), namespace.to_owned(), pod.to_owned());
        let key = self.names.get(&name)?;
        let Entry::Pod(id) = self.entries.get(key)? else {
            return None;
        };
        let (_, addresses) = self.identities.get(*id)?.of_object(key)?;
        let mut addresses = addresses.iter();
        addresses
            .any(|address| self.identities.is_crowded(*address))
            .then_some(*id)
    }

    /// Whether there is such a pod.
    pub(super) fn has_pod(&self, namespace: &str, pod: &str) -> bool {
        let name = ("Pod".to_owned(), namespace.to_owned(), pod.to_owned());
        self.names.contains_key(&name)
    }

    /// Takes an object out, if it is there.
    fn take(&mut self, key: &ObjectKey, effect: &mut Effect) {
        let Some(entry) = self.entries.remove(key) else {
            return;
        };
        self.store.remove(key);
        let name = name(key);
        if self.names.get(&name).is_some_and(|named| **named == *key) {
            self.names.remove(&name);
        }
        match entry {
            Entry::Policy(policy) => {
                if let Some(policies) = self.policies.get_mut(&policy.namespace) {
                    policies.remove(key);
                }
                for question in &policy.questions {
                    self.questions.drop_one(*question);
                }
                effect.policies.push(policy);
            }
            Entry::Tier => {
                self.tiers.remove(&key.name);
                effect.tiers.insert(key.name.clone());
            }
            Entry::Namespace => {
                self.surroundings.set_namespace(&key.name, None);
                effect.namespaces.insert(key.name.clone());
            }
            Entry::ServiceAccount => {
                let name = account_name(key);
                self.surroundings.set_account(&name, None);
                effect.accounts.insert(name);
            }
            Entry::Node => {
                self.nodes.remove(key);
                effect.nodes = true;
            }
            Entry::NetworkSet => {
                let name = set_name(key);
                self.surroundings.set_set(&name, None);
                effect.sets.insert(name);
            }
            Entry::Pod(id) => {
                effect.identities.extend(self.identities.company(id));
                self.identities.remove(key, id);
                effect.pods.insert(account_name(key));
            }
            Entry::Group(id) => {
                effect.identities.extend(self.identities.company(id));
                self.identities.remove(key, id);
            }
            Entry::Nothing => {}
        }
    }

    /// Puts an object in that holds no workloads.
    fn put(&mut self, key: &Arc<ObjectKey>, decoded: Decoded, effect: &mut Effect) -> Entry {
        match decoded {
            Decoded::Policy(mut policy, questions) => {
                let questions = questions.into_iter();
                policy.questions = questions
                    .map(|question| self.questions.add(question))
                    .collect();
                let policy = Arc::new(policy);
                let siblings = self.policies.entry(policy.namespace.clone()).or_default();
                siblings.insert(Arc::clone(key), Arc::clone(&policy));
                effect.policies.push(Arc::clone(&policy));
                Entry::Policy(policy)
            }
            Decoded::Tier => {
                self.tiers.insert(key.name.clone(), Arc::clone(key));
                effect.tiers.insert(key.name.clone());
                Entry::Tier
            }
            Decoded::Namespace(namespace) => {
                self.surroundings.set_namespace(&key.name, Some(namespace));
                effect.namespaces.insert(key.name.clone());
                Entry::Namespace
            }
            Decoded::ServiceAccount(account) => {
                let name = account_name(key);
                self.surroundings.set_account(&name, Some(account));
                effect.accounts.insert(name);
                Entry::ServiceAccount
            }
            Decoded::Networks(object) => {
                self.nodes.insert(Arc::clone(key), object);
                effect.nodes = true;
                Entry::Node
            }
            Decoded::Node(node) => {
                let object = place::trimmed_node(&node);
                self.nodes
                    .extend(object.map(|object| (Arc::clone(key), object)));
                effect.nodes = true;
                Entry::Node
            }
            Decoded::NetworkSet(set) => {
                let name = set_name(key);
                self.surroundings.set_set(&name, Some(set));
                effect.sets.insert(name);
                Entry::NetworkSet
            }
            Decoded::Pod(_) | Decoded::Group(_) | Decoded::Nothing => Entry::Nothing,
        }
    }

    /// Puts the workloads of an object in.
    fn place(&mut self, key: Arc<ObjectKey>, placed: &Placed, is_pod: bool, effect: &mut Effect) {
        let directory = self.surroundings.directory();
        let id = self.identities.insert(&key, placed, directory);
        effect.identities.extend(self.identities.company(id));
        if is_pod {
            effect.pods.insert(account_name(&key));
        }
        let entry = if is_pod {
            Entry::Pod(id)
        } else {
            Entry::Group(id)
        };
        self.entries.insert(key, entry);
    }

    /// Brings the directory of namespaces, service accounts and network sets up to date, and all
    /// that inherits from them.
    fn refresh_surroundings(&mut self, effect: &mut Effect) {
        if effect.namespaces.is_empty() && effect.accounts.is_empty() && effect.sets.is_empty() {
            return;
        }
        for namespace in &effect.namespaces {
            effect
                .sets
                .extend(self.surroundings.sets_of(namespace).cloned());
        }
        self.forget_sets(effect);
        self.surroundings.refresh();
        self.forget_sets(effect);
        let identities = &self.identities;
        let of_namespaces = effect.namespaces.iter().flat_map(|namespace| {
            let all = identities.of_namespace(Some(namespace));
            all.map(|(id, _)| id)
        });
        let of_accounts = effect.accounts.iter();
        let of_accounts =
            of_accounts.filter_map(|(namespace, name)| identities.find(namespace, name));
        let relabelled: BTreeSet<IdentityId> = of_namespaces.chain(of_accounts).collect();
        for id in relabelled {
            self.identities.relabel(id, self.surroundings.directory());
            effect.identities.extend(self.identities.company(id));
        }
    }

    /// Forgets the answers to questions that the touched sets, as they are now, have to do with.
    fn forget_sets(&mut self, effect: &Effect) {
        for name in &effect.sets {
            if let Some(labels) = self.surroundings.set_labels(name) {
                self.questions.forget(labels);
            }
        }
    }
}
