//! The benchmark runs: a round of a few lanes, which says nothing about time.

use std::fs;
use std::process::Command;

use anyhow::{Context, Result, ensure};
use serde_json::Value;

#[test]
fn a_round_of_a_few_lanes_has_figures() -> Result<()> {
    let folder = tempfile::TempDir::with_prefix("heliast-bench-smoke-")?;
    let output = Command::new(env!("CARGO_BIN_EXE_bench"))
        .args(["--quick", "--rounds", "1", "--sections", "filters"])
        .args(["--only", "^(ext_authz|heliast, 1 rule), HTTP/1.1$"])
        .arg("--output")
        .arg(folder.path())
        .output()?;
    let said = String::from_utf8_lossy(&output.stderr);
    ensure!(output.status.success(), "{said}");
    let text = fs::read_to_string(folder.path().join("filters.json"))?;
    let section: Value = serde_json::from_str(&text)?;
    let lanes = section.pointer("/lanes").and_then(Value::as_array);
    let lanes = lanes.context("no lanes")?;
    // Those without a filter are always there.
    ensure!(lanes.len() == 5, "{} lanes", lanes.len());
    for lane in lanes {
        for pointer in [
            "/requests",
            "/cpu_us/median",
            "/p99_us/median",
            "/resident_bytes",
        ] {
            let figure = lane.pointer(pointer).and_then(Value::as_f64);
            ensure!(
                figure.is_some_and(|figure| figure > 0.0),
                "{pointer}: {lane}"
            );
        }
    }
    let server = lanes
        .iter()
        .filter_map(|lane| lane.pointer("/server_cpu_us/median"));
    ensure!(server.count() == 1, "the server is not told apart: {text}");
    Ok(())
}
