//! What goes wrong, one thing after the other: before the first bundle, and again under good ones.

use anyhow::{Context, Result, ensure};
use heliast_envoy_tests::{BundleState, Edition, Origin, Reply};
use std::time::Duration;
use tokio::time::{Instant, sleep};

use crate::sidecar::{PATIENCE, Setup, Sidecar, origin};
use crate::traffic::{ALICE_ALONE, ALICE_PERHAPS, NOBODY, Traffic};
use crate::world;

/// A fault, and how it must show.
pub(crate) struct Fault {
    name: &'static str,
    trouble: Trouble,
    /// The label of the counter, and the word in the log.
    kind: &'static str,
    /// What the log must say of it.
    says: String,
}

/// What goes wrong.
enum Trouble {
    /// The origin answers every poll so.
    Answers(Reply),
    /// Nobody listens.
    Gone,
}

impl Fault {
    /// An answer that goes wrong.
    pub(crate) fn new(name: &'static str, reply: Reply, kind: &'static str, says: &str) -> Self {
        Self {
            name,
            trouble: Trouble::Answers(reply),
            kind,
            says: says.to_owned(),
        }
    }

    /// Nobody is there to answer.
    pub(crate) fn gone(name: &'static str, kind: &'static str, says: &str) -> Self {
        Self {
            name,
            trouble: Trouble::Gone,
            kind,
            says: says.to_owned(),
        }
    }
}

/// The same verdicts under another revision each time.
pub(crate) fn heal(number: u64) -> Result<Edition> {
    world::lets_in("alice", &format!("healed-{number}"))
}

/// All goes wrong, heals, goes wrong and heals: nothing passes that should not, nothing is refused
/// that should pass, nothing crashes, and what is wrong is shown for as long as it is.
pub(crate) async fn survive(faults: &[Fault]) -> Result<()> {
    survive_with(Setup::default(), heal, faults).await
}

/// The same under another configuration, with bundles that this one takes.
pub(crate) async fn survive_with(
    setup: Setup,
    heal: fn(u64) -> Result<Edition>,
    faults: &[Fault],
) -> Result<()> {
    let origin = origin().await?;
    let first = faults.first().context("no fault")?;
    first.trouble.start(&origin).await;
    let mut sidecar = setup.start_at(origin).await?;
    let traffic = Traffic::start(&sidecar, NOBODY)?;
    for fault in faults {
        let shown = before_the_first_bundle(&sidecar, fault).await;
        shown.with_context(|| format!("{}, before the first bundle", fault.name))?;
    }
    traffic.expect(ALICE_PERHAPS);
    let good = heal(0)?;
    sidecar.origin.publish(&good);
    sidecar.enforces(&good, 0).await?;
    traffic.expect(ALICE_ALONE);
    sidecar.expect(200, 403).await?;
    let mut good = good;
    for (number, fault) in (1..).zip(faults) {
        let next = heal(number)?;
        let shown = under_a_good_bundle(&sidecar, fault, &good, &next).await;
        shown.with_context(|| format!("{}, under a good bundle", fault.name))?;
        good = next;
    }
    traffic.finish().await?;
    sidecar.is_well().await
}

async fn before_the_first_bundle(sidecar: &Sidecar, fault: &Fault) -> Result<()> {
    let before = sidecar.envoy.bundle_state().await?;
    fault.trouble.start(&sidecar.origin).await;
    let state = fault.shown(sidecar, &before).await?;
    ensure!(state.revision == 0, "a bundle is in force: {state:?}");
    ensure!(state.changes == 0, "a bundle was taken: {state:?}");
    fault.trouble.end(&sidecar.origin).await
}

async fn under_a_good_bundle(
    sidecar: &Sidecar,
    fault: &Fault,
    good: &Edition,
    next: &Edition,
) -> Result<()> {
    let before = sidecar.envoy.bundle_state().await?;
    fault.trouble.start(&sidecar.origin).await;
    let state = fault.shown(sidecar, &before).await?;
    ensure!(
        state.revision == good.revision().number() && state.changes == before.changes,
        "the last good bundle did not stay: {state:?}"
    );
    sidecar.expect(200, 403).await?;
    sidecar.origin.publish(next);
    fault.trouble.end(&sidecar.origin).await?;
    sidecar.enforces(next, state.changes).await?;
    sidecar.expect(200, 403).await
}

impl Fault {
    /// Waits for counter, gauge and log to tell of it, and for two polls more.
    async fn shown(&self, sidecar: &Sidecar, before: &BundleState) -> Result<BundleState> {
        let count = |state: &BundleState| state.errors.get(self.kind).copied().unwrap_or_default();
        let least = count(before) + 2;
        let what = format!("two errors of kind `{}`", self.kind);
        sidecar
            .envoy
            .shows(&what, PATIENCE, |state| {
                count(state) >= least && state.error != 0
            })
            .await?;
        self.logged(sidecar).await?;
        if matches!(self.trouble, Trouble::Answers(_)) {
            sidecar.origin.more(2, PATIENCE).await?;
        }
        let state = sidecar.envoy.bundle_state().await?;
        ensure!(
            state.error != 0,
            "nothing is wrong any more, it says: {state:?}"
        );
        Ok(state)
    }

    /// Waits for the log to tell what is wrong.
    async fn logged(&self, sidecar: &Sidecar) -> Result<()> {
        let start = format!("heliast: bundle refused ({})", self.kind);
        let deadline = Instant::now() + PATIENCE;
        loop {
            let log = sidecar.envoy.log()?;
            let mut lines = log.lines().filter(|line| line.contains(&start));
            if lines.clone().any(|line| line.contains(&self.says)) {
                return Ok(());
            }
            // The fault before this one may have been of the same kind, and Envoy writes its log
            // when it comes to it.
            ensure!(
                Instant::now() < deadline,
                "`{}` is not in what the log says: {:?}",
                self.says,
                lines.next_back()
            );
            sleep(Duration::from_millis(50)).await;
        }
    }
}

impl Trouble {
    async fn start(&self, origin: &Origin) {
        match self {
            Self::Answers(reply) => origin.answer(reply.clone()),
            Self::Gone => origin.stop().await,
        }
    }

    /// What is answered from now on was said before.
    async fn end(&self, origin: &Origin) -> Result<()> {
        match self {
            Self::Answers(_) => Ok(()),
            Self::Gone => origin.restart().await,
        }
    }
}
