//! How long a change takes until every worker enforces it, with long polls.

use std::time::Duration;

use anyhow::{Context, Result, bail, ensure};
use heliast_envoy_tests::{Call, Dial, Protocol, Session};
use serde_json::json;
use tokio::time::{Instant, sleep};

use crate::numbered;
use crate::sidecar::{PATIENCE, Setup, Sidecar};

const WORKERS: u16 = 4;
const CHANGES: usize = 100;

/// One kept connection for each worker.
async fn watchers(dial: &Dial, sidecar: &Sidecar) -> Result<Vec<Session>> {
    let mut watchers = Vec::new();
    for _ in 0..sidecar.workers {
        watchers.push(dial.session(Protocol::Http1).await?);
    }
    let stats = sidecar.envoy.admin().stats("downstream_cx_active").await?;
    for worker in 0..sidecar.workers {
        let name = format!("worker_{worker}.downstream_cx_active");
        let mut stats = stats.iter();
        let busy = stats.any(|(key, count)| key.ends_with(&name) && *count > 0);
        ensure!(busy, "worker {worker} has no connection");
    }
    Ok(watchers)
}

/// When the bundle of this number is enforced on every worker.
async fn seen(watchers: &mut [Session], number: usize) -> Result<Instant> {
    let deadline = Instant::now() + PATIENCE;
    let call = Call::get("server", &numbered::path(number));
    for watcher in watchers.iter_mut() {
        while watcher.call(&call).await?.status != 200 {
            if Instant::now() > deadline {
                bail!("change {number} did not arrive within {PATIENCE:?}");
            }
            sleep(Duration::from_millis(2)).await;
        }
    }
    Ok(Instant::now())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_change_reaches_every_worker_by_long_poll() -> Result<()> {
    let setup = Setup {
        workers: WORKERS,
        source: json!({"path": "/v1/bundle?wait=30s", "timeout": "35s"}),
        ..Setup::default()
    };
    let mut sidecar = setup.start_alone().await?;
    sidecar.take(&numbered::edition(0)?).await?;
    let mut watchers = watchers(&sidecar.world.alice(sidecar.at)?, &sidecar).await?;
    let mut times = Vec::new();
    for number in 1..=CHANGES {
        // Not in step with anything that ticks.
        sleep(Duration::from_millis(
            20 + u64::try_from(number * 37 % 101)?,
        ))
        .await;
        let edition = numbered::edition(number)?;
        let published = Instant::now();
        sidecar.origin.publish_alone(&edition);
        times.push(seen(&mut watchers, number).await? - published);
    }
    times.sort_unstable();
    let at = |hundredth: usize| times.get(hundredth * (times.len() - 1) / 100).copied();
    let (median, p99) = (at(50).context("no times")?, at(99).context("no times")?);
    println!(
        "figure: a change is enforced on all {WORKERS} workers after {} ms (median), {} ms (p99), \
         of {CHANGES} changes by long poll",
        median.as_millis(),
        p99.as_millis()
    );
    // Patience, not the figure: the machine may be busy.
    ensure!(p99 < Duration::from_secs(10), "p99 {p99:?}");
    sidecar.is_well().await
}
