//! What decisions cost on real Envoy.

use std::path::PathBuf;

use anyhow::Result;

use crate::artifacts::WASM;
use crate::{artifacts, envoy, run, tree};

/// Filters that do nothing: packages, and the names under which the benchmark looks for them.
const EMPTY: [(&str, &str); 2] = [
    ("heliast-bench-empty", "empty.wasm"),
    ("heliast-bench-bare", "bare.wasm"),
];

/// Builds the filter, the command, the filters that do nothing and what measures them, all as they
/// are released, and runs it; answers whether everything could be measured.
pub(crate) fn run(arguments: &[String]) -> Result<bool> {
    let envoy = envoy::ensure()?;
    artifacts::build_all()?;
    for (package, name) in EMPTY {
        build_empty(package, name)?;
    }
    run::checked(run::cargo().args(["build", "--release", "--package", "heliast-bench"]))?;
    let mut bench = run::command(binary());
    bench.args(arguments).env("ENVOY", envoy);
    Ok(bench.status()?.success())
}

fn build_empty(package: &str, name: &str) -> Result<()> {
    let mut build = run::cargo();
    build.args(["build", "--release", "--target", WASM, "--package", package]);
    run::checked(&mut build)?;
    let file = format!("{}.wasm", package.replace('-', "_"));
    let built = tree::cargo_target().join(WASM).join("release").join(file);
    artifacts::copy(&built, tree::dist().join(name)).map(drop)
}

fn binary() -> PathBuf {
    let name = format!("bench{}", std::env::consts::EXE_SUFFIX);
    tree::cargo_target().join("release").join(name)
}
