//! What the server of bundles costs in a large mesh.

use anyhow::Result;

use crate::{run, tree};

/// Builds the server and what measures it, both as they are released, and runs them.
pub(crate) fn run() -> Result<bool> {
    let package = ["--release", "--package", "heliast-cli"];
    let mut build = run::cargo();
    build.arg("build").args(package);
    run::checked(build.args(["--bin", "heliast", "--example", "scale"]))?;
    let folder = tree::cargo_target().join("release");
    let mut measure = run::command(folder.join("examples/scale"));
    run::checked(measure.arg(folder.join("heliast")))?;
    Ok(true)
}
