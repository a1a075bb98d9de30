//! Steady requests while something happens.

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use anyhow::{Result, ensure};
use heliast_envoy_tests::{Call, Dial, Protocol};
use tokio::task::JoinHandle;

use crate::world::{ALICE, MALLORY, World};

/// Requests that go on until they are stopped; every one must get what is expected.
pub(crate) struct Mix {
    stop: Arc<AtomicBool>,
    streams: Vec<JoinHandle<Result<usize>>>,
}

impl Mix {
    /// Alice is let in and Mallory is not: on connections of their own for each request, and on
    /// one for all.
    pub(crate) fn start(world: &World, at: SocketAddr) -> Result<Self> {
        let stop = Arc::new(AtomicBool::new(false));
        let mut streams = Vec::new();
        for (ip, identity, expected) in [(ALICE, &world.alice, 200), (MALLORY, &world.mallory, 403)]
        {
            let dial = world.mutual(at, ip, identity)?;
            streams.push(tokio::spawn(fresh(
                dial.clone(),
                expected,
                Arc::clone(&stop),
            )));
            streams.push(tokio::spawn(steady(dial, expected, Arc::clone(&stop))));
        }
        Ok(Self { stop, streams })
    }

    /// How many requests there were; an error if one of them was answered otherwise.
    pub(crate) async fn finish(self) -> Result<usize> {
        self.stop.store(true, Ordering::Relaxed);
        let mut requests = 0;
        for stream in self.streams {
            requests += stream.await??;
        }
        Ok(requests)
    }
}

async fn fresh(dial: Dial, expected: u16, stop: Arc<AtomicBool>) -> Result<usize> {
    let mut requests = 0;
    while !stop.load(Ordering::Relaxed) {
        let answer = dial
            .call(Protocol::Http2, &Call::get("server", "/"))
            .await?;
        check(requests, answer.status, expected)?;
        requests += 1;
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    Ok(requests)
}

async fn steady(dial: Dial, expected: u16, stop: Arc<AtomicBool>) -> Result<usize> {
    let mut session = dial.session(Protocol::Http1).await?;
    let mut requests = 0;
    while !stop.load(Ordering::Relaxed) {
        let answer = session.call(&Call::get("server", "/")).await?;
        check(requests, answer.status, expected)?;
        requests += 1;
        tokio::time::sleep(Duration::from_millis(2)).await;
    }
    Ok(requests)
}

fn check(number: usize, status: u16, expected: u16) -> Result<()> {
    ensure!(
        status == expected,
        "request {number} got {status}, not {expected}"
    );
    Ok(())
}
