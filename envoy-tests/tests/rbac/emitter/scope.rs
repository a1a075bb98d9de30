//! Which policies govern a workload (1.8), one that is neither gateway nor waypoint.

use super::Workload;
use crate::policy::Policy;

/// Policies of the root namespace and of the workload's own; one with a target is for others.
pub(super) fn governs(policy: &Policy, workload: &Workload) -> bool {
    let here = [&workload.root_namespace, &workload.namespace].contains(&&policy.namespace);
    let has = |(key, value)| workload.labels.get(key) == Some(value);
    here && !policy.targeted && policy.labels.iter().all(has)
}
