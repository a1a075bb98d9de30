//! Listeners with a setting that the shipped ones do not have.

use heliast_envoy_tests::Inbound;
use serde_json::{Value, json};
use std::path::Path;

/// A listener whose HTTP settings are merged with these.
pub(crate) fn with_http(inbound: &Inbound, folder: &Path, settings: &Value) -> Value {
    let mut listener = inbound.listener(folder);
    let chains = listener.get_mut("filter_chains");
    let chains = chains.and_then(Value::as_array_mut);
    for chain in chains.into_iter().flatten() {
        let filters = chain.get_mut("filters").and_then(Value::as_array_mut);
        let manager = filters.and_then(|filters| filters.last_mut());
        if let Some(config) = manager.and_then(|manager| manager.get_mut("typed_config")) {
            merge(config, settings);
        }
    }
    listener
}

/// A listener on another address.
pub(crate) fn at(mut listener: Value, address: &Value) -> Value {
    merge(&mut listener, &json!({"address": null}));
    merge(&mut listener, &json!({"address": address.clone()}));
    listener
}

fn merge(target: &mut Value, settings: &Value) {
    match (target, settings) {
        (Value::Object(target), Value::Object(settings)) => {
            for (key, value) in settings {
                merge(target.entry(key).or_insert(Value::Null), value);
            }
        }
        (target, settings) => *target = settings.clone(),
    }
}
