//! Where `publicKeys` is set, only what one of the keys signed is believed, and nothing old.

use anyhow::{Context, Result, ensure};
use heliast_envoy_tests::{Edition, Reply, Signer};
use serde_json::{Value, json};

use crate::fault::Fault;
use crate::sidecar::{PATIENCE, Setup};
use crate::traffic::{ALICE_ALONE, Traffic};
use crate::world;

/// The key that is trusted, and one that is not.
fn keys() -> Result<(Signer, Signer)> {
    Ok((Signer::new(1)?, Signer::new(2)?))
}

fn setup() -> Result<Setup> {
    let (ours, _) = keys()?;
    // One that signs nothing, and the one that does.
    let keys = json!([Signer::new(3)?.public_key(), ours.public_key()]);
    Ok(Setup {
        source: json!({"publicKeys": keys}),
        ..Setup::default()
    })
}

/// Good bundles are signed by ours, the evil one is not.
fn fault(reply: Reply, kind: &'static str, says: &'static str) -> Result<Fault> {
    let (ours, _) = keys()?;
    Ok(Fault {
        setup: setup()?,
        good: world::good()?.sequence(100).signed(&ours),
        next: world::next()?.sequence(101).signed(&ours),
        ..Fault::answer(reply, kind, says)?
    })
}

#[tokio::test]
async fn a_bundle_without_a_signature() -> Result<()> {
    let evil = world::evil()?.sequence(1_000);
    fault(evil.response().reply(), "signature", "")?
        .survived()
        .await
}

#[tokio::test]
async fn a_bundle_that_an_unknown_key_signed() -> Result<()> {
    let (_, other) = keys()?;
    let evil = world::evil()?.sequence(1_000).signed(&other);
    fault(evil.response().reply(), "signature", "")?
        .survived()
        .await
}

/// The signature is ours, and of something else.
#[tokio::test]
async fn a_signature_of_another_bundle() -> Result<()> {
    let (ours, _) = keys()?;
    let signed: Value = serde_json::from_str(&world::good()?.sequence(1_000).signed(&ours).text())?;
    let evil = world::evil()?.sequence(1_000);
    let mut forged: Value = serde_json::from_str(&evil.text())?;
    forged["signatures"] = signed["signatures"].clone();
    let reply = evil.response().body(forged.to_string()).reply();
    fault(reply, "signature", "")?.survived().await
}

/// The sequence is signed too: an old bundle does not become new by saying so.
#[tokio::test]
async fn a_sequence_that_was_not_signed() -> Result<()> {
    let (ours, _) = keys()?;
    let evil = world::evil()?.sequence(1).signed(&ours);
    let mut forged: Value = serde_json::from_str(&evil.text())?;
    forged["sequence"] = 1_000.into();
    let reply = evil.response().body(forged.to_string()).reply();
    fault(reply, "signature", "")?.survived().await
}

/// A bundle that was good once is not good again: whoever could replay it could undo a policy.
#[tokio::test]
async fn an_older_bundle_is_not_taken_again() -> Result<()> {
    let (ours, _) = keys()?;
    let mut sidecar = setup()?.start().await?;
    let replayed = world::evil()?.sequence(5).signed(&ours);
    let current = world::good()?.sequence(6).signed(&ours);
    sidecar.take(&replayed).await?;
    sidecar.expect(403, 200).await?;
    sidecar.take(&current).await?;
    let traffic = Traffic::start(&sidecar, ALICE_ALONE)?;
    let before = sidecar.envoy.bundle_state().await?;
    sidecar.origin.answer(replayed.response().reply());
    let state = sidecar
        .envoy
        .shows("the replay", PATIENCE, |state| {
            state.errors.get("replay").is_some_and(|count| *count >= 2) && state.error != 0
        })
        .await?;
    ensure!(state.changes == before.changes, "taken: {state:?}");
    ensure!(state.revision == current.revision().number());
    let line = "heliast: bundle refused (replay)";
    sidecar.envoy.logged(line, PATIENCE).await?;
    sidecar.expect(200, 403).await?;
    let newer = world::next()?.sequence(7).signed(&ours);
    sidecar.take(&newer).await?;
    traffic.finish().await?;
    sidecar.is_well().await
}

/// One without a place in the order cannot be told from an old one.
#[tokio::test]
async fn a_bundle_without_a_sequence_after_one_with() -> Result<()> {
    let (ours, _) = keys()?;
    let mut sidecar = setup()?.start().await?;
    sidecar
        .take(&world::good()?.sequence(6).signed(&ours))
        .await?;
    let evil: Edition = world::evil()?.signed(&ours);
    sidecar.origin.answer(evil.response().reply());
    let refused = |state: &heliast_envoy_tests::BundleState| state.error_count() >= 2;
    sidecar
        .envoy
        .shows("a refusal", PATIENCE, refused)
        .await
        .context("a signed bundle without a sequence")?;
    sidecar.expect(200, 403).await?;
    sidecar.is_well().await
}
