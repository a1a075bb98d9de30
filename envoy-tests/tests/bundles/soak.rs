//! A hundred changes in a minute under steady load: every response agrees with a bundle that was
//! in force just then, and nobody notices anything else.

mod judge;
mod load;

use std::time::Duration;

use anyhow::{Result, ensure};
use heliast_envoy_tests::figure;
use serde_json::json;
use tokio::time::{Instant, sleep, sleep_until};

use crate::numbered;
use crate::sidecar::{PATIENCE, Setup, Sidecar};
use judge::Judge;
use load::Load;

/// Changes under load, and then the same load without any, by turns.
const ROUNDS: usize = 5;
const CHANGES_A_ROUND: usize = 20;
const BETWEEN_CHANGES: Duration = Duration::from_millis(600);
const WITHOUT_CHANGES: Duration = Duration::from_secs(4);

/// Publishes this number, and waits until it is in force on every worker.
async fn change(sidecar: &Sidecar, load: &Load, number: usize) -> Result<()> {
    let edition = numbered::edition(number)?;
    let before = sidecar.envoy.bundle_state().await?.changes;
    load.published(number);
    sidecar.origin.publish(&edition);
    let changes = before + sidecar.machines();
    sidecar
        .envoy
        .shows("the change", PATIENCE, |state| state.changes >= changes)
        .await?;
    load.settled(number);
    Ok(())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_hundred_changes_in_a_minute_go_unnoticed() -> Result<()> {
    let setup = Setup {
        source: json!({"path": "/v1/bundle?wait=30s", "timeout": "35s"}),
        ..Setup::default()
    };
    let mut sidecar = setup.start_alone().await?;
    sidecar.take(&numbered::edition(0)?).await?;
    let load = Load::start(&sidecar)?;
    let mut changing = Duration::ZERO;
    let mut number = 0;
    for _ in 0..ROUNDS {
        load.measure(true);
        let begun = Instant::now();
        for turn in 0..CHANGES_A_ROUND {
            number += 1;
            change(&sidecar, &load, number).await?;
            let due = begun + BETWEEN_CHANGES * u32::try_from(turn + 1)?;
            sleep_until(due).await;
        }
        changing += begun.elapsed();
        load.measure(false);
        sleep(WITHOUT_CHANGES).await;
    }
    let answers = load.finish().await?;
    let (with, without) = (answers.p99(true)?, answers.p99(false)?);
    figure(&format!(
        "{number} changes in {:.1} s under {} requests: p99 {:.2} ms, {:.2} ms without changes, ratio {:.2}",
        changing.as_secs_f64(),
        answers.count(),
        with.as_secs_f64() * 1e3,
        without.as_secs_f64() * 1e3,
        with.as_secs_f64() / without.as_secs_f64()
    ))?;
    // The last records may still be on their way to the file.
    sleep(Duration::from_millis(200)).await;
    let judge = Judge::read(&sidecar)?;
    let judged = judge.agree(&answers)?;
    ensure!(
        judged == answers.count(),
        "{judged} requests are in the log"
    );
    sidecar.is_well().await
}
