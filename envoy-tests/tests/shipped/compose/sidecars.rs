//! The bank's own sidecars on this machine: their bootstraps as they are shipped, with other
//! addresses, ports and folders.

use std::collections::BTreeMap;
use std::fs;
use std::net::{IpAddr, SocketAddr};
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, ensure};
use heliast_envoy_tests::{Address, Authority, Bootstrap, Envoy, Node, address, install};
use serde_json::{Value, json};
use tempfile::TempDir;

use super::bank::Pod;
use crate::tree::{everything, list, members, shipped, text_or_empty};

/// The network of docker-compose.yml.
const THERE: &str = "10.127.10.";
/// One that every machine has.
const HERE: &str = "127.84.10.";

/// What the containers share.
pub(crate) struct Bank {
    folder: TempDir,
    /// Addresses of pods, by name.
    pods: BTreeMap<String, IpAddr>,
    /// What stands for a port of an address.
    ports: BTreeMap<(IpAddr, u64), SocketAddr>,
}

impl Bank {
    /// With certificates, and the policy `heliast` in force.
    pub(crate) fn new(pods: &[Pod]) -> Result<Self> {
        let folder = TempDir::with_prefix("heliast-bank-")?;
        for name in ["policy", "sds", "certificates"] {
            fs::create_dir(folder.path().join(name))?;
        }
        let addresses = pods.iter().map(|pod| {
            let address = here(pod.address()?).parse()?;
            Ok((pod.name.clone(), address))
        });
        let bank = Self {
            pods: addresses.collect::<Result<_>>()?,
            folder,
            ports: BTreeMap::new(),
        };
        bank.make_certificates(pods)?;
        for file in crate::tree::files(&shipped("envoyfilter/compose/sds"), ".yaml")? {
            let text = fs::read_to_string(&file)?;
            let text = text.replace("/certificates/", &format!("{}/", bank.path("certificates")));
            fs::write(
                bank.folder
                    .path()
                    .join("sds")
                    .join(file.file_name().context("no name")?),
                text,
            )?;
        }
        bank.put("heliast")?;
        Ok(bank)
    }

    pub(crate) fn pod(&self, name: &str) -> Result<IpAddr> {
        self.pods
            .get(name)
            .copied()
            .with_context(|| format!("no pod {name}"))
    }

    /// What `docker compose run --rm policy NAME` does.
    pub(crate) fn put(&self, policy: &str) -> Result<()> {
        let text = fs::read_to_string(shipped(&format!(
            "envoyfilter/compose/policy/{policy}.yaml"
        )))?;
        let module = install::module()?.display().to_string();
        let text = here(&text.replace("target/dist/heliast.wasm", &module));
        let folder = self.folder.path().join("policy");
        fs::write(folder.join("next"), text)?;
        fs::rename(folder.join("next"), folder.join("heliast.yaml"))?;
        Ok(())
    }

    /// By the script that is shipped, where openssl is; else the same by our own means.
    fn make_certificates(&self, pods: &[Pod]) -> Result<()> {
        let folder = self.folder.path().join("certificates");
        if Command::new("openssl").arg("version").output().is_ok() {
            let script = shipped("envoyfilter/compose/certificates.sh");
            let output = Command::new("sh").arg(script).arg(&folder).output()?;
            let said = String::from_utf8_lossy(&output.stderr).into_owned();
            ensure!(output.status.success(), "certificates.sh: {said}");
            return Ok(());
        }
        let authority = Authority::new("YAO Bank")?;
        fs::copy(authority.file(), folder.join("authority.pem"))?;
        for pod in pods {
            let account = text_or_empty(&pod.bootstrap, "/node/metadata/SERVICE_ACCOUNT");
            let identity = authority.sign_workload("cluster.local", "default", account)?;
            fs::copy(
                identity.certificate_file,
                folder.join(format!("{}.pem", pod.name)),
            )?;
            fs::copy(identity.key_file, folder.join(format!("{}.key", pod.name)))?;
        }
        Ok(())
    }

    /// Starts the sidecar of a pod at an address: its own, or that of whoever has stolen its key.
    /// Of its listeners only those of one direction.
    pub(crate) async fn start(&mut self, pod: &Pod, at: IpAddr, direction: &str) -> Result<Envoy> {
        let mut node = Node::default();
        for (key, value) in members(&pod.bootstrap, "/node/metadata") {
            let value = value
                .as_str()
                .map_or_else(|| value.clone(), |text| here(text).into());
            node = node.with(key, value);
        }
        let mut bootstrap = Bootstrap::new(node)?;
        let listeners = list(&pod.bootstrap, "/static_resources/listeners").iter();
        for listener in
            listeners.filter(|one| text_or_empty(one, "/traffic_direction") == direction)
        {
            bootstrap.listener(self.moved(listener, at)?);
        }
        for cluster in list(&pod.bootstrap, "/static_resources/clusters") {
            let mut cluster = self.moved(cluster, at)?;
            // In a network of its own a pod has no choice.
            let from = json!({"source_address": {"address": at.to_string(), "port_value": 0}});
            crate::tree::set(&mut cluster, "", "upstream_bind_config", from)?;
            bootstrap.cluster(cluster);
        }
        Envoy::start(bootstrap).await
    }

    /// Where a pod's port is on this machine.
    pub(crate) fn port(&mut self, ip: IpAddr, port: u64) -> Result<SocketAddr> {
        if let Some(known) = self.ports.get(&(ip, port)) {
            return Ok(*known);
        }
        let found = address::free(ip, Some(u16::try_from(port)?))?;
        self.ports.insert((ip, port), found);
        Ok(found)
    }

    fn path(&self, folder: &str) -> String {
        self.folder.path().join(folder).display().to_string()
    }

    /// A listener or cluster with the addresses and folders of this machine.
    fn moved(&mut self, value: &Value, at: IpAddr) -> Result<Value> {
        let mut text = value.to_string();
        for name in ["policy", "sds"] {
            text = text.replace(&format!("envoyfilter/compose/{name}"), &self.path(name));
        }
        let mut parts = Vec::new();
        everything(value, &mut parts);
        for socket in parts.iter().filter_map(|part| part.get("socket_address")) {
            let ip = match text_or_empty(socket, "/address") {
                "0.0.0.0" | "127.0.0.1" => at,
                name => self.pod(name)?,
            };
            let port = socket
                .get("port_value")
                .and_then(Value::as_u64)
                .context("no port")?;
            let moved = Address::from(self.port(ip, port)?).to_envoy();
            let moved = moved.get("socket_address").context("no address")?;
            let before = format!("\"socket_address\":{socket}");
            text = text.replace(&before, &format!("\"socket_address\":{moved}"));
        }
        Ok(serde_json::from_str(&text)?)
    }
}

/// A text with the addresses of this machine.
fn here(text: &str) -> String {
    text.replace(THERE, HERE)
}

/// Where Envoy prints what it would print in its container.
pub(crate) fn output(envoy: &Envoy) -> Result<String> {
    let file: PathBuf = Path::new(envoy.folder()).join("envoy.output");
    Ok(String::from_utf8_lossy(&fs::read(file)?).into_owned())
}
