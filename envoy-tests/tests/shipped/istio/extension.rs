//! What istiod makes of a WasmPlugin and of a TrafficExtension.

use anyhow::{Context, Result, bail};
use serde_json::{Value, json};

use crate::pieces::{RBAC, WASM};
use crate::tree::{list, text, text_or_empty};

/// A filter by reference, and the configuration that the reference is to (ECDS).
#[derive(Clone, Debug)]
pub(crate) struct Extension {
    pub(crate) name: String,
    pub(crate) phase: String,
    pub(crate) typed_config: Value,
}

impl Extension {
    /// None where the object is of another kind, or not for what a sidecar receives.
    pub(crate) fn of(object: &Value) -> Result<Option<Self>> {
        let (word, wasm) = match text(object, "/kind")? {
            "WasmPlugin" => ("wasmplugin", object.pointer("/spec")),
            "TrafficExtension" => ("trafficextension", object.pointer("/spec/wasm")),
            _ => return Ok(None),
        };
        let matches = list(object, "/spec/match");
        let is_server = |mode| mode == "SERVER" || mode == "CLIENT_AND_SERVER";
        let modes = matches.iter().map(|one| text_or_empty(one, "/mode"));
        // Left out, it is for both directions.
        if !matches.is_empty() && !modes.into_iter().any(is_server) {
            return Ok(None);
        }
        let plugin = format!(
            "{}.{}",
            text(object, "/metadata/namespace")?,
            text(object, "/metadata/name")?
        );
        Ok(Some(Self {
            name: format!("extensions.istio.io/{word}/{plugin}"),
            phase: text_or_empty(object, "/spec/phase").to_owned(),
            typed_config: typed_config(&plugin, wasm.context("no wasm")?)?,
        }))
    }

    /// The filter by reference, which waits for its configuration for ever.
    pub(crate) fn filter(&self) -> Value {
        json!({
            "name": self.name,
            "config_discovery": {
                "config_source": {
                    "ads": {},
                    "initial_fetch_timeout": "0s",
                    "resource_api_version": "V3",
                },
                "type_urls": [WASM, RBAC],
            },
        })
    }
}

fn typed_config(plugin: &str, wasm: &Value) -> Result<Value> {
    let failure = match text_or_empty(wasm, "/failStrategy") {
        "" | "FAIL_CLOSE" => "FAIL_CLOSED",
        known @ ("FAIL_OPEN" | "FAIL_RELOAD") => known,
        other => bail!("istiod does not know failStrategy {other}"),
    };
    let mut config = json!({
        "name": plugin,
        "root_id": text_or_empty(wasm, "/pluginName"),
        "failure_policy": failure,
        // istiod sets no vm_id.
        "vm_config": {
            "runtime": "envoy.wasm.runtime.v8",
            "code": {"remote": {
                "http_uri": {"uri": text(wasm, "/url")?, "timeout": "30s", "cluster": "_"},
                "sha256": text_or_empty(wasm, "/sha256"),
            }},
            "environment_variables": {
                "key_values": {"ISTIO_META_WASM_PLUGIN_RESOURCE_VERSION": "1"},
            },
        },
    });
    // Absent or empty, it reaches the filter as no configuration at all.
    let plugin_config = wasm.get("pluginConfig").filter(|it| **it != json!({}));
    if let (Some(plugin_config), Some(members)) = (plugin_config, config.as_object_mut()) {
        let value = struct_as_json(plugin_config);
        let kind = "type.googleapis.com/google.protobuf.StringValue";
        members.insert(
            "configuration".into(),
            json!({"@type": kind, "value": value}),
        );
    }
    Ok(json!({"@type": WASM, "config": config}))
}

/// A `google.protobuf.Struct` as JSON: compact, keys sorted, all numbers doubles.
pub(crate) fn struct_as_json(value: &Value) -> String {
    match value {
        Value::Null | Value::Bool(_) | Value::String(_) => value.to_string(),
        Value::Number(number) => number
            .as_f64()
            .map_or_else(String::new, |double| format!("{double:?}")),
        Value::Array(items) => {
            let items: Vec<_> = items.iter().map(struct_as_json).collect();
            format!("[{}]", items.join(","))
        }
        Value::Object(members) => {
            let mut keys: Vec<_> = members.iter().collect();
            keys.sort_by_key(|(key, _)| *key);
            let members = keys.into_iter().map(|(key, member)| {
                format!("{}:{}", Value::from(key.as_str()), struct_as_json(member))
            });
            format!("{{{}}}", members.collect::<Vec<_>>().join(","))
        }
    }
}

#[test]
fn numbers_arrive_as_doubles_and_are_taken() -> Result<()> {
    let mut object = crate::tree::object(super::WASM_PLUGIN)?;
    let probe = json!([{"port": 8080, "path": "/healthz", "sources": ["10.0.0.0/24"]}]);
    crate::tree::set(&mut object, "/spec/pluginConfig", "exempt", probe)?;
    let extension = Extension::of(&object)?.context("no extension")?;
    let text = text(&extension.typed_config, "/config/configuration/value")?;
    anyhow::ensure!(
        text.contains(r#""port":8080.0"#) && !text.contains(": "),
        "{text}"
    );
    crate::engine::accepts(&serde_json::from_str(text)?)?;
    Ok(())
}
