//! Many requests, and many connections.

use std::time::Duration;

use anyhow::{Context, Result, ensure};
use heliast_envoy_tests::{Call, Dial, Protocol};
use tokio::task::JoinSet;

use crate::sidecar::Sidecar;

/// On one connection.
const REQUESTS: usize = 10_000;
/// At once.
const CONNECTIONS: usize = 400;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn ten_thousand_requests_on_one_connection_are_each_decided() -> Result<()> {
    let sidecar = Sidecar::start().await?;
    for protocol in [Protocol::Http1, Protocol::Http2] {
        let mut alice = sidecar.alice()?.session(protocol).await?;
        let (good, bad) = (Call::get("server", "/"), Call::get("server", "/admin"));
        for number in 0..REQUESTS {
            let (call, expected) = if number % 7 == 3 {
                (&bad, 403)
            } else {
                (&good, 200)
            };
            let got = alice.call(call).await?.status;
            ensure!(got == expected, "{protocol:?}: request {number} got {got}");
        }
        let mut mallory = sidecar.mallory()?.session(protocol).await?;
        for number in 0..REQUESTS / 10 {
            let got = mallory.call(&good).await?.status;
            ensure!(
                got == 403,
                "{protocol:?}: Mallory's request {number} got {got}"
            );
        }
    }
    sidecar.is_well().await
}

/// More peers than the filter remembers connections of, taking turns.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn many_connections_do_not_take_each_others_verdicts() -> Result<()> {
    let sidecar = Sidecar::start().await?;
    let mut visits = JoinSet::new();
    for number in 0..CONNECTIONS {
        let (dial, expected) = if number % 2 == 0 {
            (sidecar.alice()?, 200)
        } else {
            (sidecar.mallory()?, 403)
        };
        visits.spawn(visit(dial.patience(Duration::from_secs(60)), expected));
    }
    while let Some(visit) = visits.join_next().await {
        visit??;
    }
    sidecar.is_well().await
}

/// Several requests on a connection that stays open while the others come and go.
async fn visit(dial: Dial, expected: u16) -> Result<()> {
    let mut session = dial
        .session(Protocol::Http1)
        .await
        .context("no connection")?;
    for _ in 0..5 {
        let got = session.call(&Call::get("server", "/")).await?.status;
        ensure!(got == expected, "got {got}, not {expected}");
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    Ok(())
}
