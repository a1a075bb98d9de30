//! What the rules of one workload can ask about.

use super::entry::Policy;
use super::questions::{QuestionId, Questions};
use crate::model::NamespaceClause;
use crate::selector::{Labels, Selector};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

/// Tests of labels, by the key without prefix; the tests themselves have it.
pub(super) type Tests = BTreeMap<String, BTreeSet<Selector>>;

const NAMESPACE_PREFIX: &str = "pcns.";
const ACCOUNT_PREFIX: &str = "pcsa.";

/// What the rules of one workload can ask about.
#[derive(Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Relevance {
    /// What they ask of peers.
    pub(super) questions: BTreeSet<QuestionId>,
    /// The keys of the labels of peers that they ask for.
    pub(super) labels: BTreeSet<String>,
    /// The same, and those that they ask of their own end: for whoever is at an address of it.
    pub(super) own_labels: BTreeSet<String>,
    /// The names of ports of peers that they ask for.
    pub(super) ports: BTreeSet<String>,
    /// The selectors of both ends.
    selectors: BTreeSet<Selector>,
    /// The keys of those.
    keys: BTreeSet<String>,
    /// What they ask of namespaces.
    pub(super) of_namespaces: Tests,
    /// What they ask of service accounts.
    pub(super) of_accounts: Tests,
    /// What the policies ask of the workload's own namespace, to select it.
    pub(super) of_own_namespace: Tests,
    /// What they ask of its own service account.
    pub(super) of_own_account: Tests,
}

impl Relevance {
    /// What these policies ask.
    pub(super) fn of(policies: &[Arc<Policy>], questions: &Questions) -> Self {
        let mut relevance = Self::default();
        for policy in policies {
            relevance.questions.extend(policy.questions.iter().copied());
            for selector in &policy.own_ends {
                relevance.add_selector(selector);
                let keys = selector.tests().into_iter();
                relevance
                    .own_labels
                    .extend(keys.map(|(key, _)| key.to_owned()));
            }
            for selector in &policy.applies_to {
                let tests = selector.tests();
                add(&mut relevance.of_own_namespace, NAMESPACE_PREFIX, &tests);
                add(&mut relevance.of_own_account, ACCOUNT_PREFIX, &tests);
            }
        }
        for id in relevance.questions.clone() {
            let Some(question) = questions.get(id) else {
                continue;
            };
            for selector in question.selectors() {
                relevance.add_selector(selector);
                let keys = selector.tests().into_iter();
                relevance.labels.extend(keys.map(|(key, _)| key.to_owned()));
            }
            relevance.ports.extend(question.ports().iter().cloned());
            let identity = question.identity();
            if let NamespaceClause::Labelled(selector) = &identity.namespace {
                relevance.add_tests(&selector.clone().with_prefix(NAMESPACE_PREFIX));
            }
            if let Some(selector) = &identity.service_account_selector {
                relevance.add_tests(&selector.clone().with_prefix(ACCOUNT_PREFIX));
            }
        }
        relevance
            .own_labels
            .extend(relevance.labels.iter().cloned());
        relevance
    }

    /// Whether a selector of either end matches a network set with these labels.
    pub(super) fn selects(&self, labels: &(impl Labels + ?Sized)) -> bool {
        let mut selectors = self.selectors.iter();
        selectors.any(|selector| selector.matches(labels))
    }

    /// Whether a selector of either end asks for the label of that key.
    pub(super) fn asks(&self, key: &str) -> bool {
        self.keys.contains(key)
    }

    fn add_selector(&mut self, selector: &Selector) {
        if self.selectors.insert(selector.clone()) {
            let tests = selector.tests().into_iter();
            self.keys.extend(tests.map(|(key, _)| key.to_owned()));
            self.add_tests(selector);
        }
    }

    fn add_tests(&mut self, selector: &Selector) {
        let tests = selector.tests();
        add(&mut self.of_namespaces, NAMESPACE_PREFIX, &tests);
        add(&mut self.of_accounts, ACCOUNT_PREFIX, &tests);
    }
}

/// Adds the tests of keys with this prefix.
fn add(to: &mut Tests, prefix: &str, tests: &[(&str, Selector)]) {
    for (key, test) in tests {
        if let Some(key) = key.strip_prefix(prefix) {
            to.entry(key.to_owned()).or_default().insert(test.clone());
        }
    }
}
