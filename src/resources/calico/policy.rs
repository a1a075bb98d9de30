//! GlobalNetworkPolicy, NetworkPolicy and their staged twins (calico.md 1.1).

use super::rule::Rule;
use crate::resources::object::Metadata;
use crate::selector::Selector;

/// Which of Calico's policy kinds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum PolicyKind {
    /// `GlobalNetworkPolicy`.
    GlobalNetworkPolicy,
    /// `NetworkPolicy`.
    NetworkPolicy,
    /// `StagedGlobalNetworkPolicy`.
    StagedGlobalNetworkPolicy,
    /// `StagedNetworkPolicy`.
    StagedNetworkPolicy,
}

impl PolicyKind {
    /// Whether the policy is only evaluated, never enforced (calico.md 3.5).
    #[must_use]
    pub fn is_staged(self) -> bool {
        matches!(self, Self::StagedGlobalNetworkPolicy | Self::StagedNetworkPolicy)
    }
}

/// A Calico policy.
#[derive(Debug, Clone, PartialEq)]
pub struct Policy {
    /// Which object; its namespace is `None` for the global kinds.
    pub metadata: Metadata,
    /// Its kind.
    pub kind: PolicyKind,
    /// The tier it is in; `default` where the object names none.
    pub tier: String,
    /// Its place in the tier; none is after every number (calico.md 3.1).
    pub order: Option<f64>,
    /// The workloads it governs; an empty selector governs all.
    pub selector: Selector,
    /// Narrows [`Self::selector`] by the labels of the workload's namespace. Global kinds only.
    pub namespace_selector: Option<Selector>,
    /// Narrows [`Self::selector`] by the labels of the workload's service account.
    pub service_account_selector: Option<Selector>,
    /// The rules for what comes in, if the policy governs ingress (`types`, calico.md 1.5).
    pub ingress: Option<Vec<Rule>>,
    /// The rules for what goes out, if the policy governs egress.
    pub egress: Option<Vec<Rule>>,
    /// Whether it reaches pods at all: `doNotTrack` and `preDNAT` policies do not (calico.md 3.2).
    pub reaches_pods: bool,
}
