//! Before the first bundle, and when the last one has become too old: what the operator said.

use std::time::Duration;

use anyhow::{Context, Result, ensure};
use heliast_envoy_tests::{Reply, Response};
use serde_json::json;
use tokio::time::{Instant, sleep};

use crate::sidecar::{PATIENCE, Setup};
use crate::traffic::{
    ALICE_ALONE, ALICE_PERHAPS, EVERYBODY, Expected, MALLORY_PERHAPS, NOBODY, Traffic,
};
use crate::world;

/// How old policy may become in these tests.
const STALE: Duration = Duration::from_secs(2);

fn setup(on_missing: &str) -> Setup {
    Setup {
        source: json!({"maxStaleness": "2s", "timeout": "300ms"}),
        plugin: json!({"onMissingBundle": on_missing}),
        ..Setup::default()
    }
}

/// Well, absent for too long, well again; under steady requests.
async fn grows_stale(on_missing: &str, perhaps: Expected, missing: Expected) -> Result<()> {
    let mut sidecar = setup(on_missing).start().await?;
    let traffic = Traffic::start(&sidecar, missing)?;
    let all = if on_missing == "Allow" { 200 } else { 403 };
    sidecar.expect(all, all).await?;
    traffic.expect(perhaps);
    sidecar.take(&world::good()?).await?;
    traffic.expect(ALICE_ALONE);
    // Confirmed again and again, it does not grow old.
    sleep(STALE * 2).await;
    sidecar.expect(200, 403).await?;

    sidecar.origin.stop().await;
    let gone = Instant::now();
    sleep(STALE / 2).await;
    sidecar.expect(200, 403).await?;
    traffic.expect(perhaps);
    sidecar.comes_to(all, all).await?;
    let missed = gone.elapsed();
    ensure!(missed < STALE * 3, "stale policy held for {missed:?}");
    traffic.expect(missing);
    sleep(Duration::from_millis(500)).await;
    let state = sidecar.envoy.bundle_state().await?;
    ensure!(state.age_seconds >= 2 && state.error != 0, "{state:?}");

    // The same bundle, confirmed by a 304: nothing has to be fetched again.
    traffic.expect(perhaps);
    sidecar.origin.restart().await?;
    sidecar.comes_to(200, 403).await?;
    traffic.expect(ALICE_ALONE);
    sidecar.take(&world::next()?).await?;
    sidecar.expect(200, 403).await?;
    traffic.finish().await?;
    sidecar.is_well().await
}

#[tokio::test]
async fn past_its_time_policy_denies_where_the_operator_said_so() -> Result<()> {
    grows_stale("Deny", ALICE_PERHAPS, NOBODY).await
}

#[tokio::test]
async fn past_its_time_policy_allows_where_the_operator_said_so() -> Result<()> {
    grows_stale("Allow", MALLORY_PERHAPS, EVERYBODY).await
}

/// An answer that is refused says nothing about the bundle in force.
#[tokio::test]
async fn bad_answers_do_not_keep_policy_fresh() -> Result<()> {
    let mut sidecar = setup("Deny").start().await?;
    sidecar.take(&world::good()?).await?;
    let lie = world::evil()?.claiming(world::next()?.revision());
    let other = world::evil()?.only_for("shop", "alice", false);
    for (what, reply) in [
        ("a wrong revision", lie.response().reply()),
        ("no bundle", Response::json("{}").reply()),
        ("another pod's bundle", other.response().reply()),
    ] {
        sidecar.origin.answer(reply);
        let stale = sidecar.comes_to(403, 403).await;
        stale.with_context(|| format!("{what} keeps policy fresh"))?;
        sidecar.origin.recover();
        let fresh = sidecar.comes_to(200, 403).await;
        fresh.with_context(|| format!("{what} stays"))?;
    }
    sidecar.is_well().await
}

/// By default the last good bundle holds for ever.
#[tokio::test]
async fn without_a_limit_the_last_good_bundle_stays() -> Result<()> {
    let mut sidecar = Setup::default().start().await?;
    sidecar.take(&world::good()?).await?;
    let traffic = Traffic::start(&sidecar, ALICE_ALONE)?;
    sidecar.origin.stop().await;
    sidecar
        .envoy
        .shows("an age", PATIENCE, |state| state.age_seconds >= 4)
        .await?;
    sidecar.expect(200, 403).await?;
    traffic.finish().await?;
    sidecar.is_well().await
}

/// Whatever the origin does before the first good bundle, `Allow` lets pass, and the first good
/// bundle ends that.
#[tokio::test]
async fn before_the_first_bundle_all_pass_where_the_operator_said_so() -> Result<()> {
    let setup = Setup {
        plugin: json!({"onMissingBundle": "Allow"}),
        ..Setup::default()
    };
    let mut sidecar = setup.start().await?;
    let traffic = Traffic::start(&sidecar, EVERYBODY)?;
    for reply in [
        Reply::status(503),
        Response::json("[]").reply(),
        Reply::reset(),
    ] {
        sidecar.origin.answer(reply);
        sidecar.origin.more(2, PATIENCE).await?;
        sidecar.expect(200, 200).await?;
    }
    traffic.expect(MALLORY_PERHAPS);
    sidecar.take(&world::good()?).await?;
    traffic.expect(ALICE_ALONE);
    sidecar.origin.answer(Reply::status(503));
    sidecar.origin.more(3, PATIENCE).await?;
    sidecar.expect(200, 403).await?;
    traffic.finish().await?;
    sidecar.is_well().await
}

/// A 304 to somebody who has nothing is no bundle.
#[tokio::test]
async fn not_modified_before_there_is_anything() -> Result<()> {
    let mut sidecar = Setup::default().start().await?;
    let traffic = Traffic::start(&sidecar, NOBODY)?;
    sidecar.origin.answer(Reply::not_modified());
    let state = sidecar
        .envoy
        .shows("errors", PATIENCE, |state| {
            state.error_count() >= 2 && state.error != 0
        })
        .await?;
    ensure!(state.revision == 0, "{state:?}");
    sidecar.expect(403, 403).await?;
    traffic.expect(ALICE_PERHAPS);
    sidecar.take(&world::good()?).await.context("after 304s")?;
    traffic.expect(ALICE_ALONE);
    sidecar.expect(200, 403).await?;
    traffic.finish().await?;
    sidecar.is_well().await
}
