//! What `/stats/prometheus` shows of the bundle that is followed (docs/operations.md).

use super::hostcalls;
use crate::bundle::Revision;
use crate::fetch::RefusalKind;
use std::time::Duration;

/// Most revisions that get a metric of their own; later ones are in the number alone. A metric
/// stays for as long as Envoy runs.
const REVISIONS: usize = 64;

/// The metrics of one source.
#[derive(Debug)]
pub(super) struct BundleMetrics {
    revision: Option<u32>,
    age: Option<u32>,
    bytes: Option<u32>,
    error: Option<u32>,
    polls: Option<u32>,
    changes: Option<u32>,
    /// The counters of refusals that there were.
    errors: Vec<(RefusalKind, u32)>,
    /// The gauges of revisions that there were.
    infos: Vec<(Revision, u32)>,
}

impl BundleMetrics {
    pub(super) fn define() -> Self {
        Self {
            revision: hostcalls::gauge("heliast_bundle_revision"),
            age: hostcalls::gauge("heliast_bundle_age_seconds"),
            bytes: hostcalls::gauge("heliast_bundle_bytes"),
            error: hostcalls::gauge("heliast_bundle_error"),
            polls: hostcalls::counter("heliast_bundle_polls_total"),
            changes: hostcalls::counter("heliast_bundle_changes_total"),
            errors: Vec::new(),
            infos: Vec::new(),
        }
    }

    pub(super) fn count_poll(&self) {
        self.polls.into_iter().for_each(hostcalls::increment);
    }

    pub(super) fn set_age(&self, age: Option<Duration>) {
        record(self.age, age.map_or(0, |age| age.as_secs()));
    }

    /// Shows why the last answer was not taken; none if it was.
    pub(super) fn set_error(&self, kind: Option<RefusalKind>) {
        record(self.error, kind.map_or(0, RefusalKind::number));
    }

    pub(super) fn count_error(&mut self, kind: RefusalKind) {
        let known = self.errors.iter().find(|(known, _)| *known == kind);
        let known = known.map(|(_, counter)| *counter);
        let counter = known.or_else(|| {
            let name = format!("kind=.={};.;heliast_bundle_errors_total", kind.word());
            let counter = hostcalls::counter(&name)?;
            self.errors.push((kind, counter));
            Some(counter)
        });
        counter.into_iter().for_each(hostcalls::increment);
    }

    /// Shows another bundle.
    pub(super) fn set_bundle(&mut self, revision: Revision, bytes: usize) {
        self.changes.into_iter().for_each(hostcalls::increment);
        record(self.revision, revision.number());
        record(self.bytes, u64::try_from(bytes).unwrap_or(u64::MAX));
        let is_known = self.infos.iter().any(|(known, _)| *known == revision);
        if !is_known && self.infos.len() < REVISIONS {
            let name = format!("revision=.={};.;heliast_bundle_info", revision.short());
            let gauge = hostcalls::gauge(&name);
            self.infos.extend(gauge.map(|gauge| (revision, gauge)));
        }
        for (known, gauge) in &self.infos {
            hostcalls::record(*gauge, u64::from(*known == revision));
        }
    }
}

fn record(gauge: Option<u32>, value: u64) {
    if let Some(gauge) = gauge {
        hostcalls::record(gauge, value);
    }
}
