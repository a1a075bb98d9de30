//! Those who go on asking, whatever is written.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::Duration;

use anyhow::{Context, Result, bail, ensure};
use heliast_envoy_tests::{Call, Dial, Protocol};
use tokio::task::JoinHandle;
use tokio::time::{Instant, sleep};

use super::bank::Bank;
use crate::sidecar::PATIENCE;

const PAUSE: Duration = Duration::from_millis(10);
/// Requests in a row that must be answered alike before a chapter has begun for good.
const IN_A_ROW: usize = 20;

/// Who asks whom, and for what.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Ask {
    /// Whose certificate is shown; none is plaintext from outside.
    pub(crate) certificate: Option<&'static str>,
    /// From which pod's address.
    pub(crate) from: Option<&'static str>,
    pub(crate) to: &'static str,
    method: &'static str,
    path: &'static str,
}

/// All of them, until they are finished.
pub(crate) struct Askers {
    shared: Arc<Shared>,
    streams: Vec<JoinHandle<Result<usize>>>,
}

#[derive(Default)]
struct Shared {
    stop: AtomicBool,
    /// The chapters whose answers are right just now: from this one.
    from: AtomicUsize,
    /// To this one.
    to: AtomicUsize,
    /// For each asker, how many answers in a row were those of the last chapter.
    settled: Vec<AtomicUsize>,
}

impl Ask {
    /// Someone who is no pod.
    pub(crate) const fn plaintext(
        to: &'static str,
        method: &'static str,
        path: &'static str,
    ) -> Self {
        Self {
            certificate: None,
            from: None,
            to,
            method,
            path,
        }
    }

    /// A pod as itself.
    pub(crate) const fn pod(
        pod: &'static str,
        to: &'static str,
        method: &'static str,
        path: &'static str,
    ) -> Self {
        Self::stolen(pod, pod, to, method, path)
    }

    /// A pod with the key of another.
    pub(crate) const fn stolen(
        key: &'static str,
        pod: &'static str,
        to: &'static str,
        method: &'static str,
        path: &'static str,
    ) -> Self {
        Self {
            certificate: Some(key),
            from: Some(pod),
            to,
            method,
            path,
        }
    }
}

impl Askers {
    /// Each on a kept connection, by turns of both protocols.
    pub(crate) async fn start(bank: &Bank, asks: &'static [(Ask, [u16; 6])]) -> Result<Self> {
        // Before the story there is no bundle, and nothing passes.
        for (ask, _) in asks {
            bank.ready(ask).await?;
        }
        let shared = Arc::new(Shared {
            settled: asks.iter().map(|_| AtomicUsize::new(0)).collect(),
            ..Shared::default()
        });
        let mut streams = Vec::new();
        for (number, (ask, expected)) in asks.iter().enumerate() {
            let protocol = if number % 2 == 0 {
                Protocol::Http1
            } else {
                Protocol::Http2
            };
            let (dial, shared) = (bank.dial(ask)?, Arc::clone(&shared));
            let stream = go_on(dial, protocol, *ask, number, expected, shared);
            streams.push(tokio::spawn(stream));
        }
        Ok(Self { shared, streams })
    }

    /// Waits until all get what this chapter says, and holds them to it from then on. Until then
    /// what the chapter before says is right as well.
    pub(crate) async fn chapter(&mut self, number: usize, what: &str) -> Result<()> {
        self.shared.to.store(number, Ordering::SeqCst);
        for settled in &self.shared.settled {
            settled.store(0, Ordering::SeqCst);
        }
        let deadline = Instant::now() + PATIENCE;
        let is_settled = |count: &AtomicUsize| count.load(Ordering::SeqCst) >= IN_A_ROW;
        while !self.shared.settled.iter().all(is_settled) {
            if let Some(stream) = self.streams.iter().position(JoinHandle::is_finished) {
                let requests = self.streams.swap_remove(stream).await?;
                bail!("{what}: stopped after {} requests", requests?);
            }
            if Instant::now() > deadline {
                bail!("{what}: not in force after {PATIENCE:?}");
            }
            sleep(PAUSE).await;
        }
        self.shared.from.store(number, Ordering::SeqCst);
        sleep(PAUSE * 20).await;
        Ok(())
    }

    /// How many requests there were; an error if one was answered otherwise, or not at all.
    pub(crate) async fn finish(self) -> Result<usize> {
        self.shared.stop.store(true, Ordering::SeqCst);
        let mut requests = 0;
        for stream in self.streams {
            requests += stream.await??;
        }
        Ok(requests)
    }
}

async fn go_on(
    dial: Dial,
    protocol: Protocol,
    ask: Ask,
    number: usize,
    expected: &'static [u16; 6],
    shared: Arc<Shared>,
) -> Result<usize> {
    let mut session = dial.session(protocol).await?;
    let call = Call::new(ask.method, ask.to, ask.path);
    let mut requests = 0;
    while !shared.stop.load(Ordering::SeqCst) {
        let from = shared.from.load(Ordering::SeqCst);
        let answer = session.call(&call).await;
        let status = answer.with_context(|| format!("{ask:?}"))?.status;
        let to = shared.to.load(Ordering::SeqCst);
        let right = expected.get(from..=to).unwrap_or_default();
        ensure!(
            right.contains(&status),
            "{ask:?} got {status} between chapters {from} and {to}"
        );
        if let Some(settled) = shared.settled.get(number) {
            if expected.get(to) == Some(&status) {
                settled.fetch_add(1, Ordering::SeqCst);
            } else {
                settled.store(0, Ordering::SeqCst);
            }
        }
        requests += 1;
        sleep(PAUSE).await;
    }
    Ok(requests)
}
