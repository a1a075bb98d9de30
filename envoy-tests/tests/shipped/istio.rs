//! The Istio manifests: rendered as istiod would render them, and run in real Envoy.

mod agent;
mod chain;
mod extension;
mod gateway;
mod patch;
mod record;
mod run;
mod same;
mod sidecar;
mod traps;

use anyhow::Result;
use serde_json::Value;

use crate::tree;

pub(crate) const PEER: &str = "envoyfilter/peer-address.yaml";
pub(crate) const WASM_PLUGIN: &str = "envoyfilter/wasmplugin.yaml";
pub(crate) const TRAFFIC_EXTENSION: &str = "envoyfilter/trafficextension.yaml";
pub(crate) const GUARD: &str = "envoyfilter/guard.yaml";
pub(crate) const ENVOY_FILTER: &str = "envoyfilter/envoyfilter.yaml";
pub(crate) const GATEWAY: &str = "envoyfilter/gateway.yaml";

/// Every object a user applies, by its path.
pub(crate) fn manifests() -> Result<Vec<(&'static str, Value)>> {
    let all = [PEER, WASM_PLUGIN, TRAFFIC_EXTENSION, GUARD, ENVOY_FILTER];
    all.into_iter()
        .map(|path| Ok((path, tree::object(path)?)))
        .collect()
}
