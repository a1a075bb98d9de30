//! A module that traps on a request, after it has told the guard that the request is allowed.

use std::net::SocketAddr;
use std::time::Duration;

use anyhow::{Context, Result, ensure};
use heliast_envoy_tests::{
    Address, Answer, Call, Dial, Envoy, Failure, Plugin, Protocol, Target, Upstream, guard,
    upstream,
};
use hyper::StatusCode;
use serde_json::json;
use tokio::time::{Instant, sleep};

use crate::probe;
use crate::stand_in;
use crate::world::{self, ALICE, World};

/// What the shipped configuration promises.
const RECOVERY: Duration = Duration::from_secs(5);
/// How long the workload takes for `/slow`.
const SLOW: Duration = Duration::from_millis(1500);

struct Sidecar {
    at: SocketAddr,
    envoy: Envoy,
    _workload: Upstream,
}

/// The workload says whether the module has seen the request.
async fn start(failure: Failure) -> Result<Sidecar> {
    let world = World::new()?;
    let mut bootstrap = world::bootstrap()?;
    let address: Address = bootstrap.folder().join("workload").into();
    let workload = Upstream::start(address, async |request| {
        if request.uri().path() == "/slow" {
            sleep(SLOW).await;
        }
        let seen = request.headers().contains_key("x-stand-in");
        upstream::respond(StatusCode::OK, if seen { "seen" } else { "unseen" })
    })
    .await?;
    let module = stand_in::write(bootstrap.folder(), "stand-in", &stand_in::trapping())?;
    let plugin = Plugin {
        failure,
        ..Plugin::new(module, &json!({}))
    };
    let target = Target::Upstream(workload.address().clone());
    let inbound = world.inbound("in").filter(plugin.filter()).filter(guard());
    bootstrap.inbound(&inbound.target(target));
    let envoy = Envoy::start(bootstrap).await?;
    Ok(Sidecar {
        at: probe::at(&envoy, "in").await?,
        envoy,
        _workload: workload,
    })
}

impl Sidecar {
    async fn call(&self, call: &Call) -> Result<Answer> {
        let dial = Dial::new(self.at).from(ALICE);
        let answer = dial.call(Protocol::Http1, call).await?;
        ensure!(
            answer.status != 200 || answer.text() == "seen",
            "a request passed that the module has not seen"
        );
        Ok(answer)
    }

    async fn status(&self, path: &str) -> Result<u16> {
        Ok(self.call(&Call::get("server", path)).await?.status)
    }

    async fn trap(&self) -> Result<u16> {
        let call = Call::get("server", "/").header("x-trap", "now");
        Ok(self.call(&call).await?.status)
    }

    /// Asks until a request passes.
    async fn recovery(&self) -> Result<Duration> {
        let begun = Instant::now();
        while begun.elapsed() < RECOVERY {
            if self.status("/").await? == 200 {
                return Ok(begun.elapsed());
            }
            sleep(Duration::from_millis(20)).await;
        }
        anyhow::bail!("nothing passes {RECOVERY:?} after the trap")
    }
}

#[tokio::test]
async fn a_trap_fails_what_is_in_flight_and_is_over_within_seconds() -> Result<()> {
    let sidecar = start(Failure::Reload).await?;
    ensure!(
        sidecar.status("/").await? == 200,
        "the stand-in does not stand in"
    );
    for round in 0..3 {
        let slow = Call::get("server", "/slow");
        let (in_flight, trapped) = tokio::join!(sidecar.call(&slow), async {
            sleep(SLOW / 5).await;
            sidecar.trap().await
        });
        let (in_flight, trapped) = (in_flight?.status, trapped?);
        ensure!(
            (in_flight, trapped) == (503, 503),
            "round {round}: in flight {in_flight}, trapped {trapped}"
        );
        let recovery = sidecar.recovery().await?;
        println!("round {round}: requests pass again after {recovery:?}");
    }
    let reloads = sidecar.envoy.admin().stat_sum("vm_reload_success").await?;
    ensure!(reloads >= 3, "{reloads} reloads after 3 traps");
    let log = sidecar.envoy.access_log("in");
    log.wait(|record| record.text("details") == Some("wasm_fail_stream"))
        .await
        .context("the access log does not tell why")?;
    Ok(())
}

/// A request that traps the module each time somebody asks keeps it down, and nothing else.
#[tokio::test]
async fn traps_without_end_let_nothing_past() -> Result<()> {
    let sidecar = start(Failure::Reload).await?;
    let end = Instant::now() + Duration::from_secs(3);
    while Instant::now() < end {
        let trapped = sidecar.trap().await?;
        ensure!(trapped == 503, "a request that traps got {trapped}");
        // Passes if the module is back and has seen it; `call` looks.
        sidecar.status("/").await?;
    }
    sidecar.recovery().await.map(drop)
}

/// What we do not ship, but somebody may set.
#[tokio::test]
async fn even_where_failures_are_to_be_passed_by_the_guard_stops_them() -> Result<()> {
    let sidecar = start(Failure::Open).await?;
    ensure!(
        sidecar.status("/").await? == 200,
        "the stand-in does not stand in"
    );
    let trapped = sidecar.trap().await?;
    ensure!(trapped != 200, "a request that traps passed");
    for _ in 0..20 {
        let got = sidecar.status("/").await?;
        ensure!(got == 403, "without a module a request got {got}");
    }
    Ok(())
}
