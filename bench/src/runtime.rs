//! The program that a module without a compiler of its own is given.

use std::fs;
use std::process::Command;

use anyhow::{Context, Result, ensure};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use heliast_envoy_tests::install;
use serde_json::{Value, json};

use crate::mesh;
use crate::rules::Rules;

/// A configuration with these rules compiled for the server, by the `heliast` command.
///
/// # Errors
/// When the command is not there or refuses.
pub(crate) fn configuration(rules: Rules) -> Result<Value> {
    let folder = tempfile::TempDir::with_prefix("heliast-bench-")?;
    let (objects, program) = (
        folder.path().join("objects.yaml"),
        folder.path().join("program"),
    );
    let mut items = mesh::pods();
    items.extend(rules.calico());
    // JSON is YAML.
    let list = json!({"apiVersion": "v1", "kind": "List", "items": items});
    fs::write(&objects, list.to_string())?;
    let output = Command::new(install::command()?)
        .args([
            "bundle",
            "build",
            "--compile",
            "--for",
            "default/server",
            "--out",
        ])
        .args([&program, &objects])
        .output()
        .context("cannot start the heliast command")?;
    ensure!(
        output.status.success(),
        "`heliast bundle build --compile` failed: {}",
        String::from_utf8_lossy(&output.stderr)
    );
    let program = STANDARD.encode(fs::read(&program)?);
    Ok(json!({
        "workload": {"namespace": mesh::NAMESPACE, "name": "server"},
        "trustDomains": ["cluster.local"],
        "bundle": {"compiled": program},
    }))
}
