//! What workloads belong to and stand in: namespaces, service accounts and network sets.

use super::relevance::{Relevance, Tests};
use crate::bundle::Object;
use crate::model::{Directory, Inherited, SetLabels};
use crate::pace::{Pace, at_once};
use crate::resources::Resources;
use crate::resources::calico::NetworkSet;
use crate::resources::core::{Namespace, ServiceAccount};
use serde_json::{Value, json};
use std::collections::BTreeMap;

/// The namespace of a network set, none for a global one, and its name.
pub(super) type SetName = (Option<String>, String);
/// The namespace of a service account, and its name.
pub(super) type AccountName = (String, String);

/// Namespaces, service accounts and network sets of a fleet.
#[derive(Debug, Default)]
pub(super) struct Surroundings {
    namespaces: BTreeMap<String, Namespace>,
    accounts: BTreeMap<AccountName, ServiceAccount>,
    sets: BTreeMap<SetName, NetworkSet>,
    /// The labels of each set that has a network, as selectors see them.
    set_labels: BTreeMap<SetName, Inherited>,
    /// The labels of each namespace with an object, as selectors see them.
    namespace_labels: BTreeMap<String, Seen>,
    /// The same of each service account.
    account_labels: BTreeMap<AccountName, Seen>,
    /// The directory of all this, without workloads.
    directory: Directory,
}

/// Labels as selectors see them with the object, and without it: what follows from the name alone.
#[derive(Debug)]
struct Seen {
    with: Inherited,
    without: Inherited,
}

impl Surroundings {
    /// The directory, as of the last [`Self::refresh`]; it has no workloads.
    pub(super) fn directory(&self) -> &Directory {
        &self.directory
    }

    /// Puts a namespace in, or takes it out.
    pub(super) fn set_namespace(&mut self, name: &str, namespace: Option<Namespace>) {
        match namespace {
            Some(namespace) => self.namespaces.insert(name.to_owned(), namespace),
            None => self.namespaces.remove(name),
        };
    }

    /// Puts a service account in, or takes it out.
    pub(super) fn set_account(&mut self, name: &AccountName, account: Option<ServiceAccount>) {
        match account {
            Some(account) => self.accounts.insert(name.clone(), account),
            None => self.accounts.remove(name),
        };
    }

    /// Puts a network set in, or takes it out.
    pub(super) fn set_set(&mut self, name: &SetName, set: Option<NetworkSet>) {
        match set {
            Some(set) => self.sets.insert(name.clone(), set),
            None => self.sets.remove(name),
        };
    }

    /// Builds the directory again.
    pub(super) fn refresh(&mut self) {
        let resources = Resources {
            namespaces: self.namespaces.values().cloned().collect(),
            service_accounts: self.accounts.values().cloned().collect(),
            network_sets: self.sets.values().cloned().collect(),
            ..Resources::default()
        };
        self.directory = at_once(Directory::build(&resources, &Pace::unbounded()));
        let nothing = Directory::default();
        let of_namespace = |directory: &Directory, name: &str| Inherited {
            namespace: directory.namespace_labels(name),
            ..Inherited::default()
        };
        let of_account = |directory: &Directory, (namespace, name): &AccountName| Inherited {
            service_account: directory.service_account_labels(namespace, name),
            ..Inherited::default()
        };
        let namespaces = self.namespaces.keys().map(|name| {
            let with = of_namespace(&self.directory, name);
            let without = of_namespace(&nothing, name);
            (name.clone(), Seen { with, without })
        });
        self.namespace_labels = namespaces.collect();
        let accounts = self.accounts.keys().map(|name| {
            let with = of_account(&self.directory, name);
            let without = of_account(&nothing, name);
            (name.clone(), Seen { with, without })
        });
        self.account_labels = accounts.collect();
        // The directory has the sets with networks in the order in which it was given them.
        let named = self.sets.iter().filter(|(_, set)| !set.nets.is_empty());
        self.set_labels = named
            .map(|(name, _)| name.clone())
            .zip(self.directory.sets().map(|set| set.labels.clone()))
            .collect();
    }

    /// The names of all namespaces that have an object.
    pub(super) fn namespaces(&self) -> impl Iterator<Item = &String> {
        self.namespaces.keys()
    }

    /// The names of all service accounts that have an object.
    pub(super) fn accounts(&self) -> impl Iterator<Item = &AccountName> {
        self.accounts.keys()
    }

    /// The names of all network sets.
    pub(super) fn sets(&self) -> impl Iterator<Item = &SetName> {
        self.sets.keys()
    }

    /// The names of the network sets of a namespace.
    pub(super) fn sets_of<'s>(&'s self, namespace: &str) -> impl Iterator<Item = &'s SetName> {
        let first = (Some(namespace.to_owned()), String::new());
        let namespace = namespace.to_owned();
        self.sets
            .range(first..)
            .map(|(name, _)| name)
            .take_while(move |(of, _)| of.as_ref() == Some(&namespace))
    }

    /// The labels of a network set that has networks, as selectors see them.
    pub(super) fn set_labels(&self, name: &SetName) -> Option<&Inherited> {
        self.set_labels.get(name)
    }

    /// The object of a namespace with the labels that are asked for, if a test tells it from a
    /// namespace without an object.
    pub(super) fn namespace_object(&self, name: &str, tests: &[&Tests]) -> Option<Object> {
        let asks = tests.iter().any(|tests| !tests.is_empty());
        if !asks || !self.namespace_labels.get(name)?.is_told_apart(tests) {
            return None;
        }
        let namespace = self.namespaces.get(name)?;
        let labels = asked(&namespace.metadata.labels, tests);
        let metadata = json!({"labels": labels, "name": name});
        Object::new(json!({"apiVersion": "v1", "kind": "Namespace", "metadata": metadata})).ok()
    }

    /// The object of a service account with the labels that are asked for, if a test tells it from
    /// a service account without an object.
    pub(super) fn account_object(&self, name: &AccountName, tests: &[&Tests]) -> Option<Object> {
        let asks = tests.iter().any(|tests| !tests.is_empty());
        if !asks || !self.account_labels.get(name)?.is_told_apart(tests) {
            return None;
        }
        let labels = asked(&self.accounts.get(name)?.metadata.labels, tests);
        let (namespace, name) = name;
        let metadata = json!({"labels": labels, "name": name, "namespace": namespace});
        let account = json!({"apiVersion": "v1", "kind": "ServiceAccount", "metadata": metadata});
        Object::new(account).ok()
    }

    /// The object of a network set with the labels that are asked for, if a selector matches it.
    pub(super) fn set_object(&self, name: &SetName, relevance: &Relevance) -> Option<Object> {
        let (set, seen) = (self.sets.get(name)?, self.set_labels.get(name)?);
        if !relevance.selects(seen) {
            return None;
        }
        let own = set.metadata.labels.iter();
        let labels: BTreeMap<_, _> = own.filter(|(key, _)| relevance.asks(key)).collect();
        let nets: Vec<String> = set.nets.iter().map(ToString::to_string).collect();
        let mut metadata = json!({"labels": labels, "name": name.1});
        let namespace = name.0.as_ref();
        if let (Some(namespace), Some(metadata)) = (namespace, metadata.as_object_mut()) {
            metadata.insert("namespace".to_owned(), Value::from(namespace.as_str()));
        }
        let kind = if namespace.is_some() {
            "NetworkSet"
        } else {
            "GlobalNetworkSet"
        };
        Object::new(json!({
            "apiVersion": "projectcalico.org/v3",
            "kind": kind,
            "metadata": metadata,
            "spec": {"nets": nets},
        }))
        .ok()
    }
}

impl Seen {
    /// Whether any test answers otherwise than without the object.
    fn is_told_apart(&self, tests: &[&Tests]) -> bool {
        let mut all = tests.iter().flat_map(|tests| tests.values()).flatten();
        all.any(|test| test.matches(&self.with) != test.matches(&self.without))
    }
}

/// The labels whose keys are asked for.
fn asked<'l>(labels: &'l SetLabels, tests: &[&Tests]) -> BTreeMap<&'l String, &'l String> {
    let is_asked = |key: &String| tests.iter().any(|tests| tests.contains_key(key));
    labels.iter().filter(|(key, _)| is_asked(key)).collect()
}
