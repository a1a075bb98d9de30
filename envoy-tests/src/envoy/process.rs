//! The process itself: started, watched, ended.

use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};

use anyhow::{Context, Result};

/// A child that does not outlive us, however we end.
#[derive(Debug)]
pub(super) struct Process {
    child: Child,
    watchdog: Option<Child>,
}

impl Process {
    pub(super) fn start(
        binary: &Path,
        folder: &Path,
        bootstrap: &Path,
        concurrency: u16,
    ) -> Result<Self> {
        let output = File::create(output_file(folder)).context("cannot keep Envoy's output")?;
        let child = Command::new(binary)
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
            .stderr(output)
            .spawn()
            .with_context(|| format!("cannot start {}", binary.display()))?;
        let watchdog = watch(child.id());
        Ok(Self { child, watchdog })
    }

    pub(super) fn id(&self) -> u32 {
        self.child.id()
    }

    pub(super) fn ended(&mut self) -> Result<Option<ExitStatus>> {
        self.child.try_wait().context("lost Envoy")
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

impl Drop for Process {
    fn drop(&mut self) {
        // The watchdog first: Envoy's process id means nothing once it has been waited for. Errors
        // mean that a process has ended already.
        for child in self.watchdog.iter_mut().chain([&mut self.child]) {
            let _ = child.kill();
            let _ = child.wait();
        }
    }
}

/// A shell that waits for us to end, which closes its standard input, and then ends Envoy: for the
/// ends that run no destructor. Without a shell we do without.
fn watch(envoy: u32) -> Option<Child> {
    let script = format!("read -r _; kill -9 {envoy}");
    Command::new("sh")
        .args(["-c", &script])
        .stdin(Stdio::piped())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .ok()
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
