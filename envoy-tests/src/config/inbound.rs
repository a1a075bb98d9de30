//! The listener in front of a workload.

use std::net::SocketAddr;
use std::path::Path;

use serde_json::{Value, json};

use super::{http, tls};
use crate::address::Address;
use crate::pki::{Authority, Identity};

/// A sidecar's inbound listener: mutual TLS and plaintext on one port, told apart by the TLS
/// inspector; ahead of HTTP, a filter that writes down who the peer is.
#[derive(Clone, Debug)]
pub struct Inbound {
    name: String,
    address: SocketAddr,
    server_tls: Option<Value>,
    plaintext: bool,
    record: PeerRecord,
    filters: Vec<Value>,
    target: Target,
    logged: bool,
}

/// Who writes `heliast.peer_address` and `heliast.peer_uri_sans`, and from what.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PeerRecord {
    /// From the connection, as the shipped manifests do.
    Direct,
    /// The address from a PROXY protocol line that every connection must begin with: lets a test
    /// come from, and go to, addresses that the machine does not have.
    ProxyProtocol,
    /// Nobody, as where only the filter itself was installed.
    Absent,
}

/// Where requests go that the filters let through.
#[derive(Clone, Debug)]
pub enum Target {
    /// The listener answers 200 by itself.
    Answer,
    /// To the workload.
    Upstream(Address),
}

impl Inbound {
    /// A listener for plaintext alone, which answers by itself and has no filters.
    #[must_use]
    pub fn new(name: &str, address: SocketAddr) -> Self {
        Self {
            name: name.to_owned(),
            address,
            server_tls: None,
            plaintext: true,
            record: PeerRecord::Direct,
            filters: Vec::new(),
            target: Target::Answer,
            logged: true,
        }
    }

    /// Keeps no access log: it costs more than what benchmarks measure.
    #[must_use]
    pub fn unlogged(mut self) -> Self {
        self.logged = false;
        self
    }

    /// Accepts mutual TLS too.
    #[must_use]
    pub fn mutual_tls(mut self, identity: &Identity, authority: &Authority) -> Self {
        self.server_tls = Some(tls::server(identity, authority));
        self
    }

    /// Accepts no plaintext.
    #[must_use]
    pub fn strict(mut self) -> Self {
        self.plaintext = false;
        self
    }

    /// Says how the peer is written down.
    #[must_use]
    pub fn record(mut self, record: PeerRecord) -> Self {
        self.record = record;
        self
    }

    /// Adds an HTTP filter behind those added before.
    #[must_use]
    pub fn filter(mut self, filter: Value) -> Self {
        self.filters.push(filter);
        self
    }

    /// Says where requests go.
    #[must_use]
    pub fn target(mut self, target: Target) -> Self {
        self.target = target;
        self
    }

    /// Where it listens; port 0 is left to the kernel.
    #[must_use]
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// As `envoy.config.listener.v3.Listener`, with its access log in this folder.
    #[must_use]
    pub fn listener(&self, folder: &Path) -> Value {
        let mut filters: Vec<_> = self.peer_filter().into_iter().collect();
        let log = self.logged.then(|| http::access_log(folder, &self.name));
        filters.push(http::connection_manager(
            &self.name,
            log,
            &self.filters,
            &self.routes(),
        ));
        let mut chains = Vec::new();
        if let Some(server_tls) = &self.server_tls {
            chains.push(json!({
                "name": "mutual-tls",
                "filter_chain_match": {"transport_protocol": "tls"},
                "transport_socket": server_tls,
                "filters": filters,
            }));
        }
        if self.plaintext {
            chains.push(json!({
                "name": "plaintext",
                "filter_chain_match": {"transport_protocol": "raw_buffer"},
                "filters": filters,
            }));
        }
        json!({
            "name": self.name,
            "address": Address::Tcp(self.address).to_envoy(),
            "traffic_direction": "INBOUND",
            // Else a second process could listen on the same port and take half of the requests.
            "enable_reuse_port": false,
            "listener_filters": self.listener_filters(),
            "filter_chains": chains,
        })
    }

    /// The cluster of the workload, unless the listener answers by itself.
    #[must_use]
    pub fn cluster(&self) -> Option<Value> {
        let Target::Upstream(address) = &self.target else {
            return None;
        };
        let name = self.cluster_name();
        Some(json!({
            "name": name,
            "type": "STATIC",
            "connect_timeout": "2s",
            "load_assignment": {
                "cluster_name": name,
                "endpoints": [{"lb_endpoints": [{"endpoint": {"address": address.to_envoy()}}]}],
            },
        }))
    }

    fn cluster_name(&self) -> String {
        format!("{}-workload", self.name)
    }

    fn listener_filters(&self) -> Vec<Value> {
        let mut filters = Vec::new();
        if self.record == PeerRecord::ProxyProtocol {
            filters.push(json!({
                "name": "envoy.filters.listener.proxy_protocol",
                "typed_config": {
                    "@type": "type.googleapis.com/envoy.extensions.filters.listener.proxy_protocol.v3.ProxyProtocol",
                },
            }));
        }
        filters.push(json!({
            "name": "envoy.filters.listener.tls_inspector",
            "typed_config": {
                "@type": "type.googleapis.com/envoy.extensions.filters.listener.tls_inspector.v3.TlsInspector",
            },
        }));
        filters
    }

    fn peer_filter(&self) -> Option<Value> {
        // Ahead of HTTP the remote address is that of the connection or of the PROXY line; no
        // header has been looked at yet.
        let address = match self.record {
            PeerRecord::Direct => "%DOWNSTREAM_DIRECT_REMOTE_ADDRESS_WITHOUT_PORT%",
            PeerRecord::ProxyProtocol => "%DOWNSTREAM_REMOTE_ADDRESS_WITHOUT_PORT%",
            PeerRecord::Absent => return None,
        };
        Some(json!({
            "name": "envoy.filters.network.set_filter_state",
            "typed_config": {
                "@type": "type.googleapis.com/envoy.extensions.filters.network.set_filter_state.v3.Config",
                "on_new_connection": [value("heliast.peer_address", address)],
                "on_downstream_tls_handshake":
                    [value("heliast.peer_uri_sans", "%DOWNSTREAM_PEER_URI_SAN%")],
            },
        }))
    }

    fn routes(&self) -> Value {
        let action = match &self.target {
            Target::Answer => json!({
                "direct_response": {"status": 200, "body": {"inline_string": "passed\n"}},
            }),
            Target::Upstream(_) => json!({"route": {"cluster": self.cluster_name()}}),
        };
        let matches = [json!({"connect_matcher": {}}), json!({"prefix": "/"})];
        let route = |matched: &Value| {
            let mut route = action.clone();
            if let Some(members) = route.as_object_mut() {
                members.insert("match".into(), matched.clone());
            }
            route
        };
        let routes: Vec<_> = matches.iter().map(route).collect();
        json!([{"name": "workload", "domains": ["*"], "routes": routes}])
    }
}

fn value(key: &str, format: &str) -> Value {
    json!({
        "object_key": key,
        "factory_key": "envoy.string",
        "format_string": {"text_format_source": {"inline_string": format}},
    })
}
