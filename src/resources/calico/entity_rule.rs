//! One end of a rule, source or destination (calico.md 1.3).

use super::Port;
use crate::selector::Selector;
use ipnet::IpNet;

/// What one end of a request must be. Empty lists and absent clauses ask nothing.
#[derive(Debug, Clone, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct EntityRule {
    /// One of these networks contains the address.
    pub nets: Vec<IpNet>,
    /// None of these networks contains the address.
    pub not_nets: Vec<IpNet>,
    /// Labels of the workload or network set; an empty selector asks nothing and is `None`.
    pub selector: Option<Selector>,
    /// Labels it must not have.
    pub not_selector: Option<Selector>,
    /// Which namespaces.
    pub namespace_selector: Option<NamespaceMatch>,
    /// A Kubernetes service, in place of every other clause.
    pub services: Option<ServiceMatch>,
    /// One of these ports.
    pub ports: Vec<Port>,
    /// None of these ports.
    pub not_ports: Vec<Port>,
    /// Which service accounts; an empty `serviceAccounts: {}` asks nothing and is `None`.
    pub service_accounts: Option<ServiceAccountMatch>,
}

/// A rule's `namespaceSelector` (calico.md 2.4).
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum NamespaceMatch {
    /// Exactly `global()`: whatever is in no namespace.
    Global,
    /// By the labels of the namespace, without the `pcns.` prefix.
    Selector(Selector),
}

/// A rule's `serviceAccounts`: names and selector must both hold.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ServiceAccountMatch {
    /// One of these names; empty asks nothing.
    pub names: Vec<String>,
    /// By the labels of the service account, without the `pcsa.` prefix.
    pub selector: Option<Selector>,
}

/// A rule's `services`. heliast knows no endpoint slices, so an Allow with it never matches, and a
/// Deny with it is refused (calico.md 1.8).
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ServiceMatch {
    /// The name of the service.
    pub name: String,
    /// Its namespace; in a NetworkPolicy the policy's own where the object names none.
    pub namespace: String,
}
