//! Envoy configuration: whole bootstraps, and the listeners of sidecars.

mod cluster;
mod discovery;
mod http;
mod inbound;
mod outbound;
mod plugin;
mod tls;

use std::path::{Path, PathBuf};

use anyhow::{Context, Result};
use serde_json::{Map, Value, json};
use tempfile::TempDir;

pub use cluster::Cluster;
pub use discovery::{ClusterFile, ExtensionFile, ListenerFile};
pub use inbound::{Inbound, PeerRecord, Target};
pub use outbound::{Outbound, Route};
pub use plugin::{Failure, Plugin, guard};

use crate::access_log::AccessLog;

/// Everything one Envoy process is started with, and the folder its files live in.
#[derive(Debug)]
pub struct Bootstrap {
    folder: TempDir,
    node: Node,
    listeners: Vec<Value>,
    clusters: Vec<Value>,
    /// Where what may change at run time comes from, by its name in `dynamic_resources`.
    sources: Map<String, Value>,
    /// Switches of Envoy's own.
    runtime: Map<String, Value>,
    /// Whether threads count how long their turns take.
    turns: bool,
}

/// Who a sidecar says it is: `node.metadata` with the keys that Istio sets.
#[derive(Clone, Debug, Default)]
pub struct Node {
    metadata: Map<String, Value>,
}

impl Bootstrap {
    /// A bootstrap without listeners.
    ///
    /// # Errors
    /// When there is no room for temporary files.
    pub fn new(node: Node) -> Result<Self> {
        let folder = TempDir::with_prefix("heliast-envoy-").context("no temporary folder")?;
        let (listeners, clusters) = (Vec::new(), Vec::new());
        Ok(Self {
            folder,
            node,
            listeners,
            clusters,
            sources: Map::new(),
            runtime: Map::new(),
            turns: false,
        })
    }

    /// Where this process keeps its files; gone when it has ended.
    #[must_use]
    pub fn folder(&self) -> &Path {
        self.folder.path()
    }

    /// Adds the listener in front of a workload.
    pub fn inbound(&mut self, inbound: &Inbound) {
        self.listeners.push(inbound.listener(self.folder.path()));
        self.clusters.extend(inbound.cluster());
    }

    /// Adds the listener through which a workload calls others.
    pub fn outbound(&mut self, outbound: &Outbound) {
        self.listeners.push(outbound.listener(self.folder.path()));
        self.clusters.extend(outbound.clusters());
    }

    /// Adds a listener of the caller's own making (`envoy.config.listener.v3.Listener`).
    pub fn listener(&mut self, listener: Value) {
        self.listeners.push(listener);
    }

    /// Sets a switch of Envoy's runtime, as Istio's bootstrap sets some.
    pub fn runtime(&mut self, key: &str, value: impl Into<Value>) {
        self.runtime.insert(key.to_owned(), value.into());
    }

    /// Has Envoy count how long its threads are busy between two looks at their sockets, for
    /// [`Admin::longest_turn`](crate::envoy::Admin::longest_turn).
    pub fn count_turns(&mut self) {
        self.turns = true;
    }

    /// Adds a cluster of the caller's own making (`envoy.config.cluster.v3.Cluster`).
    pub fn cluster(&mut self, cluster: Value) {
        self.clusters.push(cluster);
    }

    /// Lets listeners come and go at run time, by what is pushed to the file returned.
    ///
    /// # Errors
    /// When the file cannot be written.
    pub fn listener_file(&mut self) -> Result<ListenerFile> {
        let file = ListenerFile::new(self.folder.path())?;
        self.sources.insert("lds_config".into(), file.source());
        Ok(file)
    }

    /// Lets clusters come and go at run time, by what is written to the file returned.
    ///
    /// # Errors
    /// When the file cannot be written.
    pub fn cluster_file(&mut self) -> Result<ClusterFile> {
        let file = ClusterFile::new(self.folder.path())?;
        self.sources.insert("cds_config".into(), file.source());
        Ok(file)
    }

    /// Lets a filter's configuration change at run time, by what is pushed to the file returned;
    /// its [`ExtensionFile::filter`] goes into a listener.
    ///
    /// # Errors
    /// When the file cannot be written.
    pub fn extension_file(&self, name: &str) -> Result<ExtensionFile> {
        ExtensionFile::new(self.folder.path(), name)
    }

    /// The bootstrap as Envoy reads it.
    #[must_use]
    pub fn to_envoy(&self) -> Value {
        let mut bootstrap = json!({
            "node": {"id": self.node.id(), "cluster": "heliast", "metadata": self.node.metadata},
            // Port 0: the kernel picks, Envoy writes down which; no race for a free one.
            "admin": {"address": {"socket_address": {"address": "127.0.0.1", "port_value": 0}}},
            "static_resources": {"listeners": self.listeners, "clusters": self.clusters},
        });
        if let (false, Some(members)) = (self.sources.is_empty(), bootstrap.as_object_mut()) {
            members.insert("dynamic_resources".into(), self.sources.clone().into());
        }
        if let (true, Some(members)) = (self.turns, bootstrap.as_object_mut()) {
            members.insert("enable_dispatcher_stats".into(), true.into());
            // Histograms are brought together when statistics are flushed.
            members.insert("stats_flush_interval".into(), "1s".into());
        }
        if let (false, Some(members)) = (self.runtime.is_empty(), bootstrap.as_object_mut()) {
            let layer = json!({"name": "switches", "static_layer": self.runtime});
            members.insert("layered_runtime".into(), json!({"layers": [layer]}));
        }
        bootstrap
    }
}

impl Node {
    /// The node of a pod, as an Istio sidecar announces it.
    #[must_use]
    pub fn pod(namespace: &str, name: &str, account: &str, labels: &Value, ip: &str) -> Self {
        Self::default()
            .with("NAMESPACE", namespace)
            .with("NAME", name)
            .with("SERVICE_ACCOUNT", account)
            .with("LABELS", labels.clone())
            .with("INSTANCE_IPS", ip)
    }

    /// Sets one key of the metadata.
    #[must_use]
    pub fn with(mut self, key: &str, value: impl Into<Value>) -> Self {
        self.metadata.insert(key.to_owned(), value.into());
        self
    }

    fn id(&self) -> String {
        let text = |key| {
            self.metadata
                .get(key)
                .and_then(Value::as_str)
                .unwrap_or("none")
        };
        let namespace = text("NAMESPACE");
        let (ip, name) = (text("INSTANCE_IPS"), text("NAME"));
        format!("sidecar~{ip}~{name}.{namespace}~{namespace}.svc.cluster.local")
    }
}

/// The access log of the listener with this name.
#[must_use]
pub fn access_log(folder: &Path, listener: &str) -> AccessLog {
    AccessLog::new(access_log_file(folder, listener))
}

fn access_log_file(folder: &Path, listener: &str) -> PathBuf {
    folder.join(format!("{}.access.log", listener.replace('/', "_")))
}
