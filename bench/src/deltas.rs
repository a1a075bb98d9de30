//! What requests feel of policy that changes: latency while deltas arrive, against none.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context, Result, bail, ensure};
use heliast_envoy_tests::{Bootstrap, Cluster, Edition, Node, Origin, PeerRecord, Reply};
use serde_json::{Value, json};
use tokio::task::JoinHandle;
use tokio::time::{Instant, interval, sleep};

use crate::cores::Role;
use crate::figures::{self, microseconds};
use crate::filters;
use crate::laboratory::Laboratory;
use crate::load::{Load, Round, Wire};
use crate::mesh;
use crate::rules::{By, Rules};
use crate::sections::FLEET;
use crate::setup;
use crate::sidecar::Sidecar;
use crate::spread::Spread;

/// The cluster of the origin.
const CLUSTER: &str = "origin";
/// Between two deltas.
const BETWEEN: Duration = Duration::from_millis(100);
/// Before latencies are looked at, so that a delta under way is done.
const SETTLE: Duration = Duration::from_millis(400);
/// How long the first bundle may take.
const PATIENCE: Duration = Duration::from_secs(120);
/// Rules in force meanwhile.
const RULES: Rules = Rules {
    by: By::Path,
    count: 10,
};

/// Latencies with deltas and without.
#[derive(Clone, Debug)]
pub(crate) struct Deltas {
    /// Workloads of the bundle.
    pub(crate) workloads: usize,
    /// Deltas that came into force each second, while they did.
    pub(crate) rate: f64,
    /// While nothing changes.
    pub(crate) quiet: Latency,
    /// While deltas arrive.
    pub(crate) changing: Latency,
}

/// Of the windows of one kind, in microseconds.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Latency {
    /// Median.
    pub(crate) p50: Spread,
    /// 99th percentile.
    pub(crate) p99: Spread,
    /// The slowest request of a window.
    pub(crate) slowest: Spread,
}

/// One window.
#[derive(Debug)]
struct Window {
    round: Round,
    changes: u64,
}

impl Deltas {
    /// For machines.
    pub(crate) fn json(&self) -> Value {
        let latency = |latency: Latency| {
            json!({
                "p50_us": latency.p50.json(),
                "p99_us": latency.p99.json(),
                "slowest_us": latency.slowest.json(),
            })
        };
        json!({
            "workloads": self.workloads,
            "deltas_per_second": self.rate,
            "quiet": latency(self.quiet),
            "changing": latency(self.changing),
        })
    }
}

/// Measures windows of both kinds in turn.
///
/// # Errors
/// When the bundle or its deltas are not taken.
pub(crate) async fn measure(
    laboratory: &Laboratory,
    windows: usize,
    window: Duration,
) -> Result<Deltas> {
    let origin = Origin::start(SocketAddr::new(mesh::SERVER, 0)).await?;
    let (here, there) = (edition(1)?, edition(2)?);
    origin.publish(&here);
    let sidecar = follower(laboratory, origin.address()).await?;
    let revision = here.revision().to_string();
    sidecar.enforces(&revision, PATIENCE).await?;
    // The worker may be behind the main thread.
    settle(&sidecar).await?;
    // From now on nothing but what is told.
    origin.answer(Reply::hold());
    let mut load = Load::connect(
        sidecar.address(),
        Wire::Http1,
        &laboratory.mesh,
        &RULES.last_path(),
    )
    .await?;
    let (mut quiet, mut changing) = (Vec::new(), Vec::new());
    let origin = Arc::new(origin);
    let deltas = [there.since(&here), here.since(&there)].map(|delta| delta.response().reply());
    let mut at = 0;
    for _ in 0..windows {
        load.run(SETTLE).await?;
        quiet.push(one(&sidecar, &mut load, window).await?);
        let feed = feed(Arc::clone(&origin), deltas.clone(), at, SETTLE + window);
        load.run(SETTLE).await?;
        changing.push(one(&sidecar, &mut load, window).await?);
        at = feed.await?;
        settle(&sidecar).await?;
    }
    summary(&quiet, &changing)
}

/// heliast as it is shipped, which fetches its bundle.
async fn follower(laboratory: &Laboratory, origin: SocketAddr) -> Result<Sidecar> {
    let configuration = json!({
        "workload": {"namespace": mesh::NAMESPACE, "name": "server"},
        "bundle": {"http": {
            "cluster": CLUSTER,
            "path": "/v1/bundle?wait=20s",
            "pollInterval": "100ms",
            "timeout": "25s",
        }},
    });
    let (filter, guard) = filters::heliast(laboratory.modules.heliast()?, &configuration)?;
    let mut bootstrap = Bootstrap::new(Node::default())?;
    bootstrap.cluster(Cluster::new(CLUSTER, origin).to_envoy());
    let inbound = setup::inbound(&laboratory.mesh, PeerRecord::Direct);
    bootstrap.inbound(&inbound.filter(filter).filter(guard));
    laboratory.cores.take(Role::Envoy)?;
    let sidecar = Sidecar::start(bootstrap, None).await;
    laboratory.cores.take(Role::Client)?;
    sidecar
}

/// A bundle of a fleet and one pod beside it, at one address or another.
fn edition(at: u8) -> Result<Edition> {
    let mut objects = mesh::pods();
    objects.extend(mesh::fleet(FLEET));
    objects.extend(RULES.calico());
    objects.push(json!({
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": {"name": "wanderer", "namespace": mesh::NAMESPACE, "labels": {"app": "wanderer"}},
        "spec": {"serviceAccountName": "wanderer"},
        "status": {"podIP": format!("10.200.0.{at}")},
    }));
    Edition::new(&objects)
}

/// Tells the origin one delta after the other, there and back again, for so long; answers which is
/// next.
fn feed(
    origin: Arc<Origin>,
    deltas: [Reply; 2],
    first: usize,
    span: Duration,
) -> JoinHandle<usize> {
    tokio::spawn(async move {
        let end = Instant::now() + span;
        let mut ticks = interval(BETWEEN);
        let (mut told, mut asked) = (first, 0);
        while Instant::now() < end {
            ticks.tick().await;
            // Only to a filter that asks for it: what it cannot keep up with must not pile up.
            if let (true, Some(delta)) = (origin.count() > asked, deltas.get(told % 2)) {
                asked = origin.count();
                origin.answer_once(delta.clone());
                told += 1;
            }
        }
        told
    })
}

/// Waits until what came last is in force everywhere.
async fn settle(sidecar: &Sidecar) -> Result<()> {
    let deadline = Instant::now() + PATIENCE;
    let mut before = sidecar.changes().await?;
    while Instant::now() < deadline {
        sleep(SETTLE * 2).await;
        let changes = sidecar.changes().await?;
        if changes == before {
            return Ok(());
        }
        before = changes;
    }
    bail!("the last delta never came into force")
}

async fn one(sidecar: &Sidecar, load: &mut Load, window: Duration) -> Result<Window> {
    let changes = sidecar.changes().await?;
    let round = load.run(window).await?;
    Ok(Window {
        round,
        changes: sidecar.changes().await?.saturating_sub(changes),
    })
}

fn summary(quiet: &[Window], changing: &[Window]) -> Result<Deltas> {
    // Each virtual machine counts: the worker's, and the main thread's.
    let virtual_machines = 2;
    let changes: u64 = changing.iter().map(|window| window.changes).sum();
    let deltas = u32::try_from(changes / virtual_machines)?;
    ensure!(deltas > 0, "no delta came into force");
    ensure!(
        quiet.iter().all(|window| window.changes == 0),
        "something changed while nothing should have"
    );
    let seconds = |windows: &[Window]| -> f64 {
        windows
            .iter()
            .map(|window| window.round.elapsed.as_secs_f64())
            .sum()
    };
    Ok(Deltas {
        workloads: FLEET,
        rate: f64::from(deltas) / seconds(changing),
        quiet: latency(quiet)?,
        changing: latency(changing)?,
    })
}

fn latency(windows: &[Window]) -> Result<Latency> {
    let (mut p50, mut p99, mut slowest) = (Vec::new(), Vec::new(), Vec::new());
    for window in windows {
        let histogram = figures::histogram_of(&window.round.latencies)?;
        p50.push(figures::quantile(&histogram, 0.5));
        p99.push(figures::quantile(&histogram, 0.99));
        let longest = window.round.latencies.iter().max().copied();
        slowest.push(microseconds(longest.unwrap_or_default()));
    }
    Ok(Latency {
        p50: Spread::of(p50).context("no windows")?,
        p99: Spread::of(p99).context("no windows")?,
        slowest: Spread::of(slowest).context("no windows")?,
    })
}
