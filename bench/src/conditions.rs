//! Where and how was measured.

use std::fs;
use std::path::Path;
use std::process::Command;

use anyhow::Result;
use heliast_envoy_tests::install;

use crate::laboratory::Laboratory;
use crate::load::CONCURRENCY;

/// What a reader has to know of a run, as it begins.
///
/// # Errors
/// When there is no Envoy.
pub(crate) fn describe(laboratory: &Laboratory) -> Result<Vec<(&'static str, String)>> {
    let pace = laboratory.pace;
    let mut conditions = vec![
        ("machine", machine()),
        ("cores", laboratory.cores.describe()),
        ("Envoy", version(&install::envoy()?)),
        (
            "rounds",
            format!(
                "{} of {} ms for each, one after the other in turn, each after {} ms of warming up",
                pace.rounds,
                pace.window.as_millis(),
                pace.warm_up.as_millis()
            ),
        ),
        (
            "requests under way",
            format!("{CONCURRENCY}, to one worker"),
        ),
        ("load average at the beginning", load_average()),
    ];
    let modules = &laboratory.modules;
    let files = [
        ("module", modules.heliast().ok()),
        ("runtime-only module", modules.runtime()),
    ];
    for (what, file) in files {
        if let Some(size) = file.and_then(|file| fs::metadata(file).ok()) {
            conditions.push((what, format!("{} KiB", size.len() >> 10)));
        }
    }
    Ok(conditions)
}

/// How busy the machine is: of the last one, five and fifteen minutes.
pub(crate) fn load_average() -> String {
    let text = fs::read_to_string("/proc/loadavg").unwrap_or_default();
    let numbers: Vec<_> = text.split_whitespace().take(3).collect();
    numbers.join(", ")
}

fn machine() -> String {
    let text = fs::read_to_string("/proc/cpuinfo").unwrap_or_default();
    let model = text.lines().find(|line| line.starts_with("model name"));
    let model = model.and_then(|line| line.split_once(": "));
    let model = model.map_or("unknown processor", |(_, model)| model);
    // Not those that this thread may use: it has been given one.
    let cores = text
        .lines()
        .filter(|line| line.starts_with("processor"))
        .count();
    let kernel = fs::read_to_string("/proc/sys/kernel/osrelease").unwrap_or_default();
    format!("{model}, {cores} cores, Linux {}", kernel.trim())
}

fn version(envoy: &Path) -> String {
    let output = Command::new(envoy).arg("--version").output();
    let text = output.map(|output| String::from_utf8_lossy(&output.stdout).into_owned());
    let text = text.unwrap_or_default();
    // .../envoy  version: commit/1.40.0/Clean/RELEASE/BoringSSL
    let version = text.trim().split('/').find(|part| part.starts_with("1."));
    version.unwrap_or("unknown").to_owned()
}
