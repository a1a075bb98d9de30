//! The listener through which a workload calls others.

use std::net::{IpAddr, SocketAddr};
use std::path::Path;

use serde_json::{Value, json};

use super::{http, tls};
use crate::address::Address;
use crate::pki::{Authority, Identity};

/// A sidecar's outbound listener: plaintext from the workload, mutual TLS to its peers, with the
/// workload's own certificate and from its own address.
#[derive(Clone, Debug)]
pub struct Outbound {
    name: String,
    address: Address,
    source: IpAddr,
    filters: Vec<Value>,
    routes: Vec<(Route, Value)>,
}

/// A peer, and the names by which the workload calls it.
#[derive(Clone, Debug)]
pub struct Route {
    /// `host` and `host:port`, as in `:authority`.
    pub authorities: Vec<String>,
    /// The peer's inbound listener.
    pub to: SocketAddr,
    /// The name its certificate must show.
    pub principal: String,
}

impl Outbound {
    /// A listener without routes; what it sends comes from `source`.
    #[must_use]
    pub fn new(name: &str, address: Address, source: IpAddr) -> Self {
        let name = name.to_owned();
        Self {
            name,
            address,
            source,
            filters: Vec::new(),
            routes: Vec::new(),
        }
    }

    /// Adds a peer, to be spoken to under this identity.
    #[must_use]
    pub fn route(mut self, route: Route, identity: &Identity, authority: &Authority) -> Self {
        let client_tls = tls::client(identity, authority, &route.principal);
        self.routes.push((route, client_tls));
        self
    }

    /// Adds an HTTP filter behind those added before.
    #[must_use]
    pub fn filter(mut self, filter: Value) -> Self {
        self.filters.push(filter);
        self
    }

    /// As `envoy.config.listener.v3.Listener`, with its access log in this folder.
    #[must_use]
    pub fn listener(&self, folder: &Path) -> Value {
        let virtual_hosts: Vec<_> = self.routes.iter().map(|(route, _)| {
            json!({
                "name": self.cluster_name(route),
                "domains": route.authorities,
                "routes": [{"match": {"prefix": "/"}, "route": {"cluster": self.cluster_name(route)}}],
            })
        }).collect();
        let virtual_hosts = Value::from(virtual_hosts);
        let log = Some(http::access_log(folder, &self.name));
        let filter = http::connection_manager(&self.name, log, &self.filters, &virtual_hosts);
        let mut listener = json!({
            "name": self.name,
            "address": self.address.to_envoy(),
            "traffic_direction": "OUTBOUND",
            "filter_chains": [{"filters": [filter]}],
        });
        if let (Address::Tcp(_), Some(members)) = (&self.address, listener.as_object_mut()) {
            // Else a second process could listen on the same port and take half of the requests.
            members.insert("enable_reuse_port".into(), false.into());
        }
        listener
    }

    /// A cluster for each peer.
    pub fn clusters(&self) -> impl Iterator<Item = Value> {
        self.routes.iter().map(|(route, client_tls)| {
            let name = self.cluster_name(route);
            json!({
                "name": name,
                "type": "STATIC",
                "connect_timeout": "2s",
                "transport_socket": client_tls,
                "upstream_bind_config": {
                    "source_address": {"address": self.source.to_string(), "port_value": 0},
                },
                "load_assignment": {
                    "cluster_name": name,
                    "endpoints": [{"lb_endpoints":
                        [{"endpoint": {"address": Address::Tcp(route.to).to_envoy()}}]}],
                },
            })
        })
    }

    fn cluster_name(&self, route: &Route) -> String {
        format!("{}-{}", self.name, route.to)
    }
}
