//! What every stream of one configuration shares.

use super::metrics::Metrics;
use crate::enforcer::Enforcer;
use crate::verdict::Direction;
use log::warn;
use std::cell::Cell;
use std::rc::Rc;

/// A configuration that is enforced, and its metrics.
#[derive(Debug)]
pub(super) struct Enforcing {
    pub(super) enforcer: Enforcer,
    pub(super) metrics: Rc<Metrics>,
    /// Whether it was told that no policy decides here; once for a configuration is enough.
    pub(super) told_undecided: Rc<Cell<bool>>,
}

impl Enforcing {
    /// Warns, once, of a listener on which no policy decides although policy selects the workload.
    pub(super) fn warn_of_no_decision(&self) {
        let Some(direction) = self.enforcer.take_undecided() else {
            return;
        };
        if self.told_undecided.replace(true) {
            return;
        }
        let (here, there, way_out) = match direction {
            Direction::Egress => (
                "go out",
                "come in",
                "set `direction: Ingress` at a gateway or waypoint, or add egress policy",
            ),
            Direction::Ingress => ("come in", "go out", "add ingress policy"),
        };
        warn!(
            "heliast: nothing decides here: this listener is for requests that {here}, and the policy that selects this workload is about requests that {there}: {way_out}, or take the filter off this listener"
        );
    }
}
