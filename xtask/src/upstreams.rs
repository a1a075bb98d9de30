//! Servers that people run behind a sidecar, for `envoy-tests/tests/upstreams`.

use std::fs;

use anyhow::{Context, Result};

use crate::{run, tree};

/// Installs Flask and Express under `target/upstreams`, and answers which of them it could not.
/// nginx is a package of the system.
pub(crate) fn install() -> Result<Vec<&'static str>> {
    let folder = tree::root().join("target").join("upstreams");
    fs::create_dir_all(&folder).with_context(|| format!("cannot create {}", folder.display()))?;
    let python = folder.join("python");
    let mut pip = run::command("python3");
    pip.args([
        "-m",
        "pip",
        "install",
        "--quiet",
        "--root-user-action=ignore",
    ]);
    pip.args(["--upgrade", "--target"]).arg(python).arg("flask");
    let mut npm = run::command("npm");
    npm.args(["install", "--silent", "--no-fund", "--no-audit", "--prefix"]);
    npm.arg(&folder).arg("express@4");
    let mut missing = Vec::new();
    for (name, mut command) in [("Flask", pip), ("Express", npm)] {
        if let Err(error) = run::checked(&mut command) {
            missing.push(name);
            eprintln!("{name} could not be installed: {error:#}");
        }
    }
    Ok(missing)
}
