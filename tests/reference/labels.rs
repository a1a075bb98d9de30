//! What selectors see (calico.md 2.2), and which policies select a workload (2.3).

use super::Enforcing;
use heliast::resources::Resources;
use heliast::resources::calico::{NetworkSet, Policy};
use heliast::selector::{Labels, Selector};
use heliast::spiffe::SpiffeId;
use heliast::terms::NamedPort;
use heliast::truth::Truth;
use litemap::LiteMap;
use std::net::IpAddr;

pub(super) const NAMESPACE: &str = "projectcalico.org/namespace";
pub(super) const SERVICE_ACCOUNT: &str = "projectcalico.org/serviceaccount";
const ORCHESTRATOR: &str = "projectcalico.org/orchestrator";
const NAME: &str = "projectcalico.org/name";
/// Kubernetes gives it to every namespace, whether or not the manifest says so.
const KUBERNETES_NAME: &str = "kubernetes.io/metadata.name";

/// Our own trust domain.
pub(super) const OWN_DOMAIN: &str = "cluster.local";

/// The labels of one workload or network set, its parents' under `pcns.` and `pcsa.`.
#[derive(Debug, Clone)]
pub(super) struct Subject {
    pub(super) labels: LiteMap<String, String>,
    /// Whether labels that are not among them are known to be absent. Of a bare principal only
    /// what follows from its names is known.
    pub(super) complete: bool,
}

/// A subject's labels under other names, as one clause of a rule sees them.
struct View<'s> {
    subject: &'s Subject,
    prefix: &'static str,
}

/// Stands for `all()` in a namespaceSelector, which asks for a namespace (calico.md 2.4).
const IN_A_NAMESPACE: &str = "heliast-reference/in-a-namespace";

impl View<'_> {
    fn key(&self, key: &str) -> String {
        if key == IN_A_NAMESPACE {
            NAMESPACE.to_owned()
        } else {
            format!("{}{key}", self.prefix)
        }
    }
}

impl Labels for View<'_> {
    fn value(&self, key: &str) -> Option<&str> {
        self.subject.labels.get(&self.key(key)).map(String::as_str)
    }
}

impl Subject {
    /// A selector on its labels.
    pub(super) fn satisfies(&self, selector: &Selector) -> Truth {
        self.judge(selector, "")
    }

    /// A selector on the labels of its service account.
    pub(super) fn account_satisfies(&self, selector: &Selector) -> Truth {
        self.judge(selector, "pcsa.")
    }

    /// A selector on the labels of its namespace, in which `all()` asks for there being one.
    pub(super) fn namespace_satisfies(&self, selector: &Selector) -> Truth {
        let text = selector.to_string();
        let text = text.replace("all()", &format!("has({IN_A_NAMESPACE})"));
        self.judge(&Selector::parse(&text).unwrap(), "pcns.")
    }

    fn judge(&self, selector: &Selector, prefix: &'static str) -> Truth {
        let view = View {
            subject: self,
            prefix,
        };
        if self.complete {
            return selector.matches(&view).into();
        }
        selector.judge(&view, &|key| {
            let key = view.key(key);
            let follows = [NAMESPACE, SERVICE_ACCOUNT, ORCHESTRATOR].contains(&key.as_str());
            follows || key.starts_with("pcns.") || key.starts_with("pcsa.")
        })
    }
}

/// The labels of a pod, or of one of a group of workloads.
pub(super) fn of_workload(
    resources: &Resources,
    namespace: &str,
    account: &str,
    own: &LiteMap<String, String>,
) -> Subject {
    let mut labels = LiteMap::new_vec();
    for (key, value) in namespace_labels(resources, namespace) {
        labels.insert(format!("pcns.{key}"), value);
    }
    for (key, value) in account_labels(resources, namespace, account) {
        labels.insert(format!("pcsa.{key}"), value);
    }
    // A pod that claims labels of its namespace or service account is not believed.
    for (key, value) in own {
        if !key.starts_with("pcns.") && !key.starts_with("pcsa.") {
            labels.insert(key.clone(), value.clone());
        }
    }
    labels.insert(NAMESPACE.to_owned(), namespace.to_owned());
    labels.insert(SERVICE_ACCOUNT.to_owned(), account.to_owned());
    labels.insert(ORCHESTRATOR.to_owned(), "k8s".to_owned());
    Subject {
        labels,
        complete: true,
    }
}

pub(super) fn of_enforcing(resources: &Resources, workload: &Enforcing) -> Subject {
    let mut subject = of_workload(
        resources,
        &workload.namespace,
        &workload.service_account,
        &workload.labels,
    );
    // On the network of its host it is no pod to what selects pods (kubernetes-cilium.md 2.1).
    if workload.host_network {
        let label = ORCHESTRATOR.to_owned();
        subject.labels.insert(label, "host".to_owned());
    }
    subject
}

/// What is known of the labels of a principal that no known workload holds.
pub(super) fn of_principal(resources: &Resources, id: &SpiffeId) -> Subject {
    Subject {
        complete: false,
        ..of_workload(
            resources,
            &id.namespace,
            &id.service_account,
            &LiteMap::new_vec(),
        )
    }
}

/// The labels of a network set; its own beat those it inherits (calico.md 1.4, 2.2).
pub(super) fn of_set(resources: &Resources, set: &NetworkSet) -> Subject {
    let mut labels = LiteMap::new_vec();
    if let Some(namespace) = &set.metadata.id.namespace {
        for (key, value) in namespace_labels(resources, namespace) {
            labels.insert(format!("pcns.{key}"), value);
        }
    }
    labels.extend(set.metadata.labels.clone());
    if let Some(namespace) = &set.metadata.id.namespace {
        labels.insert(NAMESPACE.to_owned(), namespace.clone());
    }
    Subject {
        labels,
        complete: true,
    }
}

/// The labels of a namespace; its name is always among them, twice (calico.md 2.4, last row).
pub(super) fn namespace_labels(resources: &Resources, name: &str) -> LiteMap<String, String> {
    let mut labels = LiteMap::new_vec();
    for namespace in &resources.namespaces {
        if namespace.metadata.id.name == name {
            labels.extend(namespace.metadata.labels.clone());
        }
    }
    labels.insert(NAME.to_owned(), name.to_owned());
    let by_kubernetes = labels.entry(KUBERNETES_NAME.to_owned());
    by_kubernetes.or_insert_with(|| name.to_owned());
    labels
}

/// The labels of a service account; its name is always one of them.
pub(super) fn account_labels(
    resources: &Resources,
    namespace: &str,
    name: &str,
) -> LiteMap<String, String> {
    let mut labels = LiteMap::new_vec();
    for account in &resources.service_accounts {
        let id = &account.metadata.id;
        if id.namespace.as_deref() == Some(namespace) && id.name == name {
            labels.extend(account.metadata.labels.clone());
        }
    }
    labels.insert(NAME.to_owned(), name.to_owned());
    labels
}

/// Whether a policy selects a workload with these labels (calico.md 2.3).
pub(super) fn is_selected(policy: &Policy, own: &Subject) -> bool {
    let namespace = policy.metadata.id.namespace.as_ref();
    let in_namespace = namespace.is_none_or(|name| own.labels.get(NAMESPACE) == Some(name));
    let by_namespace = policy.namespace_selector.as_ref();
    let by_account = policy.service_account_selector.as_ref();
    in_namespace
        && own.satisfies(&policy.selector) == Truth::True
        && by_namespace.is_none_or(|selector| own.namespace_satisfies(selector) == Truth::True)
        && by_account.is_none_or(|selector| own.account_satisfies(selector) == Truth::True)
}

/// A workload of the bundle.
#[derive(Debug)]
pub(super) struct Known<'r> {
    pub(super) namespace: &'r str,
    pub(super) account: &'r str,
    pub(super) addresses: &'r [IpAddr],
    pub(super) ports: &'r [NamedPort],
    pub(super) subject: Subject,
}

impl Known<'_> {
    /// Whether it runs as this principal; whoever is of another trust domain is none of our pods.
    pub(super) fn holds(&self, id: &SpiffeId) -> bool {
        id.trust_domain == OWN_DOMAIN && self.is_named(id)
    }

    /// Whether its namespace and service account are those that a principal names.
    pub(super) fn is_named(&self, id: &SpiffeId) -> bool {
        self.namespace == id.namespace && self.account == id.service_account
    }
}

/// Every workload of the bundle: pods, and groups of them.
pub(super) fn workloads(resources: &Resources) -> Vec<Known<'_>> {
    let pods = resources.pods.iter().map(|pod| {
        let namespace = pod.metadata.id.namespace.as_deref().unwrap();
        let account = pod.service_account.as_str();
        Known {
            namespace,
            account,
            addresses: &pod.addresses,
            ports: &pod.named_ports,
            subject: of_workload(resources, namespace, account, &pod.metadata.labels),
        }
    });
    let groups = resources.workload_groups.iter().map(|group| Known {
        namespace: &group.namespace,
        account: &group.service_account,
        addresses: &group.addresses,
        ports: &group.named_ports,
        subject: of_workload(
            resources,
            &group.namespace,
            &group.service_account,
            &group.labels,
        ),
    });
    pods.chain(groups).collect()
}
