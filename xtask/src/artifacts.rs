//! What others use: the filter and the command, in `target/dist`.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result};

use crate::{run, tree};

/// The filter's target; `wasip1` because the SDK's clock, randomness and log are WASI imports
/// that Envoy offers.
pub(crate) const WASM: &str = "wasm32-wasip1";

/// Builds all and says where they are.
pub(crate) fn build_all() -> Result<()> {
    for path in [build_module()?, build_runtime_module()?, build_command()?] {
        let size = fs::metadata(&path).map(|file| file.len())?;
        println!("{}  {} KiB", path.display(), size / 1024);
    }
    Ok(())
}

/// Builds the filter, and the wasm target where a fresh machine lacks it.
pub(crate) fn build_module() -> Result<PathBuf> {
    ensure_target()?;
    run::checked(&mut module_command())?;
    let built = tree::cargo_target()
        .join(WASM)
        .join("release")
        .join("heliast.wasm");
    copy(&built, tree::module())
}

/// SHA-2 as loops: 16 KB less in every sidecar, and each program takes a tenth of a millisecond longer to
/// check. The other module hashes every object of a mesh, and has the faster form.
const COMPACT_HASHES: &str =
    r#"target.wasm32-wasip1.rustflags=["--cfg", 'sha2_backend_soft="compact"']"#;

/// Builds the filter that takes compiled programs alone.
pub(crate) fn build_runtime_module() -> Result<PathBuf> {
    ensure_target()?;
    run::checked(run::cargo().args([
        "build",
        "--profile",
        "runtime",
        "--package",
        "heliast",
        "--lib",
        "--no-default-features",
        "--features",
        "compiled",
        "--target",
        WASM,
        "--config",
        COMPACT_HASHES,
    ]))?;
    let built = tree::cargo_target()
        .join(WASM)
        .join("runtime")
        .join("heliast.wasm");
    copy(&built, tree::runtime_module())
}

/// Builds the `heliast` command.
pub(crate) fn build_command() -> Result<PathBuf> {
    let profile = ["--profile", "command"];
    run::checked(
        run::cargo()
            .arg("build")
            .args(profile)
            .args(["--package", "heliast-cli"]),
    )?;
    let name = format!("heliast{}", std::env::consts::EXE_SUFFIX);
    let built = tree::cargo_target().join("command").join(&name);
    copy(&built, tree::command())
}

fn module_command() -> Command {
    let mut command = run::cargo();
    command.args([
        "build",
        "--release",
        "--package",
        "heliast",
        "--lib",
        "--target",
        WASM,
    ]);
    command
}

/// rustc can be asked without rustup: where the target is there already, rustup is not needed.
pub(crate) fn ensure_target() -> Result<()> {
    let library =
        run::output(run::command("rustc").args(["--print", "target-libdir", "--target", WASM]));
    if library.is_some_and(|folder| Path::new(folder.trim_end()).is_dir()) {
        return Ok(());
    }
    eprintln!("installing the Rust target {WASM}");
    run::checked(run::command("rustup").args(["target", "add", WASM]))
        .with_context(|| format!("the filter needs the Rust target {WASM}"))
}

/// By way of a second name: an Envoy that reads the file meanwhile sees the old one or the new one.
pub(crate) fn copy(from: &Path, to: PathBuf) -> Result<PathBuf> {
    let folder = tree::dist();
    fs::create_dir_all(&folder).with_context(|| format!("cannot create {}", folder.display()))?;
    let partial = to.with_extension("partial");
    fs::copy(from, &partial).with_context(|| format!("cannot copy {}", from.display()))?;
    fs::rename(&partial, &to).with_context(|| format!("cannot write {}", to.display()))?;
    Ok(to)
}
