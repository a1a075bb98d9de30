//! A module that configures on the main thread and fails on a worker: Envoy takes the
//! configuration, and that worker's requests pass the filter by (envoy-wasm.md 3.3).

use anyhow::{Result, ensure};
use heliast_envoy_tests::{Envoy, Failure, Plugin, guard};
use serde_json::json;

use crate::probe;
use crate::stand_in;
use crate::world::{self, World};

/// The first call is the canary's, the second the main thread's.
const FIRST_WORKER: u32 = 3;

/// A sidecar with the stand-in; guarded or not.
async fn start(world: &World, failure: Failure, guarded: bool) -> Result<Envoy> {
    let mut bootstrap = world::bootstrap()?;
    let text = stand_in::failing_from(FIRST_WORKER);
    let module = stand_in::write(bootstrap.folder(), "stand-in", &text)?;
    let plugin = Plugin {
        failure,
        ..Plugin::new(module, &json!({}))
    };
    let mut inbound = world.inbound("in").filter(plugin.filter());
    if guarded {
        inbound = inbound.filter(guard());
    }
    bootstrap.inbound(&inbound);
    Envoy::start(bootstrap).await
}

/// Else the guard would be praised for nothing.
#[tokio::test]
async fn the_hole_is_there_where_nobody_stands_guard() -> Result<()> {
    let world = World::new()?;
    let envoy = start(&world, Failure::Closed, false).await?;
    let got = probe::status(probe::at(&envoy, "in").await?, "/").await?;
    ensure!(
        got == 200,
        "Envoy no longer lets requests past such a filter: {got}; simplify the manifests"
    );
    Ok(())
}

#[tokio::test]
async fn the_guard_closes_it() -> Result<()> {
    let world = World::new()?;
    for failure in [Failure::Reload, Failure::Closed, Failure::Open] {
        let envoy = start(&world, failure, true).await?;
        let at = probe::at(&envoy, "in").await?;
        for _ in 0..5 {
            probe::nothing_passes(&world, at).await?;
        }
    }
    Ok(())
}

/// And the guard lets the stand-in's verdicts through where it does run.
#[tokio::test]
async fn the_guard_opens_to_a_module_that_runs() -> Result<()> {
    let world = World::new()?;
    let mut bootstrap = world::bootstrap()?;
    let text = stand_in::failing_from(u32::MAX);
    let module = stand_in::write(bootstrap.folder(), "stand-in", &text)?;
    let plugin = Plugin::new(module, &json!({}));
    bootstrap.inbound(&world.inbound("in").filter(plugin.filter()).filter(guard()));
    let envoy = Envoy::start(bootstrap).await?;
    probe::expect(&world, probe::at(&envoy, "in").await?, 200, 200).await
}
