//! Servers that are not ours: what people run behind a sidecar.

use std::fs::File;
use std::net::SocketAddr;
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};
use tokio::net::TcpStream;

use crate::child::Owned;

/// How long one may take until it listens.
const PATIENCE: Duration = Duration::from_secs(20);

/// A running server; ends with its owner.
#[derive(Debug)]
pub struct ForeignServer {
    process: Owned,
    address: SocketAddr,
}

impl ForeignServer {
    /// Runs a command that listens on this address, and waits until it does. What it says is
    /// written to `log`.
    ///
    /// # Errors
    /// When it cannot be run, ends, or does not listen.
    pub async fn start(command: &mut Command, address: SocketAddr, log: &Path) -> Result<Self> {
        let output = File::create(log)?;
        command.stdin(Stdio::null()).stdout(output.try_clone()?);
        let process = Owned::spawn(command.stderr(output))?;
        let mut server = Self { process, address };
        let started = Instant::now();
        while TcpStream::connect(address).await.is_err() {
            let ended = server.process.ended()?.is_some();
            if ended || started.elapsed() > PATIENCE {
                let said = std::fs::read_to_string(log).context("it said nothing")?;
                bail!("nothing listens on {address}: {said}");
            }
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
        Ok(server)
    }

    /// Where it listens.
    #[must_use]
    pub fn address(&self) -> SocketAddr {
        self.address
    }
}
