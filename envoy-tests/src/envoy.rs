//! An Envoy process.

mod admin;
mod bundle_state;
mod process;
mod push;

use std::fs;
use std::net::SocketAddr;
use std::path::Path;
use std::time::Duration;

use anyhow::{Context, Result, bail};
use tokio::time::{Instant, sleep};

pub use admin::Admin;
pub use bundle_state::BundleState;
use process::Process;

use crate::access_log::AccessLog;
use crate::config::{self, Bootstrap};
use crate::install;

/// How a process is started.
#[derive(Clone, Copy, Debug)]
pub struct Options {
    /// Worker threads.
    pub concurrency: u16,
    /// How long it may take until it is ready; compiling a module takes seconds on a busy machine.
    pub patience: Duration,
}

/// A running Envoy; ends with its owner.
#[derive(Debug)]
pub struct Envoy {
    // Ends before its folder is removed.
    process: Process,
    bootstrap: Bootstrap,
    admin: Admin,
    start_time: Duration,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            concurrency: 1,
            patience: Duration::from_secs(60),
        }
    }
}

impl Envoy {
    /// Starts Envoy with one worker and waits until it is ready.
    ///
    /// # Errors
    /// When there is no Envoy, it refuses the bootstrap, or does not become ready in time.
    pub async fn start(bootstrap: Bootstrap) -> Result<Self> {
        Self::start_with(bootstrap, Options::default()).await
    }

    /// Starts Envoy and waits until it is ready.
    ///
    /// # Errors
    /// When there is no Envoy, it refuses the bootstrap, or does not become ready in time.
    pub async fn start_with(bootstrap: Bootstrap, options: Options) -> Result<Self> {
        let binary = install::envoy()?;
        let started = Instant::now();
        let folder = bootstrap.folder();
        let file = folder.join("bootstrap.json");
        fs::write(&file, serde_json::to_string_pretty(&bootstrap.to_envoy())?)
            .with_context(|| format!("cannot write {}", file.display()))?;
        let mut process = Process::start(&binary, folder, &file, options.concurrency)?;
        let ready = ready(&mut process, folder, started + options.patience).await;
        let admin = ready.with_context(|| log_tail(folder))?;
        Ok(Self {
            process,
            bootstrap,
            admin,
            start_time: started.elapsed(),
        })
    }

    /// Its administration interface.
    #[must_use]
    pub fn admin(&self) -> &Admin {
        &self.admin
    }

    /// Its process id.
    #[must_use]
    pub fn id(&self) -> u32 {
        self.process.id()
    }

    /// Where its files are.
    #[must_use]
    pub fn folder(&self) -> &Path {
        self.bootstrap.folder()
    }

    /// From the start of the process until it was ready.
    #[must_use]
    pub fn start_time(&self) -> Duration {
        self.start_time
    }

    /// What it logged so far, the module's lines among it.
    ///
    /// # Errors
    /// When the log cannot be read.
    pub fn log(&self) -> Result<String> {
        let file = log_file(self.folder());
        let bytes = fs::read(&file).with_context(|| format!("cannot read {}", file.display()))?;
        Ok(String::from_utf8_lossy(&bytes).into_owned())
    }

    /// Whether the process still runs.
    ///
    /// # Errors
    /// When the system does not tell.
    pub fn is_alive(&mut self) -> Result<bool> {
        Ok(self.process.ended()?.is_none())
    }

    /// Waits for a text to be logged, and answers the first line that contains it.
    ///
    /// # Errors
    /// When it is not logged within the given time.
    pub async fn logged(&self, text: &str, patience: Duration) -> Result<String> {
        let deadline = Instant::now() + patience;
        while Instant::now() < deadline {
            if let Some(line) = self.log()?.lines().find(|line| line.contains(text)) {
                return Ok(line.to_owned());
            }
            sleep(Duration::from_millis(10)).await;
        }
        Err(anyhow::anyhow!("`{text}` was not logged in {patience:?}"))
            .context(log_tail(self.folder()))
    }

    /// The access log of a listener.
    #[must_use]
    pub fn access_log(&self, listener: &str) -> AccessLog {
        config::access_log(self.folder(), listener)
    }

    /// Resident memory in bytes.
    ///
    /// # Errors
    /// When the process has ended, or this is not Linux.
    pub fn memory(&self) -> Result<u64> {
        self.process.memory()
    }
}

/// Waits until the administration interface says LIVE.
async fn ready(process: &mut Process, folder: &Path, deadline: Instant) -> Result<Admin> {
    let mut admin = None;
    while Instant::now() < deadline {
        if let Some(status) = process.ended()? {
            bail!("Envoy ended with {status} instead of becoming ready");
        }
        if admin.is_none() {
            admin = admin_address(folder).map(Admin::new);
        }
        if let Some(admin) = &admin
            && admin.ready().await
        {
            return Ok(admin.clone());
        }
        sleep(Duration::from_millis(10)).await;
    }
    bail!("Envoy did not become ready in time")
}

fn admin_address(folder: &Path) -> Option<SocketAddr> {
    fs::read_to_string(process::admin_file(folder))
        .ok()?
        .trim()
        .parse()
        .ok()
}

fn log_file(folder: &Path) -> std::path::PathBuf {
    process::log_file(folder)
}

/// The last lines of the log, for error messages.
fn log_tail(folder: &Path) -> String {
    let read = |file| String::from_utf8_lossy(&fs::read(file).unwrap_or_default()).into_owned();
    let text = format!(
        "{}{}",
        read(process::log_file(folder)),
        read(process::output_file(folder))
    );
    let lines: Vec<_> = text.lines().collect();
    let tail = lines
        .get(lines.len().saturating_sub(12)..)
        .unwrap_or_default();
    format!("Envoy's log ends with:\n  {}", tail.join("\n  "))
}
