//! What `/metrics` tells, in the text form of OpenMetrics, which Prometheus reads.

use super::board::State;
use prometheus_client::encoding::text;
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::metrics::histogram::Histogram;
use prometheus_client::registry::Registry;
use std::fmt;
use std::sync::Mutex;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use super::sync::lock;

/// The media type of [`Metrics::text`].
pub(super) const MEDIA_TYPE: &str = "application/openmetrics-text; version=1.0.0; charset=utf-8";

type Labels<const N: usize> = [(&'static str, String); N];

/// Counters and gauges.
#[derive(Debug)]
pub(super) struct Metrics {
    registry: Mutex<Registry>,
    requests: Family<Labels<2>, Counter>,
    bytes: Family<Labels<1>, Counter>,
    refused: Family<Labels<1>, Counter>,
    sources: Family<Labels<1>, Counter>,
    took: Histogram,
    /// Open connections.
    pub(super) connections: Gauge,
    waiting: Gauge,
    views: Gauge,
    revision: Gauge,
    epoch: Gauge,
    sequence: Gauge,
    objects: Gauge,
    files: Gauge,
    warnings: Gauge,
    changed: Gauge,
    in_error: Gauge,
    errors: Gauge,
}

impl Metrics {
    /// All at zero.
    pub(super) fn new() -> Self {
        // From a small edit to the first reading of a large fleet.
        let seconds = [0.005, 0.02, 0.05, 0.1, 0.2, 0.5, 1.0, 2.0, 5.0, 10.0, 30.0];
        let metrics = Self {
            registry: Mutex::default(),
            requests: Family::default(),
            bytes: Family::default(),
            refused: Family::default(),
            sources: Family::default(),
            took: Histogram::new(seconds),
            connections: Gauge::default(),
            waiting: Gauge::default(),
            views: Gauge::default(),
            revision: Gauge::default(),
            epoch: Gauge::default(),
            sequence: Gauge::default(),
            objects: Gauge::default(),
            files: Gauge::default(),
            warnings: Gauge::default(),
            changed: Gauge::default(),
            in_error: Gauge::default(),
            errors: Gauge::default(),
        };
        metrics.register(&mut lock(&metrics.registry));
        // What has not happened yet is 0, and not absent.
        for (family, key, values) in [
            (&metrics.bytes, "form", &["whole", "delta", "program"][..]),
            (
                &metrics.refused,
                "reason",
                &["too_many", "too_many_of_peer", "handshake"],
            ),
            (&metrics.sources, "result", &["taken", "refused"]),
        ] {
            for value in values {
                let _at_zero = family.get_or_create(&[(key, (*value).to_owned())]);
            }
        }
        metrics
    }

    fn register(&self, registry: &mut Registry) {
        let root = registry.sub_registry_with_prefix("heliast_serve");
        for (name, help, gauge) in self.gauges() {
            root.register(name, help, gauge.clone());
        }
        for (name, help, family) in self.families() {
            root.register(name, help, family.clone());
        }
        root.register(
            "requests",
            "Requests answered, by endpoint and status",
            self.requests.clone(),
        );
        root.register(
            "source_change_seconds",
            "Time from reading a change to serving it",
            self.took.clone(),
        );
    }

    fn gauges(&self) -> [(&'static str, &'static str, &Gauge); 12] {
        let waiting = "Polls that wait for the next revision";
        let views = "Pruned bundles that are kept up to date";
        let revision = "First 48 bits of the revision that is served, 0 for none";
        let epoch = "Epoch of the sequence number of the revision that is served";
        let sequence = "Sequence number of the revision that is served";
        let objects = "Objects in the bundle that is served";
        let warnings = "Warnings about the bundle that is served";
        let changed = "When the revision that is served appeared";
        let in_error = "1 while the source cannot be served as it is, else 0";
        let errors = "Errors in the source that are listed at /v1/status";
        [
            ("connections", "Open connections", &self.connections),
            ("waiting_polls", waiting, &self.waiting),
            ("pruned_bundles", views, &self.views),
            ("bundle_revision", revision, &self.revision),
            ("bundle_epoch", epoch, &self.epoch),
            ("bundle_sequence", sequence, &self.sequence),
            ("bundle_objects", objects, &self.objects),
            ("bundle_warnings", warnings, &self.warnings),
            ("bundle_changed_timestamp_seconds", changed, &self.changed),
            ("source_files", "Files in the source", &self.files),
            ("source_in_error", in_error, &self.in_error),
            ("source_errors", errors, &self.errors),
        ]
    }

    fn families(&self) -> [(&'static str, &'static str, &Family<Labels<1>, Counter>); 3] {
        let bytes = "Bytes of bundles sent, by form of the answer";
        let refused = "Connections that were turned away, by reason";
        let sources = "Changes of the source, by whether they were taken or refused";
        [
            ("response_bytes", bytes, &self.bytes),
            ("refused_connections", refused, &self.refused),
            ("source_changes", sources, &self.sources),
        ]
    }

    /// A request was answered.
    pub(super) fn answered(&self, endpoint: &str, status: u16) {
        let labels = [
            ("endpoint", endpoint.to_owned()),
            ("status", status.to_string()),
        ];
        self.requests.get_or_create(&labels).inc();
    }

    /// A bundle, or a part of one, was sent.
    pub(super) fn sent(&self, form: &str, bytes: usize) {
        let bytes = u64::try_from(bytes).unwrap_or(u64::MAX);
        self.bytes
            .get_or_create(&[("form", form.to_owned())])
            .inc_by(bytes);
    }

    /// A connection was turned away.
    pub(super) fn turned_away(&self, reason: &str) {
        self.refused
            .get_or_create(&[("reason", reason.to_owned())])
            .inc();
    }

    /// A change of the source was taken.
    pub(super) fn taken(&self, took: Duration) {
        self.took.observe(took.as_secs_f64());
        self.sources
            .get_or_create(&[("result", "taken".to_owned())])
            .inc();
    }

    /// A change of the source was refused.
    pub(super) fn refused(&self) {
        self.sources
            .get_or_create(&[("result", "refused".to_owned())])
            .inc();
    }

    /// All of them, as they are now.
    pub(super) fn text(
        &self,
        state: &State,
        views: usize,
        waiting: usize,
    ) -> Result<String, fmt::Error> {
        let number = |count: usize| i64::try_from(count).unwrap_or(i64::MAX);
        let large = |count: u64| i64::try_from(count).unwrap_or(i64::MAX);
        self.views.set(number(views));
        self.waiting.set(number(waiting));
        self.files.set(number(state.files));
        let warnings = state.warnings.as_ref();
        self.warnings
            .set(number(warnings.map_or(0, |warnings| warnings.count)));
        if let Some((taken, since)) = &state.taken {
            self.revision.set(large(taken.to.number()));
            self.epoch.set(large(taken.order.epoch));
            self.sequence.set(large(taken.order.number));
            self.objects.set(number(taken.objects));
            let since = since.duration_since(UNIX_EPOCH).unwrap_or_default();
            self.changed.set(large(since.as_secs()));
        }
        let trouble = state.trouble.as_ref();
        self.in_error.set(i64::from(trouble.is_some()));
        let errors = trouble.map_or(0, |(trouble, _): &(_, SystemTime)| trouble.errors);
        self.errors.set(number(errors));
        let mut out = String::new();
        text::encode(&mut out, &lock(&self.registry))?;
        Ok(out)
    }
}
