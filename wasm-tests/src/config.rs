//! What a test chooses before a VM exists.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use crate::properties::Properties;
use crate::value::Value;

/// The fuel one callback may burn before it counts as an endless loop and traps.
pub const FUEL_PER_CALLBACK: u64 = 20_000_000_000;
/// The linear memory of one VM in Envoy; growing beyond it fails.
pub const MEMORY_PER_VM: usize = 1 << 30;
/// The largest callout body; beyond it the guest gets no headers and no body.
pub const CALL_BODY_LIMIT: usize = 32 << 20;
/// The clock of a new host: 2024-01-01T00:00:00Z.
pub const START_OF_TIME: Duration = Duration::from_secs(1_704_067_200);

/// The simulated Envoy process.
#[derive(Clone, Debug)]
pub struct HostOptions {
    /// Worker threads, each with a VM of its own.
    pub workers: usize,
    /// Seed of every VM's `random_get`; VMs of one host still differ from each other.
    pub seed: u64,
    /// See [`FUEL_PER_CALLBACK`].
    pub fuel_per_callback: u64,
    /// See [`MEMORY_PER_VM`].
    pub memory_per_vm: usize,
}

impl Default for HostOptions {
    fn default() -> Self {
        Self {
            workers: 1,
            seed: 0,
            fuel_per_callback: FUEL_PER_CALLBACK,
            memory_per_vm: MEMORY_PER_VM,
        }
    }
}

/// What happens to requests after a trap killed a worker's VM.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub enum FailurePolicy {
    /// 503 for ever.
    #[default]
    FailClosed,
    /// 503 for those in flight, then everything passes unfiltered.
    FailOpen,
    /// 503 until the backoff is over, then a fresh VM.
    FailReload {
        /// Envoy's default is one second.
        backoff: Duration,
    },
}

/// One plugin as Envoy's configuration has it.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct PluginConfig {
    /// Property `plugin_name`.
    pub name: String,
    /// Property `plugin_root_id`.
    pub root_id: String,
    /// Property `plugin_vm_id`, and the key space of shared data.
    pub vm_id: String,
    /// What `on_vm_start` reads.
    pub vm_configuration: Vec<u8>,
    /// What `on_configure` reads.
    pub configuration: Vec<u8>,
    /// The environment of the VM; not part of its key.
    pub environment: BTreeMap<String, String>,
    /// Everything below `xds.node`: `id`, `cluster`, `metadata`, `locality`.
    pub node: BTreeMap<String, Value>,
    /// What a trap means for later requests.
    pub failure_policy: FailurePolicy,
    /// `capability_restriction_config`: the host calls and callbacks that stay; `None` is no restriction.
    pub capabilities: Option<BTreeSet<String>>,
}

impl PluginConfig {
    /// A plugin with that configuration and nothing else.
    #[must_use]
    pub fn new(configuration: impl Into<Vec<u8>>) -> Self {
        Self {
            configuration: configuration.into(),
            ..Self::default()
        }
    }

    /// The plugin with node metadata from JSON, every number a double as in Envoy.
    #[must_use]
    pub fn node_metadata(mut self, metadata: serde_json::Value) -> Self {
        self.node.insert("metadata".to_owned(), metadata.into());
        self
    }

    pub(crate) fn node_properties(&self) -> Properties {
        let mut properties = Properties::new();
        for (key, value) in &self.node {
            properties.set(["xds", "node", key.as_str()], value.clone());
        }
        properties
    }

    pub(crate) fn allows(&self, capability: &str) -> bool {
        self.capabilities
            .as_ref()
            .is_none_or(|allowed| allowed.contains(capability))
    }

    /// VMs are shared between plugins that agree in this; the code is the same within one host.
    pub(crate) fn vm_key(&self) -> (String, Vec<u8>) {
        (self.vm_id.clone(), self.vm_configuration.clone())
    }
}
