//! Whether containers, sidecars, certificates and policy speak of the same bank.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use anyhow::{Context, Result, ensure};
use heliast_envoy_tests::pki;
use serde_json::Value;

use super::mounts::{self, Source};
use super::{file, network};
use crate::tree::{self, everything, list, members, shipped, text, text_or_empty};
use crate::{bootstraps, pieces};

const FOLDER: &str = "envoyfilter/compose";

/// A program and the sidecar that shares its network.
pub(crate) struct Pod {
    pub(crate) name: String,
    pub(crate) program: Value,
    pub(crate) sidecar: Value,
    pub(crate) bootstrap: Value,
}

impl Pod {
    /// Where other pods see it.
    pub(crate) fn address(&self) -> Result<&str> {
        text(&self.program, "/networks/bank/ipv4_address")
    }

    /// The port that other pods reach, of those that are called by others.
    fn port(&self) -> Option<u64> {
        let listeners = list(&self.bootstrap, "/static_resources/listeners");
        let mut inbound = listeners
            .iter()
            .filter(|listener| text_or_empty(listener, "/traffic_direction") == "INBOUND");
        let at = inbound.next()?.pointer("/address/socket_address")?;
        (text_or_empty(at, "/address") == "0.0.0.0").then_some(at.get("port_value")?.as_u64()?)
    }
}

/// The pods of docker-compose.yml.
pub(crate) fn pods() -> Result<Vec<Pod>> {
    let project = file::read()?;
    let mut pods = Vec::new();
    for (name, sidecar) in members(&project, "/services") {
        let Some(name) = name.strip_suffix("-sidecar") else {
            continue;
        };
        let [command, option, path] = list(sidecar, "/command") else {
            anyhow::bail!("{name}: not `envoy -c FILE`");
        };
        ensure!(command == "envoy" && option == "-c");
        ensure!(text(sidecar, "/network_mode")? == format!("service:{name}"));
        let path = path.as_str().context("no file")?;
        ensure!(path == format!("{FOLDER}/{name}.yaml"), "{name}: {path}");
        let program = project.pointer(&format!("/services/{name}"));
        pods.push(Pod {
            name: name.to_owned(),
            program: program.context("no program")?.clone(),
            sidecar: sidecar.clone(),
            bootstrap: tree::object(path)?,
        });
    }
    ensure!(pods.len() >= 4, "only {} pods", pods.len());
    Ok(pods)
}

#[test]
fn each_sidecar_says_it_is_where_its_container_is() -> Result<()> {
    for pod in pods()? {
        let address = pod.address()?;
        let node = pod.bootstrap.get("node").context("no node")?;
        ensure!(
            text(node, "/metadata/INSTANCE_IPS")? == address,
            "{}",
            pod.name
        );
        ensure!(
            text(node, "/metadata/NAME")? == pod.name
                && text(node, "/metadata/NAMESPACE")? == "default"
        );
        let id = format!(
            "sidecar~{address}~{}.default~default.svc.cluster.local",
            pod.name
        );
        ensure!(text(node, "/id")? == id, "{}", pod.name);
    }
    Ok(())
}

#[test]
fn policy_knows_every_pod_by_its_address_and_account() -> Result<()> {
    for policy in ["heliast", "none"] {
        let path = format!("{FOLDER}/policy/{policy}.yaml");
        let configuration =
            pieces::plugin_configuration(&bootstraps::discovered(&path, "heliast")?)?;
        let resources = list(&configuration, "/bundle/inline/resources");
        for pod in pods()? {
            let object = resources.iter().find(|object| {
                text_or_empty(object, "/kind") == "Pod"
                    && text_or_empty(object, "/metadata/name") == pod.name
            });
            let object = object.with_context(|| format!("{path}: no pod {}", pod.name))?;
            ensure!(
                text(object, "/status/podIP")? == pod.address()?,
                "{path}: {}",
                pod.name
            );
            let node = |key: &str| pod.bootstrap.pointer(&format!("/node/metadata/{key}"));
            ensure!(object.pointer("/spec/serviceAccountName") == node("SERVICE_ACCOUNT"));
            ensure!(object.pointer("/metadata/labels") == node("LABELS"));
        }
    }
    Ok(())
}

#[test]
fn who_is_called_by_name_listens_there_and_is_known_by_its_certificate() -> Result<()> {
    let pods = pods()?;
    let mut calls = 0;
    for pod in &pods {
        for cluster in list(&pod.bootstrap, "/static_resources/clusters") {
            let at = "/load_assignment/endpoints/0/lb_endpoints/0/endpoint/address/socket_address";
            let at = cluster.pointer(at).context("no endpoint")?;
            let host = text(at, "/address")?;
            if host == "127.0.0.1" {
                continue;
            }
            let callee = pods.iter().find(|pod| pod.name == host);
            let callee = callee.with_context(|| format!("{}: no pod {host}", pod.name))?;
            let port = at.get("port_value").and_then(Value::as_u64);
            ensure!(
                port.is_some() && port == callee.port(),
                "{} calls {at}",
                pod.name
            );
            let account = text(&callee.bootstrap, "/node/metadata/SERVICE_ACCOUNT")?;
            let uri = pki::spiffe("cluster.local", "default", account);
            ensure!(
                cluster
                    .to_string()
                    .contains(&format!("{{\"exact\":\"{uri}\"}}")),
                "{host}"
            );
            calls += 1;
        }
    }
    ensure!(calls >= 4, "only {calls} calls");
    Ok(())
}

#[test]
fn published_ports_lead_to_the_sidecar() -> Result<()> {
    let mut doors = 0;
    for pod in pods()? {
        for written in list(&pod.program, "/ports") {
            let written = written.as_str().context("not text")?;
            let (container, _) = network::port(written).context("no port")?;
            ensure!(
                pod.port() == Some(container.into()),
                "{}: {written}",
                pod.name
            );
            doors += 1;
        }
    }
    ensure!(doors == 1, "{doors} doors");
    Ok(())
}

/// The service accounts of the certificates that certificates.sh makes, by name of the file.
fn made() -> Result<BTreeMap<String, String>> {
    let script = fs::read_to_string(shipped(&format!("{FOLDER}/certificates.sh")))?;
    let calls = script
        .lines()
        .filter_map(|line| line.strip_prefix("workload "));
    let pairs = calls.filter_map(|words| words.split_once(' '));
    Ok(pairs
        .map(|(name, account)| (name.to_owned(), account.to_owned()))
        .collect())
}

#[test]
fn every_file_a_sidecar_reads_is_mounted_or_made() -> Result<()> {
    let made = made()?;
    let mut secrets = 0;
    for pod in pods()? {
        let account = made.get(&pod.name);
        let expected = pod.bootstrap.pointer("/node/metadata/SERVICE_ACCOUNT");
        ensure!(
            account.map(String::as_str) == expected.and_then(Value::as_str),
            "{}",
            pod.name
        );
        let folder = Path::new(text(&pod.sidecar, "/working_dir")?);
        let mounts = mounts::of(&pod.sidecar);
        let mut parts = Vec::new();
        everything(&pod.bootstrap, &mut parts);
        for source in parts
            .iter()
            .filter_map(|part| part.get("path_config_source"))
        {
            let path = text(source, "/path")?;
            let found = mounts::locate(&mounts, &folder.join(path));
            match found.with_context(|| format!("{}: {path} is not mounted", pod.name))? {
                (Source::Volume(volume), rest) => {
                    ensure!(
                        volume == "policy" && rest == Path::new("heliast.yaml"),
                        "{path}"
                    );
                }
                (Source::Repository(_), _) => {
                    secrets += certificates_are_made(path, &made, &mounts)?;
                }
            }
        }
    }
    ensure!(secrets >= 10, "only {secrets} files of certificates");
    Ok(())
}

/// Counts the files that a secret of Envoy names; certificates.sh has to make each.
fn certificates_are_made(
    path: &str,
    made: &BTreeMap<String, String>,
    mounts: &[mounts::Mount],
) -> Result<usize> {
    let secret = tree::object(path)?;
    let mut parts = Vec::new();
    everything(&secret, &mut parts);
    let files = parts
        .iter()
        .filter_map(|part| part.get("filename")?.as_str());
    let mut count = 0;
    for file in files {
        let found = mounts::locate(mounts, Path::new(file));
        let is_volume =
            |source: &Source| matches!(source, Source::Volume(name) if name == "certificates");
        let rest = found
            .filter(|(source, _)| is_volume(source))
            .map(|(_, rest)| rest);
        let rest = rest.with_context(|| format!("{path}: {file} is not of the certificates"))?;
        let name = rest
            .file_stem()
            .unwrap_or_default()
            .to_string_lossy()
            .into_owned();
        let end = rest
            .extension()
            .unwrap_or_default()
            .to_string_lossy()
            .into_owned();
        let known = name == "authority" && end == "pem"
            || made.contains_key(&name) && ["pem", "key"].contains(&end.as_str());
        ensure!(known, "{path}: certificates.sh makes no {file}");
        count += 1;
    }
    Ok(count)
}

#[test]
fn sidecars_change_nothing_and_wait_for_certificates_and_policy() -> Result<()> {
    for pod in pods()? {
        ensure!(
            mounts::of(&pod.sidecar).iter().all(|mount| mount.read_only),
            "{}",
            pod.name
        );
        for other in ["certificates", "policy"] {
            let condition = format!("/depends_on/{other}/condition");
            let condition = text(&pod.sidecar, &condition)?;
            ensure!(
                condition == "service_completed_successfully",
                "{}",
                pod.name
            );
        }
        ensure!(text(&pod.sidecar, "/image")? == "envoyproxy/envoy:v1.40.0");
    }
    Ok(())
}

#[test]
fn every_policy_one_can_switch_to_is_there() -> Result<()> {
    let project = file::read()?;
    let readme = fs::read_to_string(shipped(&format!("{FOLDER}/README.md")))?;
    let told = readme.split("run --rm policy ").skip(1);
    let told = told.filter_map(|rest| rest.split_whitespace().next());
    let first = list(&project, "/services/policy/command")
        .iter()
        .filter_map(Value::as_str);
    let names: Vec<_> = told.chain(first).collect();
    ensure!(names.len() >= 3, "{names:?}");
    for name in names {
        let file = shipped(&format!("{FOLDER}/policy/{name}.yaml"));
        ensure!(file.is_file(), "no policy {name}");
    }
    let script = list(&project, "/services/policy/entrypoint").last();
    let script = script.and_then(Value::as_str).context("no entrypoint")?;
    ensure!(
        script.contains("/policy/$$0.yaml")
            && script.contains("mv /policy/next /policy/heliast.yaml")
    );
    Ok(())
}
