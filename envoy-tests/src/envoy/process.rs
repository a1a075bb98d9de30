//! The process itself: started, watched, ended.

use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::process::{Command, ExitStatus, Stdio};

use anyhow::{Context, Result};

use crate::child::Owned;

/// An Envoy that does not outlive us, however we end.
#[derive(Debug)]
pub(super) struct Process(Owned);

impl Process {
    pub(super) fn start(
        binary: &Path,
        folder: &Path,
        bootstrap: &Path,
        concurrency: u16,
    ) -> Result<Self> {
        let output = File::create(output_file(folder)).context("cannot keep Envoy's output")?;
        let mut command = Command::new(binary);
        command
            .arg("--config-path")
            .arg(bootstrap)
            .arg("--admin-address-path")
            .arg(admin_file(folder))
            .arg("--log-path")
            .arg(log_file(folder))
            .args([
                "--log-level",
                "warning",
                "--component-log-level",
                "wasm:info",
            ])
            .args(["--concurrency", &concurrency.to_string()])
            // Hot restart shares memory between processes by number; ours must not meet.
            .arg("--disable-hot-restart")
            .args(["--file-flush-interval-msec", "20"])
            .stdin(Stdio::null())
            .stdout(output.try_clone()?)
            .stderr(output);
        Owned::spawn(&mut command).map(Self)
    }

    pub(super) fn id(&self) -> u32 {
        self.0.id()
    }

    pub(super) fn ended(&mut self) -> Result<Option<ExitStatus>> {
        self.0.ended()
    }

    pub(super) fn memory(&self) -> Result<u64> {
        let file = format!("/proc/{}/status", self.id());
        let status = fs::read_to_string(&file).with_context(|| format!("cannot read {file}"))?;
        let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"));
        let kilobytes = line.and_then(|line| line.split_whitespace().next());
        let kilobytes: u64 = kilobytes
            .with_context(|| format!("no VmRSS in {file}"))?
            .parse()?;
        Ok(kilobytes * 1024)
    }
}

pub(super) fn admin_file(folder: &Path) -> PathBuf {
    folder.join("admin.address")
}

pub(super) fn log_file(folder: &Path) -> PathBuf {
    folder.join("envoy.log")
}

/// What it prints before it opens its log.
pub(super) fn output_file(folder: &Path) -> PathBuf {
    folder.join("envoy.output")
}
