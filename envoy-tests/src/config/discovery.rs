//! Configuration that changes at run time: files that Envoy watches.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};
use serde_json::{Value, json};

use super::plugin::{RBAC_TYPE, WASM_TYPE, deny_all};

const LISTENER_TYPE: &str = "type.googleapis.com/envoy.config.listener.v3.Listener";
const CLUSTER_TYPE: &str = "type.googleapis.com/envoy.config.cluster.v3.Cluster";
const EXTENSION_TYPE: &str = "type.googleapis.com/envoy.config.core.v3.TypedExtensionConfig";

/// The listeners of one process (LDS).
#[derive(Debug)]
pub struct ListenerFile(WatchedFile);

/// The clusters of one process (CDS), beside those it was started with.
#[derive(Debug)]
pub struct ClusterFile(WatchedFile);

/// The configuration of one filter (ECDS); until the first good one is in, everything is denied.
#[derive(Debug)]
pub struct ExtensionFile {
    file: WatchedFile,
    name: String,
}

/// A file in a folder of its own, so that Envoy wakes up for it alone.
#[derive(Debug)]
struct WatchedFile {
    folder: PathBuf,
    path: PathBuf,
    version: u64,
}

impl ListenerFile {
    pub(super) fn new(folder: &Path) -> Result<Self> {
        let mut file = Self(WatchedFile::new(folder, "listeners")?);
        file.write(&[])?;
        Ok(file)
    }

    /// Replaces all listeners written so far; answers the version they bear. A running Envoy's
    /// opinion is had by [`Envoy::push_listeners`](crate::Envoy::push_listeners).
    ///
    /// # Errors
    /// When the file cannot be written.
    pub fn write(&mut self, listeners: &[Value]) -> Result<String> {
        let resources: Vec<_> = listeners
            .iter()
            .map(|listener| typed(LISTENER_TYPE, listener))
            .collect();
        self.0.write(&resources)
    }

    pub(super) fn source(&self) -> Value {
        self.0.source()
    }
}

impl ClusterFile {
    pub(super) fn new(folder: &Path) -> Result<Self> {
        let mut file = Self(WatchedFile::new(folder, "clusters")?);
        file.write(&[])?;
        Ok(file)
    }

    /// Replaces all clusters written so far; answers the version they bear.
    ///
    /// # Errors
    /// When the file cannot be written.
    pub fn write(&mut self, clusters: &[Value]) -> Result<String> {
        let resources: Vec<_> = clusters
            .iter()
            .map(|cluster| typed(CLUSTER_TYPE, cluster))
            .collect();
        self.0.write(&resources)
    }

    pub(super) fn source(&self) -> Value {
        self.0.source()
    }
}

impl ExtensionFile {
    pub(super) fn new(folder: &Path, name: &str) -> Result<Self> {
        let file = WatchedFile::new(folder, &format!("extension-{}", name.replace('/', "_")))?;
        let mut file = Self {
            file,
            name: name.to_owned(),
        };
        // Envoy does not start without the file.
        file.write(&deny_all())?;
        Ok(file)
    }

    /// The filter's name.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The place holder that goes into a listener's filters.
    #[must_use]
    pub fn filter(&self) -> Value {
        json!({
            "name": self.name,
            "config_discovery": {
                "config_source": self.file.source(),
                "type_urls": [WASM_TYPE, RBAC_TYPE],
                "default_config": deny_all(),
                "apply_default_config_without_warming": true,
            },
        })
    }

    /// Replaces the configuration; answers the version it bears. A running Envoy's opinion is had
    /// by [`Envoy::push_extension`](crate::Envoy::push_extension).
    ///
    /// # Errors
    /// When the file cannot be written.
    pub fn write(&mut self, typed_config: &Value) -> Result<String> {
        let extension = json!({"name": self.name, "typed_config": typed_config});
        self.file.write(&[typed(EXTENSION_TYPE, &extension)])
    }
}

impl WatchedFile {
    fn new(folder: &Path, name: &str) -> Result<Self> {
        let folder = folder.join(name);
        fs::create_dir(&folder).with_context(|| format!("cannot create {}", folder.display()))?;
        Ok(Self {
            path: folder.join("current.json"),
            folder,
            version: 0,
        })
    }

    fn source(&self) -> Value {
        json!({
            "resource_api_version": "V3",
            "path_config_source": {
                "path": self.path,
                "watched_directory": {"path": self.folder},
            },
        })
    }

    /// By a rename, which is what Envoy watches for and what it never sees half done.
    fn write(&mut self, resources: &[Value]) -> Result<String> {
        self.version += 1;
        let version = self.version.to_string();
        let response = json!({"version_info": version, "resources": resources});
        let partial = self.folder.join(format!("{version}.partial"));
        fs::write(&partial, response.to_string())
            .with_context(|| format!("cannot write {}", partial.display()))?;
        fs::rename(&partial, &self.path)
            .with_context(|| format!("cannot write {}", self.path.display()))?;
        Ok(version)
    }
}

fn typed(kind: &str, message: &Value) -> Value {
    let mut message = message.clone();
    if let Some(members) = message.as_object_mut() {
        members.insert("@type".into(), kind.into());
    }
    message
}
