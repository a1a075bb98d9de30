//! Steady requests, each remembered with the bundles that may have decided it.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::Duration;

use anyhow::{Context, Result, bail, ensure};
use heliast_envoy_tests::access_log::MARK;
use heliast_envoy_tests::{Call, Dial, Protocol};
use tokio::task::JoinHandle;
use tokio::time::{Instant, sleep};

use crate::numbered;
use crate::sidecar::Sidecar;

/// Connections of each protocol for Alice; Mallory has half as many.
const CONNECTIONS: usize = 3;
const PAUSE: Duration = Duration::from_millis(4);

/// The load, until it is finished.
pub(crate) struct Load {
    shared: Arc<Shared>,
    streams: Vec<JoinHandle<Result<Vec<Answered>>>>,
}

#[derive(Default)]
struct Shared {
    stop: AtomicBool,
    changing: AtomicBool,
    /// The last number that was published.
    published: AtomicUsize,
    /// The last number that every worker was seen to enforce.
    settled: AtomicUsize,
}

/// A request that was answered.
#[derive(Clone, Debug)]
pub(crate) struct Answered {
    pub(crate) mark: String,
    pub(crate) status: u16,
    pub(crate) ask: Ask,
    /// The numbers of the bundles that may have decided it.
    pub(crate) oldest: usize,
    pub(crate) newest: usize,
    changing: bool,
    took: Duration,
}

/// What is asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Ask {
    /// Passes under every bundle.
    Always,
    /// Passes under none: Mallory asks.
    Never,
    /// Passes under the bundle of this number.
    Under(usize),
}

/// All that was answered.
pub(crate) struct Answers(pub(crate) Vec<Answered>);

impl Load {
    pub(crate) fn start(sidecar: &Sidecar) -> Result<Self> {
        let shared = Arc::new(Shared::default());
        let mut streams = Vec::new();
        let mut stream = |dial: &Dial, protocol, alice| {
            let name = format!("s{}", streams.len());
            let (dial, shared) = (dial.clone(), Arc::clone(&shared));
            streams.push(tokio::spawn(ask(dial, protocol, alice, name, shared)));
        };
        let (alice, mallory) = (
            sidecar.world.alice(sidecar.at)?,
            sidecar.world.mallory(sidecar.at)?,
        );
        for protocol in [Protocol::Http1, Protocol::Http2] {
            (0..CONNECTIONS).for_each(|_| stream(&alice, protocol, true));
            stream(&mallory, protocol, false);
        }
        Ok(Self { shared, streams })
    }

    /// This number is about to be published.
    pub(crate) fn published(&self, number: usize) {
        self.shared.published.store(number, Ordering::SeqCst);
    }

    /// This number is in force everywhere.
    pub(crate) fn settled(&self, number: usize) {
        self.shared.settled.store(number, Ordering::SeqCst);
    }

    /// What follows is with changes, or without.
    pub(crate) fn measure(&self, changing: bool) {
        self.shared.changing.store(changing, Ordering::SeqCst);
    }

    pub(crate) async fn finish(self) -> Result<Answers> {
        self.shared.stop.store(true, Ordering::SeqCst);
        let mut answers = Vec::new();
        for stream in self.streams {
            answers.extend(stream.await??);
        }
        Ok(Answers(answers))
    }
}

impl Answers {
    pub(crate) fn count(&self) -> usize {
        self.0.len()
    }

    /// The latency that one request in a hundred exceeds, with changes or without.
    pub(crate) fn p99(&self, changing: bool) -> Result<Duration> {
        let these = self.0.iter().filter(|one| one.changing == changing);
        let mut times: Vec<_> = these.map(|one| one.took).collect();
        times.sort_unstable();
        let last = times.len().checked_sub(1).context("no requests")?;
        times.get(last * 99 / 100).copied().context("no requests")
    }
}

impl Answered {
    /// Whether the status fits to a bundle of this number.
    pub(crate) fn fits(&self, number: usize) -> bool {
        let passes = match self.ask {
            Ask::Always => true,
            Ask::Never => false,
            Ask::Under(wanted) => wanted == number,
        };
        self.status == if passes { 200 } else { 403 }
    }

    fn check(&self) -> Result<()> {
        ensure!(
            (self.oldest..=self.newest).any(|number| self.fits(number)),
            "agrees with no bundle that may have decided it: {self:?}"
        );
        Ok(())
    }
}

/// One connection; an answer that does not come ends it with an error.
async fn ask(
    dial: Dial,
    protocol: Protocol,
    alice: bool,
    name: String,
    shared: Arc<Shared>,
) -> Result<Vec<Answered>> {
    let mut session = dial.session(protocol).await?;
    let mut answers = Vec::new();
    while !shared.stop.load(Ordering::SeqCst) {
        let oldest = shared.settled.load(Ordering::SeqCst);
        let changing = shared.changing.load(Ordering::SeqCst);
        let last = shared.published.load(Ordering::SeqCst);
        let ask = match (alice, answers.len() % 4) {
            (false, _) => Ask::Never,
            (true, 0) => Ask::Always,
            // The one in force, the one before, the one to come.
            (true, 1) => Ask::Under(last),
            (true, 2) => Ask::Under(last.saturating_sub(1)),
            (true, _) => Ask::Under(last + 1),
        };
        let path = match ask {
            Ask::Always | Ask::Never => "/always".to_owned(),
            Ask::Under(number) => numbered::path(number),
        };
        let mark = format!("{name}-{}", answers.len());
        let call = Call::get("server", &path).header(MARK, mark.as_str());
        let begun = Instant::now();
        let answer = session.call(&call).await;
        let took = begun.elapsed();
        let status = match answer {
            Ok(answer) => answer.status,
            Err(error) => bail!("no answer to {mark} ({protocol:?}): {error:#}"),
        };
        let newest = shared.published.load(Ordering::SeqCst);
        let answered = Answered {
            mark,
            status,
            ask,
            oldest,
            newest,
            changing,
            took,
        };
        answered.check()?;
        answers.push(answered);
        sleep(PAUSE).await;
    }
    Ok(answers)
}
