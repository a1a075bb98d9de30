//! docker-compose.yml, without Docker: what `docker compose config` would refuse, what `up` would
//! stumble over, and whether it fits the sidecars it starts.

mod bank;
mod file;
mod mistakes;
mod mounts;
mod network;
mod service;
mod sidecars;
mod story;

use anyhow::{Result, ensure};
use serde_json::Value;

/// All that is wrong with a project.
pub(crate) fn complaints(project: &Value) -> Vec<String> {
    let mut found = file::complaints(project);
    found.extend(service::complaints(project));
    found.extend(network::complaints(project));
    found.extend(mounts::complaints(project));
    found
}

#[test]
fn compose_takes_the_file_and_finds_all_it_names() -> Result<()> {
    let found = complaints(&file::read()?);
    ensure!(found.is_empty(), "{}", found.join("\n"));
    Ok(())
}
