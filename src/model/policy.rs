//! Tiers, policies and rules with every shorthand spelt out.

use super::Entity;
use crate::resources::calico::{Action, HttpMatch, IpVersion, Port, Protocol, TierDefault};
use crate::selector::Selector;
use crate::verdict::{Direction, PolicyId};
use std::sync::Arc;

/// A tier and its policies, in evaluation order.
#[derive(Debug)]
pub struct Tier {
    /// Its name.
    pub name: String,
    /// What its end does, if a policy of it selects the workload.
    pub end: TierDefault,
    /// Its policies.
    pub policies: Vec<Policy>,
}

/// A policy.
#[derive(Debug)]
pub struct Policy {
    /// Which policy.
    pub id: Arc<PolicyId>,
    /// Position of its object in the input, from 0.
    pub document: usize,
    /// Whether it is only evaluated, never enforced.
    pub staged: bool,
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
pub struct Rule {
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
}
