//! How long a change of a file takes until every worker enforces it: `heliast serve` watches the
//! files, and the filter waits for its answer.

use std::time::Duration;

use anyhow::{Context, Result, bail, ensure};
use heliast_envoy_tests::{Call, Cluster, Dial, Protocol, Server, Session, figure};
use serde_json::json;
use tokio::time::{Instant, sleep};

use crate::numbered;
use crate::quiet;
use crate::sidecar::{CLUSTER, PATIENCE, Setup, Sidecar};
use crate::world::{ORIGIN, World, pods};

const WORKERS: u16 = 4;
const CHANGES: usize = 100;

/// One kept connection for each worker.
async fn watchers(dial: &Dial, sidecar: &Sidecar<Server>) -> Result<Vec<Session>> {
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
async fn every_changed_file_reaches_every_worker_by_long_poll() -> Result<()> {
    let setup = Setup {
        workers: WORKERS,
        source: json!({"path": "/v1/bundle?wait=30s", "timeout": "35s"}),
        ..Setup::default()
    };
    let turn = quiet::alone().await;
    let server = Server::start(
        ORIGIN,
        &[
            ("pods.yaml", &pods()),
            ("policy.yaml", &[numbered::only(0)]),
        ],
        &[],
    )
    .await?;
    let cluster = Cluster::new(CLUSTER, server.address());
    let started = setup.start_from(turn, World::new()?, &cluster, server);
    let mut sidecar = started.await?;
    let mut watchers = watchers(&sidecar.world.alice(sidecar.at)?, &sidecar).await?;
    seen(&mut watchers, 0).await?;
    let mut times = Vec::new();
    for number in 1..=CHANGES {
        // Not in step with anything that ticks.
        sleep(Duration::from_millis(
            20 + u64::try_from(number * 37 % 101)?,
        ))
        .await;
        let written = Instant::now();
        let policy = [numbered::only(number)];
        sidecar.origin.put("policy.yaml", &policy)?;
        times.push(seen(&mut watchers, number).await? - written);
    }
    times.sort_unstable();
    let at = |hundredth: usize| times.get(hundredth * (times.len() - 1) / 100).copied();
    let (median, p99) = (at(50).context("no times")?, at(99).context("no times")?);
    figure(&format!(
        "a changed file is enforced on all {WORKERS} workers after {} ms (median), \
         {} ms (p99), {CHANGES} changes, by `heliast serve` and long poll",
        median.as_millis(),
        p99.as_millis()
    ))?;
    // Patience, not the figure: the machine may be busy.
    ensure!(p99 < Duration::from_secs(10), "p99 {p99:?}");
    ensure!(sidecar.origin.is_alive()?, "`heliast serve` has ended");
    sidecar.is_well().await
}
