//! Compiled programs, as the `heliast` command makes them.

use std::fs;
use std::path::Path;
use std::process::Command;

use anyhow::{Context, Result, ensure};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};

use crate::install;

/// The program of these objects for a pod, written `namespace/name`, as `bundle.compiled` takes it;
/// `folder` is for the files.
///
/// # Errors
/// When the command is not there or refuses.
pub fn compile(objects: &[Value], pod: &str, folder: &Path) -> Result<String> {
    let (list, program) = (folder.join("objects.yaml"), folder.join("program"));
    // JSON is YAML.
    let items = json!({"apiVersion": "v1", "kind": "List", "items": objects});
    fs::write(&list, items.to_string())?;
    let output = Command::new(install::command()?)
        .args(["bundle", "build", "--compile", "--for", pod, "--out"])
        .args([&program, &list])
        .output()
        .context("cannot start the heliast command")?;
    ensure!(
        output.status.success(),
        "`heliast bundle build --compile` failed: {}",
        String::from_utf8_lossy(&output.stderr)
    );
    Ok(STANDARD.encode(fs::read(&program)?))
}
