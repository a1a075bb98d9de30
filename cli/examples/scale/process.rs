//! The server that is measured.

use super::PATIENCE;
use super::sidecar::{Answer, ask};
use anyhow::{Context, Result, ensure};
use std::fs;
use std::io::{BufRead, BufReader};
use std::net::SocketAddr;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};
use tokio::net::TcpStream;
use tokio::time::sleep;

/// A running server. It ends with us.
pub(crate) struct Process {
    child: Child,
    pub(crate) address: SocketAddr,
    health: SocketAddr,
    pub(crate) ready_after: Duration,
}

impl Process {
    /// Starts a server with the limits it has by default, and waits until it is ready.
    pub(crate) async fn start(program: &str, folder: &Path) -> Result<Self> {
        let begin = Instant::now();
        let mut child = Command::new(program)
            .arg("serve")
            .arg(folder)
            .args(["--listen", "127.0.0.1:0", "--health-listen", "127.0.0.1:0"])
            .args(["--log-level", "warn"])
            .stdout(Stdio::piped())
            .spawn()
            .with_context(|| format!("cannot start {program}"))?;
        let mut line = String::new();
        let out = child.stdout.take().context("no output")?;
        let mut out = BufReader::new(out);
        let mut told = || -> Result<SocketAddr> {
            line.clear();
            out.read_line(&mut line)?;
            let address = line.trim().rsplit_once("//").context("no address")?.1;
            Ok(address.parse()?)
        };
        let (address, health) = (told()?, told()?);
        let mut process = Self {
            child,
            address,
            health,
            ready_after: Duration::ZERO,
        };
        loop {
            let answer = process.get("/readyz", &[]).await?;
            if answer.status == 200 {
                break;
            }
            let sentence = String::from_utf8(answer.bytes)?;
            ensure!(!sentence.contains("in error"), "{sentence}");
            ensure!(begin.elapsed() < PATIENCE, "it does not become ready");
            sleep(Duration::from_millis(50)).await;
        }
        process.ready_after = begin.elapsed();
        Ok(process)
    }

    pub(crate) async fn get(&self, path: &str, headers: &[(&str, &str)]) -> Result<Answer> {
        let address = if path.starts_with("/v1/bundle") {
            self.address
        } else {
            self.health
        };
        let mut stream = TcpStream::connect(address).await?;
        ask(&mut stream, path, headers).await
    }

    /// Waits until so many polls wait.
    pub(crate) async fn wait_for_polls(&self, count: u32) -> Result<()> {
        let begin = Instant::now();
        loop {
            let metrics = self.get("/metrics", &[]).await?.bytes;
            let line = format!("heliast_serve_waiting_polls {count}\n");
            if String::from_utf8(metrics)?.contains(&line) {
                return Ok(());
            }
            ensure!(begin.elapsed() < PATIENCE, "not all sidecars poll");
            sleep(Duration::from_millis(50)).await;
        }
    }

    /// The memory that it has now, in MiB.
    pub(crate) fn memory(&self) -> Result<usize> {
        let status = fs::read_to_string(format!("/proc/{}/status", self.child.id()))?;
        let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"));
        let number = line.and_then(|line| line.split_whitespace().next());
        let kibibytes: usize = number.context("no VmRSS")?.parse()?;
        Ok(kibibytes / 1024)
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        let _has_ended = self.child.kill();
        let _is_reaped = self.child.wait();
    }
}
