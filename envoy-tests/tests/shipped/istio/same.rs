//! What is said in more than one manifest is said the same.

use anyhow::{Context, Result, ensure};
use heliast_envoy_tests::manifests;
use serde_json::{Map, Value};

use super::{ENVOY_FILTER, GUARD, PEER, TRAFFIC_EXTENSION, WASM_PLUGIN};
use crate::pieces;
use crate::tree::{self, list, object, text_or_empty};

/// The patches of an EnvoyFilter to one kind of thing whose value has this name.
fn patch(path: &str, name: &str, what: &str) -> Result<Value> {
    let object = object(path)?;
    let mut found = list(&object, "/spec/configPatches").iter().filter(|patch| {
        text_or_empty(patch, "/applyTo") == what
            && text_or_empty(patch, "/patch/value/name") == name
    });
    let patch = found
        .next()
        .with_context(|| format!("{path}: no {what} {name}"))?;
    ensure!(found.next().is_none(), "{path}: {what} {name} twice");
    Ok(patch.clone())
}

#[test]
fn the_pieces_are_the_same_apart_and_together() -> Result<()> {
    for (path, name, what) in [
        (PEER, "heliast.peer", "NETWORK_FILTER"),
        (GUARD, "heliast.guard", "HTTP_FILTER"),
    ] {
        let (apart, together) = (patch(path, name, what)?, patch(ENVOY_FILTER, name, what)?);
        ensure!(apart == together, "{name} differs");
    }
    Ok(())
}

#[test]
fn the_three_spellings_have_one_configuration_and_it_is_the_banks() -> Result<()> {
    let plugin = object(WASM_PLUGIN)?;
    let extension = object(TRAFFIC_EXTENSION)?;
    let config = plugin
        .pointer("/spec/pluginConfig")
        .context("no pluginConfig")?;
    ensure!(extension.pointer("/spec/wasm/pluginConfig") == Some(config));
    let patch = patch(ENVOY_FILTER, "heliast", "EXTENSION_CONFIG")?;
    let typed = patch
        .pointer("/patch/value/typed_config")
        .context("no typed_config")?;
    ensure!(pieces::plugin_configuration(typed)? == *config);
    crate::engine::accepts(config)?;

    let mut policies = manifests::read(&tree::shipped("policies/yao-bank/policy.yaml"))?;
    let mut shipped = list(config, "/bundle/inline/resources").to_vec();
    for policy in policies.iter_mut().chain(&mut shipped) {
        // Calico's API server would fill them in; the manifests have them spelt out.
        if let Some(spec) = policy.pointer_mut("/spec").and_then(Value::as_object_mut) {
            spec.remove("types");
        }
    }
    ensure!(shipped == policies, "not the policies of policies/yao-bank");
    Ok(())
}

#[test]
fn wasm_plugin_and_traffic_extension_differ_in_spelling_alone() -> Result<()> {
    let (plugin, mut extension) = (object(WASM_PLUGIN)?, object(TRAFFIC_EXTENSION)?);
    let spec = extension.get_mut("spec").and_then(Value::as_object_mut);
    let spec: &mut Map<_, _> = spec.context("no spec")?;
    let wasm = spec.remove("wasm").context("no wasm")?;
    spec.extend(wasm.as_object().context("no wasm")?.clone());
    ensure!(extension.get("spec") == plugin.get("spec"));
    ensure!(extension.get("metadata") == plugin.get("metadata"));
    Ok(())
}
