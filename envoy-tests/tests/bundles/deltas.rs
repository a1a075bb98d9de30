//! What is new alone: applied on its base and to its end, or not at all.

use anyhow::{Context, Result, ensure};
use heliast_envoy_tests::origin::Delta;
use heliast_envoy_tests::{BundleState, Edition, Signer};
use serde_json::json;

use crate::sidecar::{PATIENCE, Setup, Sidecar};
use crate::traffic::{ALICE_ALONE, Traffic};
use crate::world;

/// Under the good bundle.
async fn start() -> Result<Sidecar> {
    let sidecar = Setup::default().start().await?;
    sidecar.take(&world::good()?).await?;
    Ok(sidecar)
}

/// Whether the request after the given number of them asked for the whole.
fn asked_for_the_whole(sidecar: &Sidecar, after: usize) -> bool {
    let asked = sidecar.origin.asked();
    asked.iter().skip(after).any(|asked| {
        let accepts = asked.header("accept").unwrap_or_default();
        asked.header("if-none-match").is_none() || !accepts.contains("delta")
    })
}

#[tokio::test]
async fn a_delta_is_asked_for_and_is_as_good_as_the_whole() -> Result<()> {
    let mut sidecar = start().await?;
    let traffic = Traffic::start(&sidecar, ALICE_ALONE)?;
    let (mut old, before) = (world::good()?, sidecar.envoy.bundle_state().await?.changes);
    for round in 0..5 {
        let new = world::lets_in("alice", &format!("round-{round}"))?;
        // Nothing but the delta is to be had.
        let delta = new.since(&old).response().reply();
        sidecar.origin.answer(delta);
        let changes = before + round * sidecar.machines();
        sidecar.enforces(&new, changes).await?;
        old = new;
    }
    let asked = sidecar.origin.asked();
    let known = format!("\"{}\"", world::good()?.revision());
    let offered = asked.iter().any(|asked| {
        asked.header("if-none-match") == Some(known.as_str())
            && asked
                .header("accept")
                .is_some_and(|kinds| kinds.contains("delta"))
    });
    ensure!(offered, "no request offered the revision: {asked:?}");
    sidecar.expect(200, 403).await?;
    traffic.finish().await?;
    sidecar.is_well().await
}

/// A delta that cannot be used: the filter says so, keeps what it has, and asks for the whole if
/// the whole could be better.
async fn refused(sidecar: &Sidecar, delta: &Delta, kind: &str, wants_whole: bool) -> Result<()> {
    let before = sidecar.envoy.bundle_state().await?;
    let count = |state: &BundleState| state.errors.get(kind).copied().unwrap_or_default();
    let (least, asked) = (count(&before) + 2, sidecar.origin.count());
    sidecar.origin.answer(delta.response().reply());
    let state = sidecar
        .envoy
        .shows(kind, PATIENCE, |state| count(state) >= least)
        .await?;
    ensure!(state.changes == before.changes, "taken: {state:?}");
    let line = format!("heliast: bundle refused ({kind})");
    sidecar.envoy.logged(&line, PATIENCE).await?;
    ensure!(
        !wants_whole || asked_for_the_whole(sidecar, asked),
        "the whole was never asked for: {:?}",
        sidecar.origin.asked()
    );
    sidecar.origin.more(2, PATIENCE).await?;
    let state = sidecar.envoy.bundle_state().await?;
    ensure!(state.error != 0, "nothing is wrong any more: {state:?}");
    sidecar.expect(200, 403).await
}

#[tokio::test]
async fn deltas_that_cannot_be_used() -> Result<()> {
    let mut sidecar = start().await?;
    let traffic = Traffic::start(&sidecar, ALICE_ALONE)?;
    let (evil, other) = (world::evil()?, world::next()?);
    let elsewhere = evil.clone().claiming(other.revision());
    let mut objects = world::pods();
    objects.push(world::policy("good", &json!([{"action": "Permit"}])));
    let broken = Edition::new(&objects)?;
    let another_pods = world::evil()?.only_for("shop", "alice", false);
    let good = world::good()?;
    for (number, (what, delta, kind, wants_whole)) in [
        ("on another base", evil.since(&other), "base", true),
        ("empty", evil.since(&good).emptied(), "revision", true),
        ("elsewhere", elsewhere.since(&good), "revision", true),
        // It is sound, and what it leads to is not.
        ("to a broken policy", broken.since(&good), "policy", false),
        (
            "for another pod",
            another_pods.since(&good),
            "workload",
            false,
        ),
    ]
    .into_iter()
    .enumerate()
    {
        let result = refused(&sidecar, &delta, kind, wants_whole).await;
        result.with_context(|| format!("a delta {what}"))?;
        let before = sidecar.envoy.bundle_state().await?.changes;
        let next = world::lets_in("alice", &format!("after-{number}"))?;
        sidecar.origin.publish_alone(&next);
        sidecar.enforces(&next, before).await?;
        // Back to the bundle that the deltas are on.
        let before = sidecar.envoy.bundle_state().await?.changes;
        sidecar.origin.publish_alone(&good);
        sidecar.enforces(&good, before).await?;
        sidecar.expect(200, 403).await?;
    }
    traffic.finish().await?;
    sidecar.is_well().await
}

/// The signature is over what a delta leads to.
#[tokio::test]
async fn deltas_are_signed_as_bundles_are() -> Result<()> {
    let signer = Signer::new(1)?;
    let setup = Setup {
        source: json!({"publicKeys": [signer.public_key()]}),
        ..Setup::default()
    };
    let mut sidecar = setup.start().await?;
    let good = world::good()?.sequence(1).signed(&signer);
    sidecar.take(&good).await?;
    let before = sidecar.envoy.bundle_state().await?;
    let evil = world::evil()?.sequence(2);
    sidecar.origin.answer(evil.since(&good).response().reply());
    sidecar
        .envoy
        .shows("an unsigned delta", PATIENCE, |state| {
            state
                .errors
                .get("signature")
                .is_some_and(|count| *count >= 1)
        })
        .await?;
    sidecar.expect(200, 403).await?;
    let next = world::next()?.sequence(3).signed(&signer);
    sidecar.origin.answer(next.since(&good).response().reply());
    sidecar.enforces(&next, before.changes).await?;
    sidecar.is_well().await
}

/// A walk through many bundles, each of them reached by what is new in it.
#[tokio::test]
async fn many_deltas_lead_to_the_same_as_the_whole() -> Result<()> {
    let setup = Setup {
        source: json!({"path": "/v1/bundle?wait=20s", "timeout": "25s"}),
        ..Setup::default()
    };
    let mut sidecar = setup.start().await?;
    sidecar.take(&world::good()?).await?;
    let before = sidecar.envoy.bundle_state().await?.error_count();
    for step in 0..40_u32 {
        let mut objects = world::pods();
        // Policies come and go; every third step lets Mallory in as well.
        for number in 0..(step * 7) % 5 {
            objects.push(world::policy(
                &format!("idle-{number}-{}", step % 4),
                &json!([]),
            ));
        }
        let names = if step % 3 == 0 {
            json!(["alice", "mallory"])
        } else {
            json!(["alice"])
        };
        let rule = json!([{"action": "Allow", "source": {"serviceAccounts": {"names": names}}}]);
        objects.push(world::policy("a-first", &rule));
        sidecar.take(&Edition::new(&objects)?).await?;
        sidecar
            .expect(200, if step % 3 == 0 { 200 } else { 403 })
            .await?;
    }
    let state = sidecar.envoy.bundle_state().await?;
    ensure!(state.error_count() == before, "errors: {state:?}");
    sidecar.is_well().await
}
