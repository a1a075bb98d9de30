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
    /// The directory of all this, without workloads.
    directory: Directory,
    /// One that knows nothing: what follows from names alone.
    nothing: Directory,
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
        let namespace = self.namespaces.get(name)?;
        let inherited = |directory: &Directory| Inherited {
            namespace: directory.namespace_labels(name),
            ..Inherited::default()
        };
        let known = inherited(&self.directory);
        let labels = told_apart(
            &namespace.metadata.labels,
            &known,
            &inherited(&self.nothing),
            tests,
        )?;
        let metadata = json!({"labels": labels, "name": name});
        Object::new(json!({"apiVersion": "v1", "kind": "Namespace", "metadata": metadata})).ok()
    }

    /// The object of a service account with the labels that are asked for, if a test tells it from
    /// a service account without an object.
    pub(super) fn account_object(&self, name: &AccountName, tests: &[&Tests]) -> Option<Object> {
        let account = self.accounts.get(name)?;
        let (namespace, name) = name;
        let inherited = |directory: &Directory| Inherited {
            service_account: directory.service_account_labels(namespace, name),
            ..Inherited::default()
        };
        let known = inherited(&self.directory);
        let labels = told_apart(
            &account.metadata.labels,
            &known,
            &inherited(&self.nothing),
            tests,
        )?;
        let metadata = json!({"labels": labels, "name": name, "namespace": namespace});
        Object::new(json!({"apiVersion": "v1", "kind": "ServiceAccount", "metadata": metadata}))
            .ok()
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

/// The labels whose keys are asked for, if any test answers otherwise than without them.
fn told_apart<'l>(
    labels: &'l SetLabels,
    known: &Inherited,
    unknown: &Inherited,
    tests: &[&Tests],
) -> Option<BTreeMap<&'l String, &'l String>> {
    let mut all = tests.iter().flat_map(|tests| tests.values()).flatten();
    all.any(|test| test.matches(known) != test.matches(unknown))
        .then(|| {
            let is_asked =
                |key: &String| tests.iter().any(|tests| tests.contains_key(key.as_str()));
            labels.iter().filter(|(key, _)| is_asked(key)).collect()
        })
}
