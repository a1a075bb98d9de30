//! Rounds in turn: every lane is measured once in each round, so that whatever drifts drifts for
//! all of them alike.

use std::time::Duration;

use anyhow::{Context, Result};
use indicatif::ProgressBar;

use crate::load::{Load, Wire};
use crate::setup::Setup;
use crate::sidecar::Sidecar;

/// One of those that are compared: a sidecar, and connections of one kind to it.
#[derive(Debug)]
pub(crate) struct Lane {
    /// What stands in front of the answer.
    pub(crate) setup: Setup,
    /// How requests come.
    pub(crate) wire: Wire,
    /// Which of the sidecars.
    pub(crate) sidecar: usize,
    /// The connections.
    pub(crate) load: Load,
}

/// How long to measure.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Pace {
    /// Times that each lane is measured.
    pub(crate) rounds: usize,
    /// Of one measurement.
    pub(crate) window: Duration,
    /// Before each measurement, unmeasured: other lanes have had the caches meanwhile.
    pub(crate) warm_up: Duration,
}

/// One lane in one round.
#[derive(Clone, Debug)]
pub(crate) struct Sample {
    /// Requests answered.
    pub(crate) requests: u32,
    /// Envoy's time for each.
    pub(crate) cpu: Duration,
    /// The authorization server's time for each.
    pub(crate) server: Option<Duration>,
    /// Of the measurement.
    pub(crate) elapsed: Duration,
    /// Of each request.
    pub(crate) latencies: Vec<Duration>,
}

/// Measures every lane in every round; answers the samples of each lane, in the order of rounds.
///
/// # Errors
/// When a request is not answered as it should be.
pub(crate) async fn run(
    lanes: &mut [Lane],
    sidecars: &[Sidecar],
    pace: Pace,
    progress: &ProgressBar,
) -> Result<Vec<Vec<Sample>>> {
    let mut samples: Vec<_> = lanes.iter().map(|_| Vec::new()).collect();
    for round in 0..pace.rounds {
        for index in order(lanes.len(), round) {
            let (Some(lane), Some(samples)) = (lanes.get_mut(index), samples.get_mut(index)) else {
                continue;
            };
            progress.set_message(format!("{}, {}", lane.setup, lane.wire));
            let sidecar = sidecars.get(lane.sidecar).context("no such sidecar")?;
            let sample = measure(lane, sidecar, pace).await;
            samples.push(sample.with_context(|| format!("{}, {}", lane.setup, lane.wire))?);
            progress.inc(1);
        }
    }
    Ok(samples)
}

async fn measure(lane: &mut Lane, sidecar: &Sidecar, pace: Pace) -> Result<Sample> {
    lane.load.run(pace.warm_up).await?;
    let before = sidecar.cpu()?;
    let round = lane.load.run(pace.window).await?;
    let after = sidecar.cpu()?;
    let requests = u32::try_from(round.latencies.len())?;
    let server = before.1.zip(after.1);
    Ok(Sample {
        requests,
        cpu: after.0.saturating_sub(before.0) / requests,
        server: server.map(|(before, after)| after.saturating_sub(before) / requests),
        elapsed: round.elapsed,
        latencies: round.latencies,
    })
}

/// Another lane begins each round, and every other round runs backwards: nobody is always behind
/// the same one.
fn order(lanes: usize, round: usize) -> Vec<usize> {
    let mut order: Vec<_> = (0..lanes).map(|index| (index + round) % lanes).collect();
    if round % 2 == 1 {
        order.reverse();
    }
    order
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_round_has_every_lane_once() {
        for round in 0..9 {
            let mut seen = order(5, round);
            seen.sort_unstable();
            assert_eq!(seen, [0, 1, 2, 3, 4]);
        }
        assert_ne!(order(5, 0), order(5, 2));
    }
}
