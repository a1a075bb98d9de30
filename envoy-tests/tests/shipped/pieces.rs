//! The three pieces that every way of installing puts into a chain: the peer's record, the filter,
//! the guard.

use anyhow::{Context, Result, ensure};
use heliast_envoy_tests::guard;
use serde_json::{Value, json};

use crate::tree::{list, text, text_or_empty};

pub(crate) const WASM: &str = "type.googleapis.com/envoy.extensions.filters.http.wasm.v3.Wasm";
pub(crate) const RBAC: &str = "type.googleapis.com/envoy.extensions.filters.http.rbac.v3.RBAC";
pub(crate) const ROUTER: &str = "envoy.filters.http.router";
pub(crate) const MANAGER: &str = "envoy.filters.network.http_connection_manager";

/// The record of the peer: below HTTP, both keys, from the connection itself.
pub(crate) fn is_peer_record(filter: &Value) -> Result<()> {
    let kind = "type.googleapis.com/envoy.extensions.filters.network.set_filter_state.v3.Config";
    ensure!(text(filter, "/typed_config/@type")? == kind);
    for (event, key, format) in [
        (
            "on_new_connection",
            "heliast.peer_address",
            "%DOWNSTREAM_DIRECT_REMOTE_ADDRESS_WITHOUT_PORT%",
        ),
        (
            "on_downstream_tls_handshake",
            "heliast.peer_uri_sans",
            "%DOWNSTREAM_PEER_URI_SAN%",
        ),
    ] {
        let expected = json!([{
            "object_key": key,
            "factory_key": "envoy.string",
            "format_string": {"text_format_source": {"inline_string": format}},
        }]);
        let found = filter.pointer(&format!("/typed_config/{event}"));
        ensure!(found == Some(&expected), "{event} does not record {key}");
    }
    Ok(())
}

/// The guard, to the letter.
pub(crate) fn is_guard(filter: &Value) -> Result<()> {
    ensure!(*filter == guard(), "not the guard: {filter}");
    Ok(())
}

/// RBAC that allows nobody.
pub(crate) fn denies_all(config: &Value) -> Result<()> {
    let expected = json!({"@type": RBAC, "rules": {"action": "ALLOW"}});
    ensure!(*config == expected, "does not deny everything: {config}");
    Ok(())
}

/// A configuration of the filter as we ship it, `vm_id` included; answers the plugin's own.
pub(crate) fn plugin_configuration(typed_config: &Value) -> Result<Value> {
    ensure!(text(typed_config, "/@type")? == WASM);
    for (pointer, expected) in [
        ("/config/root_id", "heliast"),
        ("/config/failure_policy", "FAIL_RELOAD"),
        ("/config/vm_config/vm_id", "heliast"),
        ("/config/vm_config/runtime", "envoy.wasm.runtime.v8"),
        (
            "/config/configuration/@type",
            "type.googleapis.com/google.protobuf.StringValue",
        ),
    ] {
        ensure!(text(typed_config, pointer)? == expected, "{pointer}");
    }
    ensure!(
        typed_config.pointer("/config/fail_open").is_none(),
        "fail_open"
    );
    let json = text(typed_config, "/config/configuration/value")?;
    serde_json::from_str(json).context("the configuration is not JSON")
}

/// A chain in which the filter is at work: the peer's record ahead of HTTP, then somewhere the
/// filter, then the guard, then at once the router. Answers the filter.
pub(crate) fn in_chain<'a>(chain: &'a Value, filter: &str) -> Result<&'a Value> {
    let [record, manager] = list(chain, "/filters") else {
        anyhow::bail!("not two network filters, the record and HTTP");
    };
    is_peer_record(record)?;
    ensure!(text(manager, "/name")? == MANAGER);
    let filters = list(manager, "/typed_config/http_filters");
    let names = names(filters);
    let [.., guard, router] = filters else {
        anyhow::bail!("no guard and router in {names:?}");
    };
    ensure!(text(router, "/name")? == ROUTER, "{names:?}");
    is_guard(guard).with_context(|| format!("{names:?}"))?;
    let found = filters
        .iter()
        .filter(|one| text_or_empty(one, "/name") == filter);
    let [found] = found
        .collect::<Vec<_>>()
        .try_into()
        .map_err(|found: Vec<_>| {
            anyhow::anyhow!("{} filters called {filter} in {names:?}", found.len())
        })?;
    Ok(found)
}

/// What the filters are called, in order.
pub(crate) fn names(filters: &[Value]) -> Vec<&str> {
    let names = filters.iter().map(|filter| text_or_empty(filter, "/name"));
    names.collect()
}
