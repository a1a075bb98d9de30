//! What the filter shows of its bundles.

use std::collections::BTreeMap;
use std::time::Duration;

use anyhow::{Result, bail};
use tokio::time::{Instant, sleep};

use super::Envoy;

/// What Envoy puts ahead of the names of a module's metrics.
const PREFIX: &str = "wasmcustom.";

/// The metrics of `bundle.http`, as `/stats` shows them: of all virtual machines of a process
/// together.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct BundleState {
    /// The first 48 bits of the revision in force; 0 before there is one.
    pub revision: u64,
    /// Since the bundle was last known to be current.
    pub age_seconds: u64,
    /// The size of the bundle.
    pub bytes: u64,
    /// Rules in force.
    pub rules: u64,
    /// Workloads known.
    pub workloads: u64,
    /// The number of the last error's kind; 0 if there is none.
    pub error: u64,
    /// Errors so far by kind.
    pub errors: BTreeMap<String, u64>,
    /// Polls so far.
    pub polls: u64,
    /// Times that a virtual machine changed to another bundle.
    pub changes: u64,
    /// The revisions that are said to be current, by their first twelve digits.
    pub current: Vec<String>,
}

impl BundleState {
    fn read(stats: &BTreeMap<String, u64>) -> Self {
        let one = |name: &str| stats.get(&format!("{PREFIX}{name}")).copied();
        let labelled = |tag: &str, name: &str| -> BTreeMap<String, u64> {
            let (start, end) = (format!("{PREFIX}{tag}=.="), format!(";.;{name}"));
            let label = |key: &str| Some(key.strip_prefix(&start)?.strip_suffix(&end)?.to_owned());
            let pairs = stats.iter();
            pairs
                .filter_map(|(key, value)| Some((label(key)?, *value)))
                .collect()
        };
        let infos = labelled("revision", "heliast_bundle_info");
        let current = infos.into_iter().filter(|(_, value)| *value > 0);
        Self {
            revision: one("heliast_bundle_revision").unwrap_or_default(),
            age_seconds: one("heliast_bundle_age_seconds").unwrap_or_default(),
            bytes: one("heliast_bundle_bytes").unwrap_or_default(),
            rules: one("heliast_rules").unwrap_or_default(),
            workloads: one("heliast_workloads").unwrap_or_default(),
            error: one("heliast_bundle_error").unwrap_or_default(),
            errors: labelled("kind", "heliast_bundle_errors_total"),
            polls: one("heliast_bundle_polls_total").unwrap_or_default(),
            changes: one("heliast_bundle_changes_total").unwrap_or_default(),
            current: current.map(|(revision, _)| revision).collect(),
        }
    }

    /// All errors so far.
    #[must_use]
    pub fn error_count(&self) -> u64 {
        self.errors.values().sum()
    }
}

impl Envoy {
    /// What the filter shows of its bundles right now.
    ///
    /// # Errors
    /// When Envoy does not answer.
    pub async fn bundle_state(&self) -> Result<BundleState> {
        Ok(BundleState::read(&self.admin.module_stats().await?))
    }

    /// Waits until the filter shows what is expected.
    ///
    /// # Errors
    /// When it does not within the given time; the message shows what it did show.
    pub async fn shows(
        &self,
        what: &str,
        patience: Duration,
        expected: impl Fn(&BundleState) -> bool,
    ) -> Result<BundleState> {
        let deadline = Instant::now() + patience;
        loop {
            let state = self.bundle_state().await?;
            if expected(&state) {
                return Ok(state);
            }
            if Instant::now() > deadline {
                let tail = super::log_tail(self.folder());
                bail!("not within {patience:?}: {what}; it shows {state:#?}\n{tail}");
            }
            sleep(Duration::from_millis(20)).await;
        }
    }
}
