//! A large bundle is taken in slice by slice: requests go on meanwhile.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use anyhow::{Context, Result, ensure};
use heliast_envoy_tests::{Call, Edition, Protocol, figure};
use serde_json::json;
use tokio::task::JoinSet;
use tokio::time::{Instant, sleep};

use crate::sidecar::{Setup, Sidecar};
use crate::world;

/// Pods of the large bundle.
const PODS: usize = 20_000;

/// The usual policy, and very many pods that have nothing to do with it.
fn large() -> Result<Edition> {
    let mut objects = world::pods();
    objects.extend((0..PODS).map(|number| {
        let (high, low) = (number / 250, number % 250);
        json!({
            "apiVersion": "v1",
            "kind": "Pod",
            "metadata": {
                "name": format!("pod-{number}"),
                "namespace": format!("team-{}", number % 100),
                "labels": {"app": format!("app-{}", number % 500), "tier": "backend"},
            },
            "spec": {"serviceAccountName": format!("app-{}", number % 500)},
            "status": {"phase": "Running", "podIP": format!("10.1.{high}.{low}")},
        })
    }));
    let alice = json!([{"action": "Allow", "source": {"serviceAccounts": {"names": ["alice"]}}}]);
    objects.push(world::policy("large", &alice));
    Edition::new(&objects)
}

/// How long requests take, one connection for each worker, until stopped.
async fn latencies(
    sidecar: &Sidecar,
    stop: &Arc<AtomicBool>,
) -> Result<JoinSet<Result<Vec<Duration>>>> {
    let mut streams = JoinSet::new();
    for _ in 0..sidecar.workers {
        let dial = sidecar.world.alice(sidecar.at)?;
        let mut session = dial.session(Protocol::Http1).await?;
        let stop = Arc::clone(stop);
        streams.spawn(async move {
            let mut times = Vec::new();
            while !stop.load(Ordering::SeqCst) {
                let begun = Instant::now();
                let status = session.call(&Call::get("server", "/")).await?.status;
                ensure!(status == 200, "got {status}");
                times.push(begun.elapsed());
                sleep(Duration::from_millis(1)).await;
            }
            Ok(times)
        });
    }
    Ok(streams)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_large_bundle_keeps_no_request_waiting() -> Result<()> {
    let large = large()?;
    let megabytes = large.text().len() >> 20;
    let setup = Setup {
        source: json!({"timeout": "20s"}),
        ..Setup::default()
    };
    let mut sidecar = setup.start_alone().await?;
    sidecar.take(&world::good()?).await?;
    let stop = Arc::new(AtomicBool::new(false));
    let mut streams = latencies(&sidecar, &stop).await?;
    let begun = Instant::now();
    sidecar.take(&large).await?;
    let took = begun.elapsed();
    stop.store(true, Ordering::SeqCst);
    let mut times = Vec::new();
    while let Some(stream) = streams.join_next().await {
        times.extend(stream??);
    }
    times.sort_unstable();
    let longest = times.last().copied().context("no requests")?;
    let p99 = times
        .get(times.len() * 99 / 100)
        .copied()
        .unwrap_or(longest);
    figure(&format!(
        "a bundle of {PODS} pods ({megabytes} MiB) is in force everywhere after {:.1} s; \
         of {} requests meanwhile p99 {:.1} ms, longest {:.1} ms",
        took.as_secs_f64(),
        times.len(),
        p99.as_secs_f64() * 1e3,
        longest.as_secs_f64() * 1e3
    ))?;
    let state = sidecar.envoy.bundle_state().await?;
    ensure!(state.bytes > 1 << 20, "this was not large: {state:?}");
    sidecar.expect(200, 403).await?;
    sidecar.is_well().await
}
