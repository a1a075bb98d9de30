//! Steady requests on several connections and workers while something happens.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use anyhow::{Context, Result, ensure};
use heliast_envoy_tests::{Call, Dial, Protocol};
use tokio::task::JoinHandle;
use tokio::time::sleep;

use crate::sidecar::Sidecar;

/// Between two requests of a stream.
const PAUSE: Duration = Duration::from_millis(8);

/// Requests that every stream makes, also where the test is over sooner: without them nothing was
/// tested.
const LEAST: usize = 6;

/// Requests that go on until they are stopped, each of which must get what is expected just then.
pub(crate) struct Traffic {
    shared: Arc<Shared>,
    streams: Vec<JoinHandle<Result<usize>>>,
}

struct Shared {
    stop: AtomicBool,
    expected: Mutex<Expected>,
}

/// The statuses that each of the two may get.
#[derive(Clone, Copy)]
pub(crate) struct Expected {
    pub(crate) alice: &'static [u16],
    pub(crate) mallory: &'static [u16],
}

/// Before the first bundle, by default.
pub(crate) const NOBODY: Expected = Expected {
    alice: &[403],
    mallory: &[403],
};
/// Before the first bundle, where the operator said so.
pub(crate) const EVERYBODY: Expected = Expected {
    alice: &[200],
    mallory: &[200],
};
/// Under a good bundle.
pub(crate) const ALICE_ALONE: Expected = Expected {
    alice: &[200],
    mallory: &[403],
};
/// While the first good bundle comes, or the last good one becomes too old.
pub(crate) const ALICE_PERHAPS: Expected = Expected {
    alice: &[200, 403],
    mallory: &[403],
};
/// The same where the operator said that a missing bundle lets everybody in.
pub(crate) const MALLORY_PERHAPS: Expected = Expected {
    alice: &[200],
    mallory: &[200, 403],
};

impl Traffic {
    /// Both on connections of their own for each request, and on kept ones, one for each worker.
    pub(crate) fn start<S>(sidecar: &Sidecar<S>, expected: Expected) -> Result<Self> {
        let shared = Arc::new(Shared {
            stop: AtomicBool::new(false),
            expected: Mutex::new(expected),
        });
        let mut streams = Vec::new();
        for (alice, dial) in [
            (true, sidecar.world.alice(sidecar.at)?),
            (false, sidecar.world.mallory(sidecar.at)?),
        ] {
            let fresh = fresh(dial.clone(), alice, Arc::clone(&shared));
            streams.push(tokio::spawn(fresh));
            for worker in 0..sidecar.workers {
                let protocol = if worker % 2 == 0 {
                    Protocol::Http1
                } else {
                    Protocol::Http2
                };
                let kept = kept(dial.clone(), protocol, alice, Arc::clone(&shared));
                streams.push(tokio::spawn(kept));
            }
        }
        Ok(Self { shared, streams })
    }

    /// From now on this is expected.
    pub(crate) fn expect(&self, expected: Expected) {
        self.shared.set(expected);
    }

    /// How many requests there were; an error if one of them was answered otherwise, or not at all.
    pub(crate) async fn finish(self) -> Result<usize> {
        self.shared.stop.store(true, Ordering::Relaxed);
        let mut requests = 0;
        for stream in self.streams {
            requests += stream.await??;
        }
        Ok(requests)
    }
}

impl Shared {
    fn set(&self, expected: Expected) {
        *self.expected.lock().unwrap_or_else(PoisonError::into_inner) = expected;
    }

    fn statuses(&self, alice: bool) -> &'static [u16] {
        let expected = *self.expected.lock().unwrap_or_else(PoisonError::into_inner);
        if alice {
            expected.alice
        } else {
            expected.mallory
        }
    }

    /// What is expected may change while a request is on its way.
    fn check(&self, alice: bool, before: &[u16], number: usize, status: u16) -> Result<()> {
        let after = self.statuses(alice);
        let who = if alice { "Alice" } else { "Mallory" };
        ensure!(
            before.contains(&status) || after.contains(&status),
            "a wrong verdict: {who}'s request {number} got {status}, not one of {before:?}"
        );
        Ok(())
    }
}

async fn fresh(dial: Dial, alice: bool, shared: Arc<Shared>) -> Result<usize> {
    let mut requests = 0;
    while requests < LEAST || !shared.stop.load(Ordering::Relaxed) {
        let before = shared.statuses(alice);
        let answer = dial
            .call(Protocol::Http2, &Call::get("server", "/"))
            .await
            .with_context(|| format!("request {requests} on a fresh connection"))?;
        shared.check(alice, before, requests, answer.status)?;
        requests += 1;
        sleep(PAUSE * 4).await;
    }
    Ok(requests)
}

async fn kept(dial: Dial, protocol: Protocol, alice: bool, shared: Arc<Shared>) -> Result<usize> {
    let mut session = dial.session(protocol).await?;
    let mut requests = 0;
    while requests < LEAST || !shared.stop.load(Ordering::Relaxed) {
        let before = shared.statuses(alice);
        let answer = session
            .call(&Call::get("server", "/"))
            .await
            .with_context(|| format!("request {requests} on a kept connection"))?;
        shared.check(alice, before, requests, answer.status)?;
        requests += 1;
        sleep(PAUSE).await;
    }
    Ok(requests)
}
