//! A mesh of three: a server that enforces, Alice who is let in, Mallory who is not.

use std::net::{IpAddr, Ipv4Addr, SocketAddr};

use anyhow::Result;
use heliast_envoy_tests::{Authority, Bootstrap, Dial, Identity, Inbound, Node, Plugin, install};
use serde_json::{Value, json};

pub(crate) const SERVER: IpAddr = IpAddr::V4(Ipv4Addr::new(127, 80, 0, 1));
pub(crate) const ALICE: IpAddr = IpAddr::V4(Ipv4Addr::new(127, 80, 0, 2));
pub(crate) const MALLORY: IpAddr = IpAddr::V4(Ipv4Addr::new(127, 80, 0, 3));

/// Who is who; the servers are up to the tests.
pub(crate) struct World {
    pub(crate) authority: Authority,
    pub(crate) server: Identity,
    pub(crate) alice: Identity,
    pub(crate) mallory: Identity,
}

impl World {
    pub(crate) fn new() -> Result<Self> {
        let authority = Authority::new("shop")?;
        let sign = |account| authority.sign_workload("cluster.local", "shop", account);
        Ok(Self {
            server: sign("server")?,
            alice: sign("alice")?,
            mallory: sign("mallory")?,
            authority,
        })
    }

    /// The server's listener as it is shipped: mutual TLS and plaintext, peers recorded. Filters
    /// are up to the tests.
    pub(crate) fn inbound(&self, name: &str) -> Inbound {
        Inbound::new(name, SocketAddr::new(SERVER, 0)).mutual_tls(&self.server, &self.authority)
    }

    /// Mutual TLS from this address.
    pub(crate) fn mutual(&self, at: SocketAddr, ip: IpAddr, identity: &Identity) -> Result<Dial> {
        Dial::new(at).from(ip).mutual_tls(identity, &self.authority)
    }
}

/// A bootstrap whose node says nothing: the plugin's configuration says who enforces.
pub(crate) fn bootstrap() -> Result<Bootstrap> {
    Bootstrap::new(Node::default())
}

/// The module with the server's configuration under one global policy with these rules.
pub(crate) fn plugin(ingress: &Value) -> Result<Plugin> {
    Ok(Plugin::new(install::module()?, &configuration(ingress)))
}

/// The server's configuration under one global policy with these rules.
pub(crate) fn configuration(ingress: &Value) -> Value {
    let policy = json!({
        "apiVersion": "projectcalico.org/v3",
        "kind": "GlobalNetworkPolicy",
        "metadata": {"name": "p"},
        "spec": {"selector": "app == 'server'", "ingress": ingress},
    });
    let pod = |name: &str, ip: IpAddr| {
        json!({
            "apiVersion": "v1",
            "kind": "Pod",
            "metadata": {"name": name, "namespace": "shop", "labels": {"app": name}},
            "spec": {"serviceAccountName": name, "containers": [{"name": "main"}]},
            "status": {"phase": "Running", "podIP": ip, "podIPs": [{"ip": ip}]},
        })
    };
    json!({
        "workload": {"namespace": "shop", "name": "server"},
        "bundle": {"inline": {"resources": [
            pod("server", SERVER), pod("alice", ALICE), pod("mallory", MALLORY), policy,
        ]}},
    })
}
