//! The filter under test, and the guard behind it.

use std::path::PathBuf;

use serde_json::{Value, json};

/// The `@type` of a wasm filter.
pub(super) const WASM_TYPE: &str = "type.googleapis.com/envoy.extensions.filters.http.wasm.v3.Wasm";
/// The `@type` of a native RBAC filter.
pub(super) const RBAC_TYPE: &str = "type.googleapis.com/envoy.extensions.filters.http.rbac.v3.RBAC";

/// The wasm filter with one configuration.
#[derive(Clone, Debug)]
pub struct Plugin {
    /// The filter's name in the chain, and the plugin's name in its statistics.
    pub name: String,
    /// The `.wasm` file.
    pub module: PathBuf,
    /// Plugins with the same one share a virtual machine, and its compilation.
    pub vm_id: String,
    /// The plugin configuration, usually JSON; `None` is none at all.
    pub configuration: Option<String>,
    /// What happens after a trap.
    pub failure: Failure,
}

/// Envoy's `failure_policy`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Failure {
    /// 503 until the module is reloaded: what the shipped manifests say.
    Reload,
    /// 503 for ever.
    Closed,
    /// Everything passes the filter by.
    Open,
}

impl Plugin {
    /// The filter as it is shipped: reloaded after a trap, in a virtual machine of its own name.
    #[must_use]
    pub fn new(module: PathBuf, configuration: &Value) -> Self {
        Self {
            name: "heliast".into(),
            module,
            vm_id: "heliast".into(),
            configuration: Some(configuration.to_string()),
            failure: Failure::Reload,
        }
    }

    /// As an HTTP filter with fixed configuration.
    #[must_use]
    pub fn filter(&self) -> Value {
        json!({"name": self.name, "typed_config": self.typed_config()})
    }

    /// As the configuration alone, for an [`ExtensionFile`](super::ExtensionFile).
    #[must_use]
    pub fn typed_config(&self) -> Value {
        let mut config = json!({
            "name": self.name,
            "root_id": "heliast",
            "vm_config": {
                "vm_id": self.vm_id,
                "runtime": "envoy.wasm.runtime.v8",
                "code": {"local": {"filename": self.module}},
            },
        });
        if let Some(members) = config.as_object_mut() {
            members.insert("failure_policy".into(), self.failure.to_envoy().into());
            if self.failure == Failure::Reload {
                let backoff = json!({"backoff": {"base_interval": "0.2s", "max_interval": "1s"}});
                members.insert("reload_config".into(), backoff);
            }
            if let Some(text) = &self.configuration {
                let wrapped = json!({
                    "@type": "type.googleapis.com/google.protobuf.StringValue",
                    "value": text,
                });
                members.insert("configuration".into(), wrapped);
            }
        }
        json!({"@type": WASM_TYPE, "config": config})
    }
}

impl Failure {
    fn to_envoy(self) -> &'static str {
        match self {
            Self::Reload => "FAIL_RELOAD",
            Self::Closed => "FAIL_CLOSED",
            Self::Open => "FAIL_OPEN",
        }
    }
}

/// A native filter that denies what the wasm filter did not expressly allow: so that a module that
/// did not run cannot let anything through.
#[must_use]
pub fn guard() -> Value {
    json!({
        "name": "heliast.guard",
        "typed_config": {
            "@type": RBAC_TYPE,
            "rules": {
                "action": "ALLOW",
                "policies": {
                    "heliast-allowed": {
                        "permissions": [{"any": true}],
                        "principals": [{"filter_state": {
                            "key": "wasm.heliast_verdict",
                            "string_match": {"exact": "allow"},
                        }}],
                    },
                },
            },
        },
    })
}

/// A native filter that denies everything: what serves until the first good configuration is in.
pub(super) fn deny_all() -> Value {
    json!({"@type": RBAC_TYPE, "rules": {"action": "ALLOW"}})
}
