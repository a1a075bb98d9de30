//! Programs that put questions to the policy systems' own code.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail};

use crate::{run, tree};

/// Builds each Go program under `tests/peers` into `target/peers`, and says where it is.
pub(crate) fn build() -> Result<bool> {
    let programs = programs(&tree::root().join("tests/peers"))?;
    if programs.is_empty() {
        println!("no folder under tests/peers has a go.mod: nothing to build");
        return Ok(true);
    }
    let Some(version) = run::output(run::command("go").arg("version")) else {
        bail!(
            "Go is missing, and the programs under tests/peers are written in it: install \
             Go and put it on the PATH. `cargo xtask test` does not need it"
        );
    };
    println!(
        "building {} programs with {}",
        programs.len(),
        version.trim()
    );
    let folder = tree::root().join("target").join("peers");
    fs::create_dir_all(&folder).with_context(|| format!("cannot create {}", folder.display()))?;
    for program in &programs {
        let Some(name) = program.file_name() else {
            continue;
        };
        let built = folder.join(name);
        let mut build = run::command("go");
        build.current_dir(program).args(["build", "-o"]);
        run::checked(build.arg(&built).arg("."))?;
        println!("{}", built.display());
    }
    Ok(true)
}

/// The folders right below this one that are Go modules, by name.
fn programs(folder: &Path) -> Result<Vec<PathBuf>> {
    if !folder.is_dir() {
        return Ok(Vec::new());
    }
    let entries =
        fs::read_dir(folder).with_context(|| format!("cannot read {}", folder.display()))?;
    let mut found = Vec::new();
    for entry in entries {
        let path = entry?.path();
        if path.join("go.mod").is_file() {
            found.push(path);
        }
    }
    found.sort();
    Ok(found)
}
