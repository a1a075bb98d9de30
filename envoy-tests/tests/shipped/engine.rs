//! What the engine says of a configuration.

use anyhow::{Result, anyhow};
use heliast::bundle::Bundle;
use heliast::config::PluginConfig;
use heliast::enforcer::Enforcer;
use heliast::program::Node;
use serde_json::Value;

/// Takes a plugin configuration through all that the module does with it before the first request,
/// in a sidecar of namespace `default`.
pub(crate) fn accepts(configuration: &Value) -> Result<Enforcer> {
    let config = PluginConfig::from_value(configuration).map_err(|why| anyhow!("{why}"))?;
    let bundle = load(config.inline())?;
    let node = Node {
        namespace: Some("default".into()),
        ..Node::default()
    };
    Enforcer::new(config, &node, &bundle).map_err(|why| anyhow!("{why}"))
}

/// Takes a bundle of these objects, and nothing in it that has not the expected effect.
pub(crate) fn load(objects: &[Value]) -> Result<Bundle> {
    let bundle = Bundle::load(objects).map_err(|why| anyhow!("{why}"))?;
    let warnings = bundle.warnings.to_string();
    anyhow::ensure!(bundle.warnings.list.is_empty(), "{warnings}");
    Ok(bundle)
}
