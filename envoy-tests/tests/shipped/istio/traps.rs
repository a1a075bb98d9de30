//! The traps of istio.md 4 and 5, each of which opens a hole or takes a workload down.

use anyhow::{Context, Result, ensure};
use serde_json::{Value, json};

use super::{ENVOY_FILTER, GUARD, PEER, TRAFFIC_EXTENSION, WASM_PLUGIN, manifests};
use crate::pieces::{self, MANAGER, RBAC, ROUTER, WASM};
use crate::tree::{everything, list, object, text, text_or_empty};

/// Keys that EnvoyFilter has and ours must not have, with the reason.
const FORBIDDEN: [(&str, &str); 4] = [
    (
        "portNumber",
        "pass-through chains have no port and would go without",
    ),
    ("filterClass", "does nothing"),
    ("fail_open", "lets everything pass"),
    ("ports", "ports that are not listed would go without"),
];

#[test]
fn nothing_opens_a_hole_by_a_key_that_looks_harmless() -> Result<()> {
    for (path, object) in manifests()? {
        let mut parts = Vec::new();
        everything(&object, &mut parts);
        for part in parts {
            for (key, why) in FORBIDDEN {
                ensure!(part.get(key).is_none(), "{path}: {key} {why}");
            }
            let fails_open = part.as_str().is_some_and(|text| text.contains("FAIL_OPEN"));
            ensure!(!fails_open, "{path}: FAIL_OPEN lets everything pass");
        }
    }
    Ok(())
}

#[test]
fn all_are_of_one_namespace_and_select_the_same_workloads() -> Result<()> {
    for (path, object) in manifests()? {
        ensure!(text(&object, "/metadata/namespace")? == "default", "{path}");
        for key in ["selector", "workloadSelector", "targetRef", "targetRefs"] {
            let found = object.pointer(&format!("/spec/{key}"));
            ensure!(
                found.is_none(),
                "{path}: {key}, which the others do not have"
            );
        }
        let (group, kind) = match path {
            WASM_PLUGIN => ("extensions.istio.io/v1alpha1", "WasmPlugin"),
            TRAFFIC_EXTENSION => ("extensions.istio.io/v1alpha1", "TrafficExtension"),
            _ => ("networking.istio.io/v1alpha3", "EnvoyFilter"),
        };
        ensure!(text(&object, "/apiVersion")? == group && text(&object, "/kind")? == kind);
    }
    Ok(())
}

#[test]
fn the_plugin_is_ahead_of_istios_rbac_inbound_and_closed() -> Result<()> {
    for (path, wasm) in [(WASM_PLUGIN, "/spec"), (TRAFFIC_EXTENSION, "/spec/wasm")] {
        let object = object(path)?;
        ensure!(text(&object, "/spec/phase")? == "AUTHZ", "{path}");
        let matched = object.pointer("/spec/match").context("no match")?;
        ensure!(*matched == json!([{"mode": "SERVER"}]), "{path}: {matched}");
        let wasm = object.pointer(wasm).context("no wasm")?;
        ensure!(text(wasm, "/failStrategy")? == "FAIL_RELOAD", "{path}");
        // Becomes the root_id.
        ensure!(text(wasm, "/pluginName")? == "heliast", "{path}");
        ensure!(
            ["", "HTTP"].contains(&text_or_empty(wasm, "/type")),
            "{path}"
        );
        let url = text(wasm, "/url")?;
        ensure!(
            url.starts_with("oci://") && wasm.get("sha256").is_none(),
            "{path}"
        );
        // `:latest` would be pulled again and again, and is not what was tested.
        ensure!(!url.ends_with(":latest"), "{path}");
    }
    Ok(())
}

#[test]
fn every_patch_is_for_inbound_and_has_a_neighbour_that_is_always_there() -> Result<()> {
    for path in [PEER, GUARD, ENVOY_FILTER] {
        let object = object(path)?;
        let patches = list(&object, "/spec/configPatches");
        ensure!(!patches.is_empty(), "{path}");
        for patch in patches {
            is_well_placed(patch).with_context(|| format!("{path}: {patch}"))?;
        }
    }
    Ok(())
}

fn is_well_placed(patch: &Value) -> Result<()> {
    ensure!(text(patch, "/match/context")? == "SIDECAR_INBOUND");
    let operation = text(patch, "/patch/operation")?;
    let filter = text_or_empty(patch, "/match/listener/filterChain/filter/name");
    let neighbour = text_or_empty(patch, "/match/listener/filterChain/filter/subFilter/name");
    let expected = match text(patch, "/applyTo")? {
        "NETWORK_FILTER" => ("INSERT_FIRST", MANAGER, ""),
        "EXTENSION_CONFIG" => ("ADD", "", ""),
        // Never envoy.filters.http.rbac, which not every chain has.
        _ if operation == "INSERT_AFTER" => ("INSERT_AFTER", MANAGER, "istio.metadata_exchange"),
        _ => ("INSERT_BEFORE", MANAGER, ROUTER),
    };
    ensure!(
        (operation, filter, neighbour) == expected,
        "not {expected:?}"
    );
    Ok(())
}

#[test]
fn the_guard_is_put_in_last() -> Result<()> {
    let priority = |object: &Value| object.pointer("/spec/priority").and_then(Value::as_i64);
    let peer = priority(&object(PEER)?).unwrap_or(0);
    for path in [GUARD, ENVOY_FILTER] {
        let object = object(path)?;
        ensure!(priority(&object).unwrap_or(0) > peer, "{path}");
        let last = list(&object, "/spec/configPatches")
            .last()
            .context("no patch")?;
        pieces::is_guard(last.pointer("/patch/value").context("no value")?)?;
    }
    Ok(())
}

#[test]
fn only_what_travels_apart_is_fetched_and_until_then_everything_is_denied() -> Result<()> {
    let object = object(ENVOY_FILTER)?;
    let patches = list(&object, "/spec/configPatches");
    let of = |what: &str, pointer: &str| {
        let found = patches
            .iter()
            .filter(|patch| text_or_empty(patch, "/applyTo") == what);
        let mut found = found.filter_map(|patch| patch.pointer("/patch/value")?.pointer(pointer));
        found
            .next()
            .with_context(|| format!("no {what} with {pointer}"))
    };
    let discovery = of("HTTP_FILTER", "/config_discovery")?;
    pieces::denies_all(discovery.get("default_config").context("no default")?)?;
    ensure!(list(discovery, "/type_urls") == [json!(WASM), json!(RBAC)]);
    ensure!(text(discovery, "/config_source/initial_fetch_timeout")? == "0s");
    ensure!(
        discovery
            .get("apply_default_config_without_warming")
            .is_none()
    );
    let names = [
        of("HTTP_FILTER", "/name")?,
        of("EXTENSION_CONFIG", "/name")?,
    ];
    ensure!(names[0] == names[1], "{names:?}");
    let remote = "/typed_config/config/vm_config/code/remote";
    ensure!(
        of("HTTP_FILTER", remote).is_err(),
        "the agent fetches none of that"
    );
    let remote = of("EXTENSION_CONFIG", remote)?;
    ensure!(text(remote, "/http_uri/uri")?.starts_with("https://"));
    ensure!(text(remote, "/http_uri/cluster")? == "_");
    ensure!(text(remote, "/sha256")?.len() == 64);
    Ok(())
}
