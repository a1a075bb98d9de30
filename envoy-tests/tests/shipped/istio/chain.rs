//! The inbound listener that istiod makes before any EnvoyFilter is applied.

use std::path::Path;

use heliast_envoy_tests::{Inbound, PeerRecord};
use serde_json::{Value, json};

use super::extension::Extension;
use crate::pieces::{MANAGER, RBAC};

/// The order of istio.md 4.6, phase by phase, in a sidecar that no AuthorizationPolicy selects.
/// What stock Envoy has is the real thing; the rest are filters that do nothing.
pub(crate) fn inbound(
    inbound: &Inbound,
    extensions: &[Extension],
    metadata_exchange: bool,
    folder: &Path,
) -> Value {
    let phase = |name: &str| {
        let of_phase = extensions.iter().filter(move |one| one.phase == name);
        of_phase.map(Extension::filter).collect::<Vec<_>>()
    };
    let exchange = metadata_exchange.then(|| stand_in("istio.metadata_exchange"));
    let filters = exchange
        .into_iter()
        .chain(phase("AUTHN"))
        .chain([stand_in("envoy.filters.http.jwt_authn")])
        .chain(phase("AUTHZ"))
        .chain(phase("STATS"))
        .chain(phase(""))
        .chain([
            of_type(
                "envoy.filters.http.grpc_stats",
                "grpc_stats.v3.FilterConfig",
            ),
            of_type("envoy.filters.http.fault", "fault.v3.HTTPFault"),
            of_type("envoy.filters.http.cors", "cors.v3.Cors"),
            stand_in("istio.stats"),
        ]);
    filters
        .fold(inbound.clone().record(PeerRecord::Absent), Inbound::filter)
        .listener(folder)
}

/// A pass-through listener for what is not HTTP.
pub(crate) fn opaque(name: &str, address: &Value, cluster: &str) -> Value {
    json!({
        "name": name,
        "address": address,
        "traffic_direction": "INBOUND",
        "enable_reuse_port": false,
        "filter_chains": [{"filters": [{
            "name": "envoy.filters.network.tcp_proxy",
            "typed_config": {
                "@type": "type.googleapis.com/envoy.extensions.filters.network.tcp_proxy.v3.TcpProxy",
                "stat_prefix": name,
                "cluster": cluster,
            },
        }]}],
    })
}

/// The pointer to the HTTP filters of a chain, if it has any.
pub(crate) fn http_filters(chain: &Value) -> Option<String> {
    let filters = chain.get("filters")?.as_array()?;
    let manager = |filter: &Value| filter.get("name") == Some(&MANAGER.into());
    let position = filters.iter().position(manager)?;
    Some(format!("/filters/{position}/typed_config/http_filters"))
}

/// RBAC without rules lets everything pass.
fn stand_in(name: &str) -> Value {
    json!({"name": name, "typed_config": {"@type": RBAC}})
}

fn of_type(name: &str, kind: &str) -> Value {
    let kind = format!("type.googleapis.com/envoy.extensions.filters.http.{kind}");
    json!({"name": name, "typed_config": {"@type": kind}})
}
