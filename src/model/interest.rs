//! For whom policy is kept: of what governs nobody here only the place is kept, not the rules.

use super::Workload;
#[cfg(feature = "objects")]
use super::labels::may_select;
#[cfg(feature = "objects")]
use super::{Policy, calico::applies_to};
#[cfg(feature = "objects")]
use crate::resources::calico;
#[cfg(feature = "objects")]
use crate::selector::Selector;

/// The workloads that enforce what a model says.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub enum Interest {
    /// Anybody.
    #[default]
    Everyone,
    /// These alone.
    Only(Vec<Workload>),
}

impl Interest {
    /// Whether a model that was made for these may be enforced by a workload.
    #[must_use]
    pub fn covers(&self, workload: &Workload) -> bool {
        match self {
            Self::Everyone => true,
            Self::Only(workloads) => workloads.contains(workload),
        }
    }

    /// Whether a model that was made for these serves all of the others.
    #[must_use]
    pub fn includes(&self, others: &Self) -> bool {
        match others {
            Self::Everyone => *self == Self::Everyone,
            Self::Only(workloads) => workloads.iter().all(|workload| self.covers(workload)),
        }
    }
}

#[cfg(feature = "objects")]
impl Interest {
    fn concerns(&self, applies_to: &Selector) -> bool {
        match self {
            Self::Everyone => true,
            Self::Only(workloads) => {
                let mut workloads = workloads.iter();
                workloads.any(|workload| may_select(applies_to, &workload.labels))
            }
        }
    }

    /// Takes the rules out of a policy that governs none of them. What is left still counts: that
    /// there is such a policy, in such a tier.
    pub(crate) fn trim(&self, policy: &mut calico::Policy) {
        let has_rules = [&policy.ingress, &policy.egress]
            .into_iter()
            .flatten()
            .any(|rules| !rules.is_empty());
        if has_rules && *self != Self::Everyone && !self.concerns(&applies_to(policy)) {
            for rules in [&mut policy.ingress, &mut policy.egress] {
                *rules = rules.take().map(|_| Vec::new());
            }
        }
    }

    /// The same of a policy of any dialect.
    pub(super) fn trim_spelt(&self, policy: &mut Policy) {
        if !self.concerns(&policy.applies_to) {
            for rules in [&mut policy.ingress, &mut policy.egress] {
                *rules = rules.take().map(|_| Vec::new());
            }
        }
    }
}
