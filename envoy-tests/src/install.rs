//! What must be on the machine before a sidecar can run.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use anyhow::{Result, bail};

const VERSION: &str = "1.40.0";
/// Any patch release of it found on PATH will do.
const SERIES: &str = "/1.40.";

/// The Envoy to test with: `$ENVOY`, else the one `cargo xtask envoy` installed, else one on PATH
/// of the right version.
///
/// # Errors
/// When there is none; the message says how to get one.
pub fn envoy() -> Result<PathBuf> {
    if let Some(chosen) = std::env::var_os("ENVOY") {
        let chosen = PathBuf::from(chosen);
        if chosen.is_file() {
            return Ok(chosen);
        }
        bail!("$ENVOY names {}, which is no file", chosen.display());
    }
    let installed = target().join("envoy").join(VERSION).join("envoy");
    if installed.is_file() {
        return Ok(installed);
    }
    let path = std::env::var_os("PATH").unwrap_or_default();
    let mut found = std::env::split_paths(&path).map(|folder| folder.join("envoy"));
    if let Some(found) = found.find(|candidate| is_pinned(candidate)) {
        return Ok(found);
    }
    bail!("no Envoy {VERSION} on this machine: run `cargo xtask envoy`, or set $ENVOY")
}

/// The filter to test: `$HELIAST_WASM`, else what `cargo xtask build` left in `target/dist`.
///
/// # Errors
/// When there is none; the message says how to build it.
pub fn module() -> Result<PathBuf> {
    built("HELIAST_WASM", "heliast.wasm", "the filter")
}

/// The module that takes compiled programs alone: `$HELIAST_RUNTIME_WASM`, else what
/// `cargo xtask build` left in `target/dist`.
///
/// # Errors
/// When there is none; the message says how to build it.
pub fn runtime_module() -> Result<PathBuf> {
    built(
        "HELIAST_RUNTIME_WASM",
        "heliast-runtime.wasm",
        "the runtime-only filter",
    )
}

/// The command to test with: `$HELIAST`, else what `cargo xtask build` left in `target/dist`.
///
/// # Errors
/// When there is none; the message says how to build it.
pub fn command() -> Result<PathBuf> {
    let name = format!("heliast{}", std::env::consts::EXE_SUFFIX);
    built("HELIAST", &name, "the command")
}

fn built(variable: &str, name: &str, what: &str) -> Result<PathBuf> {
    let (file, origin) = match std::env::var_os(variable) {
        Some(chosen) => (PathBuf::from(chosen), format!("${variable} names")),
        None => (target().join("dist").join(name), format!("{what} would be")),
    };
    if file.is_file() {
        return Ok(file);
    }
    bail!(
        "{origin} {}, which is not there: run `cargo xtask build`",
        file.display()
    )
}

/// The workspace's root folder, where `policies/` lies.
#[must_use]
pub fn root() -> PathBuf {
    let mut root = PathBuf::from(env!("CARGO_MANIFEST_DIR"));
    root.pop();
    root
}

fn target() -> PathBuf {
    root().join("target")
}

fn is_pinned(binary: &Path) -> bool {
    let output = Command::new(binary)
        .arg("--version")
        .stderr(Stdio::null())
        .output();
    output.is_ok_and(|output| String::from_utf8_lossy(&output.stdout).contains(SERIES))
}
