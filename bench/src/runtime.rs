//! The program that a module without a compiler of its own is given.

use anyhow::Result;
use heliast_envoy_tests::program;
use serde_json::{Value, json};

use crate::mesh;
use crate::rules::Rules;

/// A configuration with these rules compiled for the server, by the `heliast` command.
///
/// # Errors
/// When the command is not there or refuses.
pub(crate) fn configuration(rules: Rules) -> Result<Value> {
    let folder = tempfile::TempDir::with_prefix("heliast-bench-")?;
    let mut objects = mesh::pods();
    objects.extend(rules.calico());
    Ok(json!({
        "workload": {"namespace": mesh::NAMESPACE, "name": "server"},
        "trustDomains": ["cluster.local"],
        "bundle": {"compiled": program::compile(&objects, "default/server", folder.path())?},
    }))
}
