//! One poll for a whole process, however many workers and listeners it has.

use std::time::Duration;

use anyhow::{Result, ensure};
use heliast_envoy_tests::{Bootstrap, Cluster, Envoy, Node, figure, guard};
use serde_json::{Value, json};
use tokio::time::sleep;

use crate::quiet;
use crate::sidecar::{CLUSTER, LISTENER, PATIENCE, Setup, Sidecar, balanced, origin};
use crate::world::{self, World};

const WORKERS: u16 = 4;
const LISTENERS: u64 = 3;
/// How long polls are counted.
const WINDOW: Duration = Duration::from_secs(10);

/// A process with several workers and listeners, each with a plugin of its own.
async fn start(source: &Value) -> Result<Sidecar> {
    let turn = quiet::beside_others().await;
    let (world, origin) = (World::new()?, origin().await?);
    origin.publish(&world::good()?);
    let mut bootstrap = Bootstrap::new(Node::default())?;
    bootstrap.cluster(Cluster::new(CLUSTER, origin.address()).to_envoy());
    let mut setup = Setup {
        workers: WORKERS,
        source: source.clone(),
        ..Setup::default()
    };
    for number in 0..LISTENERS {
        // Else they would be the same plugin to Envoy, and share a root.
        setup.plugin = json!({"deny": {"body": format!("no, says {number}\n")}});
        let name = match number {
            0 => LISTENER.to_owned(),
            _ => format!("{LISTENER}-{number}"),
        };
        let inbound = world.inbound(&name).filter(setup.plugin()?.filter());
        let listener = balanced(&inbound.filter(guard()), &bootstrap)?;
        bootstrap.listener(listener);
    }
    let envoy = Envoy::start_with(bootstrap, setup.options()).await?;
    let sidecar = Sidecar::new(envoy, world, origin, WORKERS, turn).await?;
    sidecar.comes_to(200, 403).await?;
    Ok(sidecar)
}

/// Polls that came to the origin in the window.
async fn polls(sidecar: &Sidecar) -> usize {
    let before = sidecar.origin.count();
    sleep(WINDOW).await;
    sidecar.origin.count() - before
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn one_poll_an_interval_for_all_workers_and_listeners() -> Result<()> {
    let interval = Duration::from_millis(500);
    let mut sidecar = start(&json!({"pollInterval": "500ms"})).await?;
    let polls = polls(&sidecar).await;
    let intervals = WINDOW.as_millis() / interval.as_millis();
    figure(&format!(
        "polls of one Envoy with {WORKERS} workers and {LISTENERS} listeners: \
         {polls} in {intervals} intervals of {interval:?}"
    ))?;
    let most = usize::try_from(intervals)? + 2;
    ensure!(polls <= most, "{polls} polls in {intervals} intervals");
    ensure!(
        polls >= most / 2,
        "only {polls} polls in {intervals} intervals"
    );
    sidecar.is_well().await
}

/// A long poll is under way all the time, and it is one.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn one_long_poll_at_a_time() -> Result<()> {
    let source = json!({"path": "/v1/bundle?wait=2s", "timeout": "4s"});
    let mut sidecar = start(&source).await?;
    let polls = polls(&sidecar).await;
    figure(&format!(
        "long polls of 2 s of the same Envoy: {polls} in {WINDOW:?}"
    ))?;
    ensure!((3..=7).contains(&polls), "{polls} long polls in {WINDOW:?}");
    let next = world::next()?;
    sidecar.origin.publish(&next);
    sidecar
        .envoy
        .shows("the next bundle", PATIENCE, |state| {
            state.revision == next.revision().number()
        })
        .await?;
    sidecar.is_well().await
}
