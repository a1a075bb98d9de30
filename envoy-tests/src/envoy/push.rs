//! Changing the configuration of a running Envoy, and learning what it thinks of it.

use std::time::Duration;

use anyhow::{Result, bail};
use serde_json::Value;
use tokio::time::{Instant, sleep};

use super::Envoy;
use crate::config::{ExtensionFile, ListenerFile};

/// How long a pushed configuration may take to be looked at; a module may have to be compiled.
const PATIENCE: Duration = Duration::from_secs(30);
/// The main thread has a configuration before the workers have; they get it on their next turn,
/// which nothing reports.
const WORKERS_TURN: Duration = Duration::from_millis(50);

/// What had been refused before a push.
struct Before {
    counter: String,
    refusals: u64,
    log: usize,
}

impl Envoy {
    /// Replaces the listeners of a [`ListenerFile`] and waits until they are in force.
    ///
    /// # Errors
    /// When Envoy refuses them, with its reason: the listeners before them stay.
    pub async fn push_listeners(&self, file: &mut ListenerFile, listeners: &[Value]) -> Result<()> {
        let before = self
            .before("listener_manager.lds.update_rejected".into())
            .await?;
        let version = file.write(listeners)?;
        let deadline = Instant::now() + PATIENCE;
        while Instant::now() < deadline {
            self.not_refused(&before).await?;
            if self.admin.listeners_version().await?.as_ref() == Some(&version) {
                sleep(WORKERS_TURN).await;
                return Ok(());
            }
            sleep(Duration::from_millis(5)).await;
        }
        bail!("Envoy did not look at the listeners within {PATIENCE:?}")
    }

    /// Replaces the configuration of an [`ExtensionFile`] and waits until it is in force.
    ///
    /// # Errors
    /// When Envoy refuses it, with its reason: the configuration before it stays.
    pub async fn push_extension(
        &self,
        file: &mut ExtensionFile,
        typed_config: &Value,
    ) -> Result<()> {
        let name = file.name().to_owned();
        let counter = format!("extension_config_discovery.http_filter.{name}.update_rejected");
        let before = self.before(counter).await?;
        let version = file.write(typed_config)?;
        let deadline = Instant::now() + PATIENCE;
        while Instant::now() < deadline {
            self.not_refused(&before).await?;
            if self.admin.extension_version(&name).await?.as_ref() == Some(&version) {
                sleep(WORKERS_TURN).await;
                return Ok(());
            }
            sleep(Duration::from_millis(5)).await;
        }
        bail!("Envoy did not look at the configuration of {name} within {PATIENCE:?}")
    }

    async fn before(&self, counter: String) -> Result<Before> {
        let refusals = self.admin.stat_sum(&counter).await?;
        Ok(Before {
            counter,
            refusals,
            log: self.log()?.len(),
        })
    }

    async fn not_refused(&self, before: &Before) -> Result<()> {
        if self.admin.stat_sum(&before.counter).await? <= before.refusals {
            return Ok(());
        }
        bail!(
            "Envoy refused the update: {}",
            self.refusal_since(before.log).await?
        )
    }

    /// The log's word on it; Envoy may keep it to itself for a few milliseconds.
    async fn refusal_since(&self, length: usize) -> Result<String> {
        for _ in 0..50 {
            let log = self.log()?;
            let since = log.get(length..).unwrap_or_default();
            // The reason may be many lines long.
            let lines = since.lines().skip_while(|line| !line.contains("rejected"));
            let reason: Vec<_> = lines.map(str::trim).take(12).collect();
            if !reason.is_empty() {
                return Ok(reason.join(" "));
            }
            sleep(Duration::from_millis(10)).await;
        }
        Ok("it logged no reason".into())
    }
}
