//! The YAO Bank story on real Envoy sidecars.

use std::process::Command;

use anyhow::Result;

use crate::{artifacts, envoy, run};

/// Builds what the story needs, tells it, and answers whether every row came out as it should.
pub(crate) fn run(arguments: &[String]) -> Result<bool> {
    let module = artifacts::build_module()?;
    let envoy = envoy::ensure()?;
    let mut command = command(arguments);
    command.env("HELIAST_WASM", module).env("ENVOY", envoy);
    Ok(command.status()?.success())
}

/// The dev profile: it compiles in a fraction of the time of the release profile, and what is slow
/// in the story is Envoy's compiler, not ours.
pub(crate) fn command(arguments: &[String]) -> Command {
    let mut command = run::cargo();
    command.args([
        "run",
        "--quiet",
        "--package",
        "heliast-envoy-tests",
        "--bin",
        "demo",
        "--",
    ]);
    command.args(arguments);
    command
}
