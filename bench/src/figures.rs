//! What the rounds of a lane come to.

use std::time::Duration;

use anyhow::{Context, Result};
use hdrhistogram::Histogram;
use serde_json::{Value, json};

use crate::race::Sample;
use crate::spread::Spread;
use crate::usage::Memory;

/// Longest latency that is told apart, in nanoseconds.
const LONGEST: u64 = 60_000_000_000;

/// The figures of one lane.
#[derive(Clone, Debug)]
pub(crate) struct Figures {
    /// What was measured.
    pub(crate) name: String,
    /// How requests came.
    pub(crate) wire: String,
    /// Envoy's processor time for a request, in microseconds.
    pub(crate) cpu: Spread,
    /// The same in the best round: what other work on the machine took away is least there.
    pub(crate) best: f64,
    /// What of it the filter added: the difference to the lane without one in the same round, in microseconds.
    pub(crate) added: Spread,
    /// The authorization server's processor time for a request, in microseconds.
    pub(crate) server: Option<Spread>,
    /// Answers a second, in thousands.
    pub(crate) throughput: Spread,
    /// The latency that half of the requests stay below, of each round, in microseconds.
    pub(crate) p50: Spread,
    /// The latency that 99 % stay below, of each round, in microseconds.
    pub(crate) p99: Spread,
    /// What the filter added to it, in microseconds.
    pub(crate) p99_added: Spread,
    /// The latency that 99.9 % stay below, of all rounds together, in microseconds.
    pub(crate) p999: f64,
    /// Of Envoy, at the end.
    pub(crate) memory: Memory,
    /// How long Envoy took to be ready.
    pub(crate) start: Duration,
    /// Requests in all.
    pub(crate) requests: u64,
}

impl Figures {
    /// Works them out, against the lane without a filter.
    ///
    /// # Errors
    /// When there are no samples.
    pub(crate) fn of(
        name: String,
        wire: String,
        samples: &[Sample],
        base: &[Sample],
    ) -> Result<Self> {
        let mut all = histogram()?;
        let (mut p50, mut p99, mut p99_added) = (Vec::new(), Vec::new(), Vec::new());
        for (index, sample) in samples.iter().enumerate() {
            let own = histogram_of(&sample.latencies)?;
            p50.push(quantile(&own, 0.5));
            p99.push(quantile(&own, 0.99));
            if let Some(base) = base.get(index) {
                p99_added
                    .push(quantile(&own, 0.99) - quantile(&histogram_of(&base.latencies)?, 0.99));
            }
            all.add(&own)?;
        }
        let pairs = || samples.iter().zip(base);
        let added = pairs().map(|(sample, base)| microseconds(sample.cpu) - microseconds(base.cpu));
        let server = samples.iter().filter_map(|sample| sample.server);
        let throughput = samples
            .iter()
            .map(|sample| f64::from(sample.requests) / sample.elapsed.as_secs_f64() / 1000.0);
        let best = samples.iter().map(|sample| sample.cpu).min();
        let none = || format!("no samples of {name}");
        Ok(Self {
            cpu: Spread::of(samples.iter().map(|sample| microseconds(sample.cpu)))
                .with_context(none)?,
            best: best.map(microseconds).with_context(none)?,
            added: Spread::of(added).with_context(none)?,
            server: Spread::of(server.map(microseconds)),
            throughput: Spread::of(throughput).with_context(none)?,
            p50: Spread::of(p50).with_context(none)?,
            p99: Spread::of(p99).with_context(none)?,
            p99_added: Spread::of(p99_added).with_context(none)?,
            p999: quantile(&all, 0.999),
            memory: Memory::default(),
            start: Duration::ZERO,
            requests: all.len(),
            name,
            wire,
        })
    }

    /// For machines.
    pub(crate) fn json(&self) -> Value {
        json!({
            "name": self.name,
            "wire": self.wire,
            "cpu_us": self.cpu.json(),
            "best_cpu_us": self.best,
            "added_cpu_us": self.added.json(),
            "server_cpu_us": self.server.map(Spread::json),
            "thousand_requests_per_second": self.throughput.json(),
            "p50_us": self.p50.json(),
            "p99_us": self.p99.json(),
            "added_p99_us": self.p99_added.json(),
            "p999_us": self.p999,
            "resident_bytes": self.memory.resident,
            "peak_resident_bytes": self.memory.peak,
            "start_ms": self.start.as_secs_f64() * 1e3,
            "requests": self.requests,
        })
    }
}

/// As a number.
pub(crate) fn microseconds(duration: Duration) -> f64 {
    duration.as_secs_f64() * 1e6
}

/// An empty one, to a thousandth of each value.
fn histogram() -> Result<Histogram<u64>> {
    Ok(Histogram::new_with_bounds(1, LONGEST, 3)?)
}

/// Of these latencies.
///
/// # Errors
/// When one is longer than five centuries.
pub(crate) fn histogram_of(latencies: &[Duration]) -> Result<Histogram<u64>> {
    let mut histogram = histogram()?;
    for latency in latencies {
        histogram.saturating_record(u64::try_from(latency.as_nanos())?);
    }
    Ok(histogram)
}

/// The latency that this share stays below, in microseconds.
pub(crate) fn quantile(histogram: &Histogram<u64>, share: f64) -> f64 {
    microseconds(Duration::from_nanos(histogram.value_at_quantile(share)))
}
