//! PolicyTest cases as plugin configurations, connections and header lines of the host.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use heliast::verdict::Direction;
use heliast_cli::policy_test::{Case, Facts, program};
use heliast_wasm_tests::{Connection, PluginConfig};
use serde_json::{Map, Value, json};
use std::collections::BTreeMap;
use std::net::{IpAddr, Ipv4Addr, SocketAddr};

/// The same with the program that the workload would have, for the module that takes nothing else.
pub(crate) fn compiled(case: &Case) -> anyhow::Result<PluginConfig> {
    let mut config = case.configuration();
    let bytes = STANDARD.encode(program(case)?);
    if let Some(config) = config.as_object_mut() {
        config.insert("bundle".to_owned(), json!({"compiled": bytes}));
    }
    Ok(plugin_of(case, &config))
}

/// The plugin configuration of a case, with the node metadata that Istio would give its pod.
pub(crate) fn plugin(case: &Case) -> PluginConfig {
    plugin_of(case, &case.configuration())
}

fn plugin_of(case: &Case, config: &Value) -> PluginConfig {
    let node = case.node();
    let mut metadata = Map::new();
    let mut say = |key: &str, value: Option<Value>| {
        metadata.extend(value.map(|value| (key.to_owned(), value)));
    };
    say("NAMESPACE", node.namespace.map(Value::from));
    say("NAME", node.name.map(Value::from));
    say("SERVICE_ACCOUNT", node.service_account.map(Value::from));
    say(
        "LABELS",
        node.labels.map(|labels| json!(BTreeMap::from_iter(labels))),
    );
    PluginConfig::new(config.to_string().into_bytes()).node_metadata(Value::Object(metadata))
}

/// The connection that the request of a case arrives on. Ports that a case leaves open are 0,
/// which nothing matches.
pub(crate) fn connection(facts: &Facts) -> Connection {
    let nowhere = Ipv4Addr::UNSPECIFIED.into();
    let socket = |address: Option<IpAddr>, port| {
        SocketAddr::new(address.unwrap_or(nowhere), port).to_string()
    };
    let local = facts.local_address;
    let (source, destination) = match facts.direction {
        // Like a sidecar, which lets `x-forwarded-for` choose it.
        Direction::Ingress => (facts.source_address(), local),
        Direction::Egress => (local, facts.peer_address),
    };
    let source = socket(source, 40_000);
    let destination = socket(destination, facts.port.unwrap_or(0));
    let mut connection = match facts.uri_sans.as_deref() {
        None => Connection::new(&source, &destination),
        Some(sans) => {
            let first = sans.first().map_or("", String::as_str);
            Connection::mtls(&source, &destination, first)
                .filter_state("heliast.peer_uri_sans", sans.join(","))
        }
    };
    if facts.port.is_none() {
        connection = connection.without("destination.port");
    }
    if facts.local_address.is_none() && facts.direction == Direction::Ingress {
        connection = connection.without("destination.address");
    }
    if let Some(name) = &facts.sni {
        connection = connection.property("connection.requested_server_name", name.as_str());
    }
    if facts.metadata.is_object() {
        let path = ["metadata", "filter_metadata"].as_slice();
        connection = connection.property(path, facts.metadata.clone());
    }
    match facts.peer_address {
        Some(address) => connection.filter_state("heliast.peer_address", address.to_string()),
        None => connection,
    }
}

/// The header lines of a case. A peer whose address nobody knows is one that was forwarded.
pub(crate) fn header_lines(facts: &Facts) -> Option<Vec<(Vec<u8>, Vec<u8>)>> {
    let mut lines = facts.http.as_ref()?.header_lines();
    if facts.peer_address.is_none() {
        lines.push((b"x-forwarded-for".to_vec(), b"127.9.9.9".to_vec()));
    }
    Some(lines)
}
