//! What is printed when all cases have run.

use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};
use std::time::Instant;

use crate::fleet::Fleet;
use crate::runner::By;

/// Counts outcomes; nothing is left out silently.
#[derive(Debug)]
pub(crate) struct Tally {
    started: Instant,
    counts: Mutex<Counts>,
}

#[derive(Debug, Default)]
struct Counts {
    configurations: usize,
    http1: usize,
    http2: usize,
    envoy_alone: usize,
    skipped: BTreeMap<String, usize>,
}

impl Default for Tally {
    fn default() -> Self {
        Self {
            started: Instant::now(),
            counts: Mutex::default(),
        }
    }
}

impl Tally {
    /// A case that held.
    pub(crate) fn pass(&self, by: By) {
        let mut counts = self.counts.lock().unwrap_or_else(PoisonError::into_inner);
        let count = match by {
            By::Configuration => &mut counts.configurations,
            By::Http1 => &mut counts.http1,
            By::Http2 => &mut counts.http2,
            By::EnvoyAlone => &mut counts.envoy_alone,
        };
        *count += 1;
    }

    /// A case that was left out.
    pub(crate) fn skip(&self, reason: String) {
        let mut counts = self.counts.lock().unwrap_or_else(PoisonError::into_inner);
        *counts.skipped.entry(reason).or_default() += 1;
    }

    pub(crate) fn print(&self, fleet: &Fleet) {
        let counts = self.counts.lock().unwrap_or_else(PoisonError::into_inner);
        let skipped = counts.skipped.values().sum::<usize>();
        println!(
            "figure: corpus, envoy: {} verdicts over HTTP/1.1, {} over HTTP/2, {} denials of Envoy's own, {} configurations refused, {skipped} left out with a reason",
            counts.http1, counts.http2, counts.envoy_alone, counts.configurations,
        );
        println!(
            "{} listeners, {:.1} s, of which {}",
            fleet.len(),
            self.started.elapsed().as_secs_f64(),
            fleet.start_report(),
        );
        println!("skipped: {skipped}");
        for (reason, count) in &counts.skipped {
            println!("{count:5}  {reason}");
        }
    }
}
