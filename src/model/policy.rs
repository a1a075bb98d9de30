//! Tiers, policies and rules with every shorthand spelt out.

use super::Entity;
use super::clause::Clause;
use super::rewrite::HeaderRewrite;
use crate::selector::Selector;
use crate::terms::{Action, HttpMatch, IpVersion, Port, Protocol, TierDefault};
use crate::verdict::{Direction, PolicyId};
use std::sync::Arc;

/// The systems of policy. A request passes when every layer lets it pass, as if each system were
/// installed beside the others (design section 4).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[cfg_attr(feature = "compiled", derive(serde::Serialize, serde::Deserialize))]
pub enum Layer {
    /// Calico, and the Kubernetes policy that joins its tiers.
    Calico,
    /// Cilium, and the Kubernetes policy that does not join Calico's tiers: Cilium takes both for
    /// one pool (kubernetes-cilium.md 3.4).
    Kubernetes,
    /// Istio.
    Istio,
}

/// A tier and its policies, in evaluation order.
#[derive(Debug)]
#[cfg_attr(feature = "compiled", derive(serde::Serialize, serde::Deserialize))]
pub struct Tier {
    /// The system it belongs to.
    pub layer: Layer,
    /// Its name.
    pub name: String,
    /// What its end does, if a policy of it isolates the workload.
    pub end: TierDefault,
    /// Its policies.
    pub policies: Vec<Policy>,
}

/// A policy.
#[derive(Debug)]
#[cfg_attr(feature = "compiled", derive(serde::Serialize, serde::Deserialize))]
pub struct Policy {
    /// Which policy.
    pub id: Arc<PolicyId>,
    /// Position of its object in the input, from 0.
    pub document: usize,
    /// Whether it is only evaluated, never enforced.
    pub staged: bool,
    /// Whether the end of its tier applies because it selects the workload.
    pub isolates: bool,
    /// The namespace whose workloads it governs, unless that is the mesh's root namespace: then all
    /// (istio.md 1.8). None where [`Self::applies_to`] says all.
    pub home: Option<String>,
    /// The workloads it governs, over the labels of [`super::Workload`].
    pub applies_to: Selector,
    /// Its rules for what comes in, if it governs ingress.
    pub ingress: Option<Vec<Rule>>,
    /// Its rules for what goes out, if it governs egress.
    pub egress: Option<Vec<Rule>>,
}

impl Policy {
    /// The rules of a direction, if the policy governs it.
    #[must_use]
    pub fn rules(&self, direction: Direction) -> Option<&[Rule]> {
        match direction {
            Direction::Ingress => self.ingress.as_deref(),
            Direction::Egress => self.egress.as_deref(),
        }
    }
}

/// A rule: every clause must hold.
#[derive(Debug)]
#[cfg_attr(feature = "compiled", derive(serde::Serialize, serde::Deserialize))]
pub struct Rule {
    /// Position in the list its author wrote, from 0. What is one rule there may be several here,
    /// one for each peer or protocol.
    pub index: usize,
    /// What to do.
    pub action: Action,
    /// The IP version of the peer.
    pub ip_version: Option<IpVersion>,
    /// The protocol the request must have.
    pub protocol: Option<Protocol>,
    /// A protocol it must not have.
    pub not_protocol: Option<Protocol>,
    /// Who it comes from.
    pub source: Entity,
    /// The ports it may come from; empty asks nothing.
    pub source_ports: Vec<Port>,
    /// The ports it must not come from.
    pub source_not_ports: Vec<Port>,
    /// Who it goes to.
    pub destination: Entity,
    /// The ports it may go to; empty asks nothing.
    pub ports: Vec<Port>,
    /// The ports it must not go to.
    pub not_ports: Vec<Port>,
    /// What the HTTP request must look like.
    pub http: Option<HttpMatch>,
    /// What else the request must be.
    #[cfg_attr(feature = "compiled", serde(with = "crate::model::clause::flat"))]
    pub clauses: Vec<Clause>,
    /// What happens to the headers of a request that matches and is allowed.
    pub rewrites: Vec<HeaderRewrite>,
}

impl Rule {
    /// A rule that asks nothing.
    #[must_use]
    pub fn new(index: usize, action: Action) -> Self {
        Self {
            index,
            action,
            ip_version: None,
            protocol: None,
            not_protocol: None,
            source: Entity::default(),
            source_ports: Vec::new(),
            source_not_ports: Vec::new(),
            destination: Entity::default(),
            ports: Vec::new(),
            not_ports: Vec::new(),
            http: None,
            clauses: Vec::new(),
            rewrites: Vec::new(),
        }
    }
}
