//! The bank: a sidecar in front of each of its workloads, and the server of their policy.

use std::collections::BTreeMap;
use std::net::{IpAddr, SocketAddr};

use anyhow::{Context, Result, bail, ensure};
use heliast_envoy_tests::{
    Authority, Bootstrap, Call, Cluster, Dial, Envoy, Identity, Inbound, Node, Plugin, Protocol,
    Server, guard, install,
};
use serde_json::{Value, json};
use tokio::time::{Duration, Instant, sleep};

use super::asker::Ask;
use crate::sidecar::{CLUSTER, PATIENCE};
use crate::world::ORIGIN;

/// Pods that others ask.
const ASKED: [&str; 3] = ["customer", "summary", "database"];

/// Everything that runs; all of it ends with its owner.
pub(crate) struct Bank {
    pub(crate) server: Server,
    authority: Authority,
    pods: BTreeMap<String, Pod>,
    sidecars: BTreeMap<String, (Envoy, SocketAddr)>,
}

struct Pod {
    ip: IpAddr,
    identity: Identity,
    node: Node,
}

impl Bank {
    /// Serves the workloads, and no policy yet.
    pub(crate) async fn start(workloads: &[Value]) -> Result<Self> {
        let server = Server::start(ORIGIN, &[("workloads.yaml", workloads)], &[]).await?;
        let authority = Authority::new("yao-bank")?;
        let mut pods = BTreeMap::new();
        let is_pod = |object: &&Value| object.get("kind") == Some(&json!("Pod"));
        for object in workloads.iter().filter(is_pod) {
            let text = |pointer: &str| object.pointer(pointer).and_then(Value::as_str);
            let name = text("/metadata/name").context("a pod without a name")?;
            let account = text("/spec/serviceAccountName").unwrap_or("default");
            let ip = text("/status/podIP").context("a pod without an address")?;
            let labels = object.pointer("/metadata/labels").cloned();
            let labels = labels.unwrap_or_default();
            let pod = Pod {
                ip: ip.parse()?,
                identity: authority.sign_workload("cluster.local", "default", account)?,
                node: Node::pod("default", name, account, &labels, ip),
            };
            pods.insert(name.to_owned(), pod);
        }
        let mut sidecars = BTreeMap::new();
        for name in ASKED {
            let pod = pods.get(name).with_context(|| format!("no pod {name}"))?;
            let sidecar = sidecar(name, pod, &authority, &server).await?;
            sidecars.insert(name.to_owned(), sidecar);
        }
        Ok(Self {
            server,
            authority,
            pods,
            sidecars,
        })
    }

    /// As whoever asks.
    pub(crate) fn dial(&self, ask: &Ask) -> Result<Dial> {
        let (_, at) = self.sidecars.get(ask.to).context("not a pod to be asked")?;
        let mut dial = Dial::new(*at);
        if let Some(from) = ask.from {
            dial = dial.from(self.pod(from)?.ip);
        }
        match ask.certificate {
            Some(key) => dial.mutual_tls(&self.pod(key)?.identity, &self.authority),
            None => Ok(dial),
        }
    }

    /// Waits until the sidecar that is asked has policy.
    pub(crate) async fn ready(&self, ask: &Ask) -> Result<()> {
        let dial = self.dial(ask)?;
        let deadline = Instant::now() + PATIENCE;
        while Instant::now() < deadline {
            let call = Call::get(ask.to, "/");
            if dial.call(Protocol::Http1, &call).await?.status == 200 {
                return Ok(());
            }
            sleep(Duration::from_millis(50)).await;
        }
        bail!("{} has no policy after {PATIENCE:?}", ask.to)
    }

    /// Waits until `heliast serve` says this.
    pub(crate) async fn serve_logs(&self, text: &str) -> Result<()> {
        let deadline = Instant::now() + PATIENCE;
        while Instant::now() < deadline {
            if self.server.log()?.contains(text) {
                return Ok(());
            }
            sleep(Duration::from_millis(20)).await;
        }
        bail!("`{text}` is not in the log: {}", self.server.log()?)
    }

    /// That nothing crashed.
    pub(crate) async fn is_well(&mut self) -> Result<()> {
        ensure!(self.server.is_alive()?, "`heliast serve` has ended");
        for (name, (envoy, _)) in &mut self.sidecars {
            ensure!(envoy.is_alive()?, "the sidecar of {name} has ended");
            let reloads = envoy.admin().stat_sum("vm_reload").await?;
            ensure!(reloads == 0, "{name}: the module was reloaded");
            let state = envoy.bundle_state().await?;
            ensure!(state.error_count() == 0, "{name}: {state:?}");
        }
        Ok(())
    }

    fn pod(&self, name: &str) -> Result<&Pod> {
        self.pods
            .get(name)
            .with_context(|| format!("no pod {name}"))
    }
}

/// The filter learns from the node who it runs for, and fetches that pod's own bundle.
async fn sidecar(
    name: &str,
    pod: &Pod,
    authority: &Authority,
    server: &Server,
) -> Result<(Envoy, SocketAddr)> {
    let plugin = Plugin::new(
        install::module()?,
        &json!({"bundle": {"http": {
            "cluster": CLUSTER,
            "path": format!("/v1/bundle/default/{name}?wait=20s"),
            "pollInterval": "100ms",
            "timeout": "25s",
        }}}),
    );
    let mut bootstrap = Bootstrap::new(pod.node.clone())?;
    bootstrap.cluster(Cluster::new(CLUSTER, server.address()).to_envoy());
    let inbound = Inbound::new(name, SocketAddr::new(pod.ip, 0))
        .mutual_tls(&pod.identity, authority)
        .filter(plugin.filter())
        .filter(guard());
    bootstrap.inbound(&inbound);
    let envoy = Envoy::start(bootstrap).await?;
    let at = envoy.admin().listener(name).await?;
    Ok((envoy, at))
}
