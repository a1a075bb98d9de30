//! Every Envoy bootstrap we ship.

use std::fs;
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, ensure};
use heliast_envoy_tests::{install, manifests};
use serde_json::Value;
use tempfile::TempDir;

use crate::pieces;
use crate::tree::{self, list, text, text_or_empty};

/// What every access log of ours has; standalone/envoy.yaml has the others too.
const LOGGED: [&str; 3] = ["verdict", "rule", "id"];
const LOGGED_AT_MOST: [&str; 6] = ["verdict", "rule", "id", "observed", "staged", "staged_rule"];

/// All bootstraps under `envoyfilter/`, by their paths from the root.
pub(crate) fn all() -> Result<Vec<(String, Value)>> {
    let mut found = Vec::new();
    for file in tree::files(&tree::shipped("envoyfilter"), ".yaml")? {
        let objects = manifests::read(&file)?;
        let path = file.strip_prefix(install::root())?.display().to_string();
        let bootstraps = objects
            .into_iter()
            .filter(|object| object.get("static_resources").is_some());
        found.extend(bootstraps.map(|bootstrap| (path.clone(), bootstrap)));
    }
    ensure!(found.len() >= 5, "only {} bootstraps", found.len());
    Ok(found)
}

/// A root of the repository in which `target/dist` has the module under test.
fn root() -> Result<TempDir> {
    let root = TempDir::with_prefix("heliast-root-")?;
    symlink(
        tree::shipped("envoyfilter"),
        root.path().join("envoyfilter"),
    )?;
    let dist = root.path().join("target/dist");
    fs::create_dir_all(&dist)?;
    symlink(install::module()?, dist.join("heliast.wasm"))?;
    Ok(root)
}

/// What `envoy --mode validate` says.
fn validate(root: &Path, bootstrap: &Path) -> Result<(bool, String)> {
    let output = Command::new(install::envoy()?)
        .args(["--mode", "validate", "--disable-hot-restart", "-c"])
        .arg(bootstrap)
        .current_dir(root)
        .output()
        .context("cannot run Envoy")?;
    let said = [output.stdout, output.stderr].concat();
    Ok((
        output.status.success(),
        String::from_utf8_lossy(&said).into_owned(),
    ))
}

#[test]
fn envoy_takes_every_bootstrap_without_a_certificate_on_the_machine() -> Result<()> {
    let root = root()?;
    for (path, _) in all()? {
        let (taken, said) = validate(root.path(), Path::new(&path))?;
        ensure!(taken, "{path}: {said}");
    }
    Ok(())
}

#[test]
fn validation_reads_policy_too_and_tells_what_is_wrong_with_it() -> Result<()> {
    let root = root()?;
    let text = fs::read_to_string(tree::shipped("envoyfilter/standalone/envoy.yaml"))?;
    let typo = text.replace("\"ingress\":", "\"ingres\":");
    ensure!(typo != text, "nothing to spell wrongly");
    let file: PathBuf = root.path().join("typo.yaml");
    fs::write(&file, typo)?;
    let (taken, said) = validate(root.path(), &file)?;
    ensure!(!taken && said.contains("spec.ingres"), "{said}");
    Ok(())
}

#[test]
fn every_inbound_chain_has_record_filter_guard_and_log() -> Result<()> {
    let mut guarded = 0;
    for (path, bootstrap) in all()? {
        for listener in list(&bootstrap, "/static_resources/listeners") {
            let direction = text(listener, "/traffic_direction")?;
            for chain in list(listener, "/filter_chains") {
                match direction {
                    "INBOUND" => chain_is_whole(chain)
                        .with_context(|| format!("{path}: {}", text_or_empty(chain, "/name")))?,
                    _ => ensure!(!chain.to_string().contains("heliast"), "{path}"),
                }
                guarded += usize::from(direction == "INBOUND");
            }
        }
    }
    ensure!(guarded >= 8, "only {guarded} chains are guarded");
    Ok(())
}

/// Where there is TLS it is mutual, and what is shown is verified.
fn verifies_peers(chain: &Value) -> Result<()> {
    let protocol = text(chain, "/filter_chain_match/transport_protocol")?;
    let Some(socket) = chain.get("transport_socket") else {
        ensure!(protocol == "raw_buffer");
        return Ok(());
    };
    let required = socket.pointer("/typed_config/require_client_certificate");
    ensure!(protocol == "tls" && required == Some(&true.into()));
    let by = "/typed_config/common_tls_context/validation_context_sds_secret_config";
    ensure!(text(socket, &format!("{by}/name"))? == "authority");
    let file = text(socket, &format!("{by}/sds_config/path_config_source/path"))?;
    for text in [socket.to_string(), tree::object(file)?.to_string()] {
        ensure!(!text.contains("ACCEPT_UNTRUSTED"), "{file}");
    }
    Ok(())
}

fn chain_is_whole(chain: &Value) -> Result<()> {
    verifies_peers(chain)?;
    let filter = pieces::in_chain(chain, "heliast")?;
    let filters = list(chain, "/filters/1/typed_config/http_filters");
    ensure!(
        pieces::names(filters) == ["heliast", "heliast.guard", pieces::ROUTER],
        "something between the filter and its guard"
    );
    match filter.get("config_discovery") {
        None => is_shipped(filter.get("typed_config").context("no configuration")?)?,
        Some(discovery) => {
            pieces::denies_all(discovery.get("default_config").context("no default")?)?;
            let types = list(discovery, "/type_urls");
            ensure!(types.contains(&pieces::WASM.into()) && types.contains(&pieces::RBAC.into()));
            let source = discovery.pointer("/config_source/path_config_source");
            let source = source.context("not from a file")?;
            let file = text(source, "/path")?;
            let watched = text(source, "/watched_directory/path")?;
            ensure!(Path::new(file).parent() == Some(Path::new(watched)));
            is_shipped(&discovered(file, text(filter, "/name")?)?)?;
        }
    }
    let log = list(chain, "/filters/1/typed_config/access_log");
    logs_verdicts(&Value::from(log.to_vec()).to_string())
}

/// The configuration with this name in a file that Envoy watches.
pub(crate) fn discovered(path: &str, name: &str) -> Result<Value> {
    let response = tree::object(path)?;
    let [resource] = list(&response, "/resources") else {
        anyhow::bail!("{path} has not one resource");
    };
    let kind = "type.googleapis.com/envoy.config.core.v3.TypedExtensionConfig";
    ensure!(text(resource, "/@type")? == kind && text(resource, "/name")? == name);
    Ok(resource
        .get("typed_config")
        .context("no configuration")?
        .clone())
}

fn is_shipped(typed_config: &Value) -> Result<()> {
    let module = text(typed_config, "/config/vm_config/code/local/filename")?;
    ensure!(module == "target/dist/heliast.wasm", "loads {module}");
    crate::engine::accepts(&pieces::plugin_configuration(typed_config)?)?;
    Ok(())
}

fn logs_verdicts(log: &str) -> Result<()> {
    for field in LOGGED {
        let format = format!("%FILTER_STATE(wasm.heliast_{field}:PLAIN)%");
        ensure!(log.contains(&format), "no {field} in the access log");
    }
    let count = log.matches("%FILTER_STATE(").count();
    let known = LOGGED_AT_MOST
        .iter()
        .filter(|field| log.contains(&format!("%FILTER_STATE(wasm.heliast_{field}:PLAIN)%")));
    ensure!(known.count() == count, "a field nobody writes: {log}");
    Ok(())
}

#[test]
fn the_plain_envoy_logs_all_there_is_and_labels_metrics_as_the_docs_say() -> Result<()> {
    let bootstrap = tree::object("envoyfilter/standalone/envoy.yaml")?;
    let all = bootstrap.to_string();
    for field in LOGGED_AT_MOST {
        let format = format!("%FILTER_STATE(wasm.heliast_{field}:PLAIN)%");
        ensure!(all.contains(&format), "{field}");
    }
    let documented = fs::read_to_string(tree::shipped("docs/operations.md"))?;
    for (path, bootstrap) in self::all()? {
        let [tag] = list(&bootstrap, "/stats_config/stats_tags") else {
            anyhow::bail!("{path}: not one tag rule");
        };
        ensure!(text(tag, "/tag_name")? == "verdict");
        let regex = text(tag, "/regex")?;
        ensure!(
            documented.contains(&format!("regex: '{regex}'")),
            "{path}: {regex}"
        );
    }
    Ok(())
}

#[test]
fn the_policies_that_the_bank_can_be_switched_between_are_whole() -> Result<()> {
    let folder = tree::shipped("envoyfilter/compose/policy");
    for file in tree::files(&folder, ".yaml")? {
        let path = file.strip_prefix(install::root())?.display().to_string();
        is_shipped(&discovered(&path, "heliast")?).context(path)?;
    }
    Ok(())
}
