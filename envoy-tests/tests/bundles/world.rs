//! A mesh of three, and the bundles of it: a server that enforces, Alice who is let in, Mallory who
//! is not.

use std::net::{IpAddr, Ipv4Addr, SocketAddr};

use anyhow::Result;
use heliast_envoy_tests::{Authority, Dial, Edition, Identity};
use serde_json::{Value, json};

pub(crate) const SERVER: IpAddr = IpAddr::V4(Ipv4Addr::new(127, 83, 0, 1));
pub(crate) const ALICE: IpAddr = IpAddr::V4(Ipv4Addr::new(127, 83, 0, 2));
pub(crate) const MALLORY: IpAddr = IpAddr::V4(Ipv4Addr::new(127, 83, 0, 3));
/// Where the origin is, which is no pod.
pub(crate) const ORIGIN: IpAddr = IpAddr::V4(Ipv4Addr::new(127, 83, 0, 9));

/// Who is who.
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

    /// Alice with her certificate, from her address.
    pub(crate) fn alice(&self, at: SocketAddr) -> Result<Dial> {
        self.mutual(at, ALICE, &self.alice)
    }

    /// Mallory with hers, from hers.
    pub(crate) fn mallory(&self, at: SocketAddr) -> Result<Dial> {
        self.mutual(at, MALLORY, &self.mallory)
    }

    fn mutual(&self, at: SocketAddr, ip: IpAddr, identity: &Identity) -> Result<Dial> {
        Dial::new(at).from(ip).mutual_tls(identity, &self.authority)
    }
}

/// The pods of the mesh.
pub(crate) fn pods() -> Vec<Value> {
    let pod = |name: &str, ip: IpAddr| {
        json!({
            "apiVersion": "v1",
            "kind": "Pod",
            "metadata": {"name": name, "namespace": "shop", "labels": {"app": name}},
            "spec": {"serviceAccountName": name, "containers": [{"name": "main"}]},
            "status": {"phase": "Running", "podIP": ip, "podIPs": [{"ip": ip}]},
        })
    };
    vec![
        pod("server", SERVER),
        pod("alice", ALICE),
        pod("mallory", MALLORY),
    ]
}

/// A policy of the server's with these rules for what comes in.
pub(crate) fn policy(name: &str, ingress: &Value) -> Value {
    json!({
        "apiVersion": "projectcalico.org/v3",
        "kind": "GlobalNetworkPolicy",
        "metadata": {"name": name},
        "spec": {"selector": "app == 'server'", "ingress": ingress},
    })
}

/// A bundle with one policy of that name, which lets in this account alone.
pub(crate) fn lets_in(account: &str, name: &str) -> Result<Edition> {
    let ingress = json!([{"action": "Allow", "source": {"serviceAccounts": {"names": [account]}}}]);
    let mut objects = pods();
    objects.push(policy(name, &ingress));
    Edition::new(&objects)
}

/// The bundle that is in force first: Alice is let in.
pub(crate) fn good() -> Result<Edition> {
    lets_in("alice", "good")
}

/// Another revision with the same verdicts.
pub(crate) fn next() -> Result<Edition> {
    lets_in("alice", "next")
}

/// What must never be in force: each verdict is the other way round.
pub(crate) fn evil() -> Result<Edition> {
    lets_in("mallory", "evil")
}
