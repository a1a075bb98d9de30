//! Where a filter's callouts go.

use std::net::SocketAddr;

use serde_json::{Value, json};

use super::tls;
use crate::address::Address;
use crate::pki::{Authority, Identity};

/// A cluster of one server.
#[derive(Clone, Debug)]
pub struct Cluster {
    name: String,
    addresses: Vec<SocketAddr>,
    client_tls: Option<Value>,
}

impl Cluster {
    /// A server that is spoken to in plaintext.
    #[must_use]
    pub fn new(name: &str, address: SocketAddr) -> Self {
        Self {
            name: name.to_owned(),
            addresses: vec![address],
            client_tls: None,
        }
    }

    /// Speaks to this server as well, by turns.
    #[must_use]
    pub fn or(mut self, address: SocketAddr) -> Self {
        self.addresses.push(address);
        self
    }

    /// Speaks mutual TLS, and accepts only a server whose certificate names this URI.
    #[must_use]
    pub fn mutual_tls(mut self, identity: &Identity, authority: &Authority, server: &str) -> Self {
        self.client_tls = Some(tls::client(identity, authority, server));
        self
    }

    /// As `envoy.config.cluster.v3.Cluster`.
    #[must_use]
    pub fn to_envoy(&self) -> Value {
        let endpoint = |address: &SocketAddr| json!({"endpoint": {"address": Address::Tcp(*address).to_envoy()}});
        let endpoints: Vec<Value> = self.addresses.iter().map(endpoint).collect();
        let mut cluster = json!({
            "name": self.name,
            "type": "STATIC",
            "connect_timeout": "2s",
            "load_assignment": {
                "cluster_name": self.name,
                "endpoints": [{"lb_endpoints": endpoints}],
            },
        });
        if let (Some(client_tls), Some(members)) = (&self.client_tls, cluster.as_object_mut()) {
            members.insert("transport_socket".into(), client_tls.clone());
        }
        cluster
    }
}
