//! What is printed when all cases have run.

use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};
use std::time::Instant;

use crate::fleet::Fleet;

/// Counts outcomes; nothing is left out silently.
#[derive(Debug)]
pub(crate) struct Tally {
    started: Instant,
    counts: Mutex<Counts>,
}

#[derive(Debug, Default)]
struct Counts {
    verdicts: usize,
    refusals: usize,
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
    pub(crate) fn pass(&self, is_refusal: bool) {
        let mut counts = self.counts.lock().unwrap_or_else(PoisonError::into_inner);
        if is_refusal {
            counts.refusals += 1;
        } else {
            counts.verdicts += 1;
        }
    }

    /// A case that was left out.
    pub(crate) fn skip(&self, reason: String) {
        let mut counts = self.counts.lock().unwrap_or_else(PoisonError::into_inner);
        *counts.skipped.entry(reason).or_default() += 1;
    }

    pub(crate) fn print(&self, fleet: &Fleet) {
        let counts = self.counts.lock().unwrap_or_else(PoisonError::into_inner);
        println!(
            "{} verdicts and {} refusals as expected, through {} listeners in {:.1} s, of which {}",
            counts.verdicts,
            counts.refusals,
            fleet.len(),
            self.started.elapsed().as_secs_f64(),
            fleet.start_report(),
        );
        println!("skipped: {}", counts.skipped.values().sum::<usize>());
        for (reason, count) in &counts.skipped {
            println!("{count:5}  {reason}");
        }
    }
}
