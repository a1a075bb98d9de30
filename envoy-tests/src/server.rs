//! `heliast serve`: the real server of bundles, over a folder that tests write to.

use std::fs::{self, File};
use std::io::{BufRead, BufReader};
use std::net::{IpAddr, SocketAddr};
use std::path::Path;
use std::process::{Command, Stdio};

use anyhow::{Context, Result, bail};
use serde_json::{Value, json};
use tempfile::TempDir;

use crate::child::Owned;
use crate::install;

/// A running server, and the folder of manifests that it serves; both end with their owner.
#[derive(Debug)]
pub struct Server {
    // Ends before its folder is removed.
    process: Owned,
    address: SocketAddr,
    folder: TempDir,
}

impl Server {
    /// Serves these files, by name and with their objects, on a free port of this address.
    ///
    /// # Errors
    /// When there is no `heliast` command, or it ends instead of listening.
    pub async fn start(ip: IpAddr, files: &[(&str, &[Value])], arguments: &[&str]) -> Result<Self> {
        let folder = TempDir::with_prefix("heliast-serve-")?;
        fs::create_dir(manifests(&folder))?;
        for (name, objects) in files {
            write(&folder, name, &text(objects))?;
        }
        let mut command = Command::new(install::command()?);
        command
            .args(["serve", "--listen", &format!("{ip}:0")])
            .args(["--log-level", "debug"])
            .args(arguments)
            .arg(manifests(&folder))
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(File::create(log(&folder))?);
        let mut process = Owned::spawn(&mut command)?;
        let stdout = process.child().stdout.take().context("no output")?;
        let line = tokio::task::spawn_blocking(move || {
            let mut line = String::new();
            let read = BufReader::new(stdout).read_line(&mut line);
            read.map(|_| line)
        });
        let line = line.await??;
        let address = line.trim().rsplit_once("//").map(|(_, address)| address);
        let Some(address) = address.and_then(|address| address.parse().ok()) else {
            let said = fs::read_to_string(log(&folder)).unwrap_or_default();
            bail!("`heliast serve` does not listen: {line}{said}");
        };
        Ok(Self {
            process,
            address,
            folder,
        })
    }

    /// Where it listens.
    #[must_use]
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Replaces a file of manifests by these objects, at once.
    ///
    /// # Errors
    /// When it cannot be written.
    pub fn put(&self, name: &str, objects: &[Value]) -> Result<()> {
        write(&self.folder, name, &text(objects))
    }

    /// Replaces a file by this text, whatever it says.
    ///
    /// # Errors
    /// When it cannot be written.
    pub fn put_text(&self, name: &str, text: &str) -> Result<()> {
        write(&self.folder, name, text)
    }

    /// Deletes a file of manifests.
    ///
    /// # Errors
    /// When it is not there.
    pub fn delete(&self, name: &str) -> Result<()> {
        fs::remove_file(manifests(&self.folder).join(name))
            .with_context(|| format!("cannot delete {name}"))
    }

    /// What it logged so far.
    ///
    /// # Errors
    /// When the log cannot be read.
    pub fn log(&self) -> Result<String> {
        Ok(fs::read_to_string(log(&self.folder))?)
    }

    /// Whether the process still runs.
    ///
    /// # Errors
    /// When the system does not tell.
    pub fn is_alive(&mut self) -> Result<bool> {
        Ok(self.process.ended()?.is_none())
    }
}

fn manifests(folder: &TempDir) -> std::path::PathBuf {
    folder.path().join("manifests")
}

fn log(folder: &TempDir) -> std::path::PathBuf {
    folder.path().join("serve.log")
}

/// JSON is YAML.
fn text(objects: &[Value]) -> String {
    json!({"apiVersion": "v1", "kind": "List", "items": objects}).to_string()
}

/// By a rename, as careful editors do.
fn write(folder: &TempDir, name: &str, text: &str) -> Result<()> {
    let partial: &Path = &folder.path().join(format!("{name}.partial"));
    fs::write(partial, text).with_context(|| format!("cannot write {name}"))?;
    fs::rename(partial, manifests(folder).join(name)).with_context(|| format!("cannot put {name}"))
}
