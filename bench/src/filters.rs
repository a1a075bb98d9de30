//! What stands in front of the answer, in Envoy's words.

use std::path::Path;

use anyhow::{Context, Result};
use heliast_envoy_tests::{install, manifests};
use serde_json::{Value, json};

use crate::rules::Rules;

/// The configuration that we ship for a plain Envoy.
const SHIPPED: &str = "envoyfilter/standalone/envoy.yaml";
/// Where its HTTP filters are.
const SHIPPED_FILTERS: &str =
    "/static_resources/listeners/0/filter_chains/0/filters/1/typed_config/http_filters";
/// The cluster of the authorization server.
const AUTHORIZER: &str = "authorizer";

/// The filter and the guard that we ship, with another module and another configuration.
///
/// # Errors
/// When the shipped file is not what we take it for.
pub(crate) fn heliast(module: &Path, configuration: &Value) -> Result<(Value, Value)> {
    let objects = manifests::read(&install::root().join(SHIPPED))?;
    let filters = objects
        .first()
        .and_then(|bootstrap| bootstrap.pointer(SHIPPED_FILTERS))
        .with_context(|| format!("no filters in {SHIPPED}"))?;
    let named = |name: &str| {
        let filters = filters.as_array().into_iter().flatten();
        let mut named = filters.filter(|filter| filter.get("name").is_some_and(|is| is == name));
        let filter = named.next().cloned();
        filter.with_context(|| format!("no filter {name} in {SHIPPED}"))
    };
    let (mut filter, guard) = (named("heliast")?, named("heliast.guard")?);
    for (pointer, value) in [
        (
            "/typed_config/config/vm_config/code/local/filename",
            json!(module),
        ),
        (
            "/typed_config/config/configuration/value",
            json!(configuration.to_string()),
        ),
    ] {
        let place = filter.pointer_mut(pointer);
        *place.with_context(|| format!("no {pointer} in {SHIPPED}"))? = value;
    }
    Ok((filter, guard))
}

/// A wasm filter that does nothing, or what these words say.
pub(crate) fn wasm(name: &str, module: &Path, configuration: &str) -> Value {
    json!({
        "name": name,
        "typed_config": {
            "@type": "type.googleapis.com/envoy.extensions.filters.http.wasm.v3.Wasm",
            "config": {
                "name": name,
                "root_id": name,
                "failure_policy": "FAIL_RELOAD",
                "configuration": {
                    "@type": "type.googleapis.com/google.protobuf.StringValue",
                    "value": configuration,
                },
                "vm_config": {
                    "vm_id": name,
                    "runtime": "envoy.wasm.runtime.v8",
                    "code": {"local": {"filename": module}},
                },
            },
        },
    })
}

/// Envoy's own RBAC.
pub(crate) fn rbac(rules: Rules) -> Value {
    json!({
        "name": "rbac",
        "typed_config": {
            "@type": "type.googleapis.com/envoy.extensions.filters.http.rbac.v3.RBAC",
            "rules": rules.rbac(),
        },
    })
}

/// A script that decides one rule by method and path.
pub(crate) fn lua(rules: Rules) -> Value {
    let path = rules.last_path();
    let script = format!(
        "function envoy_on_request(request)\n\
         \x20 local headers = request:headers()\n\
         \x20 if headers:get(':method') ~= 'GET' or headers:get(':path') ~= '{path}' then\n\
         \x20   request:respond({{[':status'] = '403'}}, 'denied')\n\
         \x20 end\n\
         end\n"
    );
    json!({
        "name": "lua",
        "typed_config": {
            "@type": "type.googleapis.com/envoy.extensions.filters.http.lua.v3.Lua",
            "default_source_code": {"inline_string": script},
        },
    })
}

/// External authorization over gRPC.
pub(crate) fn authorization() -> Value {
    json!({
        "name": "authorization",
        "typed_config": {
            "@type": "type.googleapis.com/envoy.extensions.filters.http.ext_authz.v3.ExtAuthz",
            "transport_api_version": "V3",
            "grpc_service": {"envoy_grpc": {"cluster_name": AUTHORIZER}, "timeout": "5s"},
        },
    })
}

/// Where it asks: a Unix socket.
pub(crate) fn authorizer_cluster(socket: &Path) -> Value {
    json!({
        "name": AUTHORIZER,
        "type": "STATIC",
        "connect_timeout": "2s",
        "typed_extension_protocol_options": {
            "envoy.extensions.upstreams.http.v3.HttpProtocolOptions": {
                "@type": "type.googleapis.com/envoy.extensions.upstreams.http.v3.HttpProtocolOptions",
                "explicit_http_config": {"http2_protocol_options": {}},
            },
        },
        "load_assignment": {
            "cluster_name": AUTHORIZER,
            "endpoints": [{"lb_endpoints": [{"endpoint": {"address": {"pipe": {"path": socket}}}}]}],
        },
    })
}
