//! A pod: its sidecar, its doors, its certificate.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use anyhow::{Context, Result};
use heliast_envoy_tests::{
    Address, Authority, Bootstrap, Dial, Envoy, ExtensionFile, Identity, Inbound, Outbound, Plugin,
    Route, Target, guard, pki,
};
use serde_json::Value;

use crate::manifest::Pod;

/// The trust domain of the bank.
pub(crate) const DOMAIN: &str = "cluster.local";
const FILTER: &str = "heliast";

/// A pod and the Envoy beside it.
#[derive(Debug)]
pub(crate) struct Sidecar {
    pub(crate) pod: Pod,
    pub(crate) address: SocketAddr,
    pub(crate) identity: Arc<Identity>,
    pub(crate) envoy: Envoy,
    filter: Option<(PathBuf, ExtensionFile)>,
}

/// What every sidecar must know of the others.
#[derive(Debug)]
pub(crate) struct Neighbourhood {
    pub(crate) authority: Authority,
    pub(crate) addresses: BTreeMap<String, SocketAddr>,
    pub(crate) pods: Vec<Pod>,
    /// The filter, unless it is left out.
    pub(crate) module: Option<PathBuf>,
}

impl Sidecar {
    /// Starts the pod's Envoy with the filter's first configuration.
    pub(crate) async fn start(
        pod: Pod,
        neighbourhood: &Neighbourhood,
        configuration: &Value,
    ) -> Result<Self> {
        let authority = &neighbourhood.authority;
        let address = *neighbourhood
            .addresses
            .get(&pod.name)
            .context("a pod without a place")?;
        let identity = authority.sign_workload(DOMAIN, &pod.namespace, &pod.account)?;
        let mut bootstrap = Bootstrap::new(pod.node())?;
        let app = Address::Unix(app_socket(bootstrap.folder()));
        let mut inbound = Inbound::new("inbound", address)
            .mutual_tls(&identity, authority)
            .target(Target::Upstream(app));
        let mut filter = None;
        if let Some(module) = &neighbourhood.module {
            let mut file = bootstrap.extension_file(FILTER)?;
            file.write(&Plugin::new(module.clone(), configuration).typed_config())?;
            inbound = inbound.filter(file.filter()).filter(guard());
            filter = Some((module.clone(), file));
        }
        bootstrap.inbound(&inbound);
        bootstrap.outbound(&outbound(
            &pod,
            &identity,
            neighbourhood,
            bootstrap.folder(),
        ));
        let envoy = Envoy::start(bootstrap)
            .await
            .with_context(|| format!("the sidecar of {} did not start", pod.name))?;
        Ok(Self {
            pod,
            address,
            identity: Arc::new(identity),
            envoy,
            filter,
        })
    }

    /// Gives the filter another configuration; the process, its connections and its listeners
    /// stay.
    pub(crate) async fn configure(&mut self, configuration: &Value) -> Result<()> {
        let Some((module, file)) = &mut self.filter else {
            return Ok(());
        };
        let plugin = Plugin::new(module.clone(), configuration);
        self.envoy
            .push_extension(file, &plugin.typed_config())
            .await
            .with_context(|| format!("the sidecar of {}", self.pod.name))
    }

    /// Where the pod's own program serves: a Unix socket, because on loopback any port could be
    /// reached past the sidecar.
    pub(crate) fn app(&self) -> PathBuf {
        app_socket(self.envoy.folder())
    }

    /// Through which the pod's own program calls others, and nobody else can.
    pub(crate) fn door(&self) -> PathBuf {
        door(self.envoy.folder())
    }

    /// As the pod's own program.
    pub(crate) fn dial(&self) -> Dial {
        Dial::new(self.door())
    }
}

fn outbound(pod: &Pod, identity: &Identity, others: &Neighbourhood, folder: &Path) -> Outbound {
    let mut outbound = Outbound::new("outbound", Address::Unix(door(folder)), pod.ip);
    for peer in &others.pods {
        let Some(to) = others.addresses.get(&peer.name) else {
            continue;
        };
        let (name, port) = (&peer.name, peer.port.unwrap_or(80));
        let route = Route {
            authorities: vec![name.clone(), format!("{name}:{port}")],
            to: *to,
            principal: pki::spiffe(DOMAIN, &peer.namespace, &peer.account),
        };
        outbound = outbound.route(route, identity, &others.authority);
    }
    outbound
}

fn app_socket(folder: &Path) -> PathBuf {
    folder.join("app.sock")
}

fn door(folder: &Path) -> PathBuf {
    folder.join("door.sock")
}
