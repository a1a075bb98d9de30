//! What `/stats/prometheus` shows (envoy-wasm.md 1.9).
//!
//! The names carry their labels in the form that Istio's tag rules take out; docs/operations.md
//! shows the rules for a plain Envoy.

use super::hostcalls;
use crate::enforcer::{Enforcer, Ruling};
use crate::evaluate::Doubt;
use crate::verdict::Decision;

/// What a denial that is only observed can be in doubt about.
const DOUBTS: [Doubt; 6] = [
    Doubt::Nothing,
    Doubt::Peer,
    Doubt::OwnEnd,
    Doubt::Reading,
    Doubt::Connection,
    Doubt::Several,
];

/// The metrics of one root context, defined once: defining a name again leaks an id.
#[derive(Debug)]
pub(super) struct Metrics {
    allowed: Option<u32>,
    denied: Option<u32>,
    /// One for each [`Doubt`], in the order of [`DOUBTS`].
    observed: [Option<u32>; DOUBTS.len()],
    staged_denied: Option<u32>,
    rules: Option<u32>,
    workloads: Option<u32>,
}

impl Metrics {
    pub(super) fn define() -> Self {
        Self {
            allowed: hostcalls::counter("verdict=.=allow;.;heliast_requests_total"),
            denied: hostcalls::counter("verdict=.=deny;.;heliast_requests_total"),
            observed: DOUBTS.map(|doubt| {
                let word = doubt.word();
                hostcalls::counter(&format!("doubt=.={word};.;heliast_observed_denials_total"))
            }),
            staged_denied: hostcalls::counter("heliast_staged_denials_total"),
            rules: hostcalls::gauge("heliast_rules"),
            workloads: hostcalls::gauge("heliast_workloads"),
        }
    }

    /// Shows how much is enforced, and answers how many rules and workloads there are.
    pub(super) fn set_sizes(&self, enforcer: &Enforcer) -> (usize, usize) {
        let (mut rules, mut workloads) = (0, 0);
        for program in enforcer.programs() {
            rules += program.rule_count();
            workloads = program.model.directory.read().workload_count();
        }
        for (gauge, value) in [(self.rules, rules), (self.workloads, workloads)] {
            if let Some(gauge) = gauge {
                hostcalls::record(gauge, u64::try_from(value).unwrap_or(u64::MAX));
            }
        }
        (rules, workloads)
    }

    fn observed(&self, doubt: Option<Doubt>) -> Option<u32> {
        let doubt = doubt.unwrap_or(Doubt::Nothing);
        let mut counters = DOUBTS.iter().zip(&self.observed);
        counters.find(|(one, _)| **one == doubt)?.1.to_owned()
    }

    /// Counts a ruling.
    pub(super) fn count(&self, ruling: &Ruling) {
        let counter = match (ruling.decision, ruling.policy) {
            (Decision::Allow, Decision::Allow) => self.allowed,
            (Decision::Allow, Decision::Deny) => self.observed(ruling.doubt),
            (Decision::Deny, _) => self.denied,
        };
        let staged = ruling.staged.as_ref().map(|outcome| outcome.decision);
        let newly_denied = ruling.policy == Decision::Allow && staged == Some(Decision::Deny);
        let staged = self.staged_denied.filter(|_| newly_denied);
        counter
            .into_iter()
            .chain(staged)
            .for_each(hostcalls::increment);
    }
}
