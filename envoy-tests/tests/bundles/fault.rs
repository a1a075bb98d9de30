//! One thing that goes wrong: before the first bundle, and again under a good one.

use anyhow::{Context, Result, ensure};
use heliast_envoy_tests::{BundleState, Edition, Origin, Reply};

use crate::sidecar::{PATIENCE, Setup, Sidecar};
use crate::traffic::{ALICE_ALONE, ALICE_PERHAPS, NOBODY, Traffic};
use crate::world;

/// What goes wrong.
#[derive(Clone, Debug)]
pub(crate) enum Trouble {
    /// The origin answers every poll so.
    Answers(Reply),
    /// Nobody listens.
    Gone,
}

/// A fault, and how it must show.
pub(crate) struct Fault {
    pub(crate) setup: Setup,
    pub(crate) trouble: Trouble,
    /// The label of the counter, and the word in the log.
    pub(crate) kind: &'static str,
    /// What the log must say of it.
    pub(crate) says: &'static str,
    pub(crate) good: Edition,
    pub(crate) next: Edition,
}

impl Fault {
    pub(crate) fn new(trouble: Trouble, kind: &'static str, says: &'static str) -> Result<Self> {
        Ok(Self {
            setup: Setup::default(),
            trouble,
            kind,
            says,
            good: world::good()?,
            next: world::next()?,
        })
    }

    /// An answer that goes wrong.
    pub(crate) fn answer(reply: Reply, kind: &'static str, says: &'static str) -> Result<Self> {
        Self::new(Trouble::Answers(reply), kind, says)
    }

    /// Goes wrong, heals, goes wrong, heals: nothing passes that should not, nothing is refused
    /// that should pass, nothing crashes, and what is wrong is shown for as long as it is.
    pub(crate) async fn survived(self) -> Result<()> {
        let origin = crate::sidecar::origin().await?;
        self.trouble.start(&origin).await;
        let mut sidecar = self.setup.clone().start_at(origin).await?;
        let traffic = Traffic::start(&sidecar, NOBODY)?;
        let state = self.shown(&sidecar, &BundleState::default()).await;
        let state = state.context("before the first bundle")?;
        ensure!(state.revision == 0, "a bundle is in force: {state:?}");
        ensure!(state.changes == 0, "a bundle was taken: {state:?}");

        traffic.expect(ALICE_PERHAPS);
        self.trouble.end(&sidecar.origin, &self.good).await?;
        let healed = sidecar.enforces(&self.good, 0).await;
        healed.context("the first good bundle")?;
        traffic.expect(ALICE_ALONE);
        sidecar.expect(200, 403).await?;

        let before = sidecar.envoy.bundle_state().await?;
        self.trouble.start(&sidecar.origin).await;
        let state = self.shown(&sidecar, &before).await;
        let state = state.context("under a good bundle")?;
        ensure!(
            state.revision == self.good.revision().number() && state.changes == before.changes,
            "the last good bundle did not stay: {state:?}"
        );
        sidecar.expect(200, 403).await?;

        self.trouble.end(&sidecar.origin, &self.next).await?;
        let healed = sidecar.enforces(&self.next, state.changes).await;
        healed.context("the next good bundle")?;
        sidecar.expect(200, 403).await?;
        traffic.finish().await?;
        sidecar.is_well().await
    }

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
        sidecar.envoy.logged(&start, PATIENCE).await?;
        let log = sidecar.envoy.log()?;
        let mut lines = log.lines().filter(|line| line.contains(&start));
        ensure!(
            lines.clone().any(|line| line.contains(self.says)),
            "`{}` is not in what the log says: {:?}",
            self.says,
            lines.next()
        );
        Ok(())
    }
}

impl Trouble {
    pub(crate) async fn start(&self, origin: &Origin) {
        match self {
            Self::Answers(reply) => origin.answer(reply.clone()),
            Self::Gone => origin.stop().await,
        }
    }

    pub(crate) async fn end(&self, origin: &Origin, edition: &Edition) -> Result<()> {
        origin.publish(edition);
        match self {
            Self::Answers(_) => Ok(()),
            Self::Gone => origin.restart().await,
        }
    }
}
