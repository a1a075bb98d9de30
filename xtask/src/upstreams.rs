//! Servers that people run behind a sidecar, for `envoy-tests/tests/upstreams`.

use std::fs;

use anyhow::{Context, Result};

use crate::{run, tree};

/// Installs Flask and Express under `target/upstreams`, and says what it could not. nginx is a
/// package of the system.
pub(crate) fn install() -> Result<bool> {
    let folder = tree::root().join("target").join("upstreams");
    fs::create_dir_all(&folder).with_context(|| format!("cannot create {}", folder.display()))?;
    let mut pip = run::command("python3");
    pip.args(["-m", "pip", "install", "--quiet", "--target"]);
    pip.arg(folder.join("python")).arg("flask");
    let mut npm = run::command("npm");
    npm.args(["install", "--silent", "--no-fund", "--no-audit", "--prefix"]);
    npm.arg(&folder).arg("express@4");
    let mut all = true;
    for (name, mut command) in [("Flask", pip), ("Express", npm)] {
        match run::checked(&mut command) {
            Ok(_) => println!("{name} is in {}", folder.display()),
            Err(error) => {
                all = false;
                println!("{name} could not be installed: {error:#}");
            }
        }
    }
    Ok(all)
}
