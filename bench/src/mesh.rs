//! A mesh of three on loopback: a server, its client, and a stranger; and a fleet beside them.

use std::net::{IpAddr, Ipv4Addr};

use anyhow::Result;
use heliast_envoy_tests::{Authority, Identity, pki};
use serde_json::{Value, json};

pub(crate) const NAMESPACE: &str = "default";
pub(crate) const CLIENT_ACCOUNT: &str = "client";
pub(crate) const SERVER: IpAddr = IpAddr::V4(Ipv4Addr::new(127, 86, 0, 1));
pub(crate) const CLIENT: IpAddr = IpAddr::V4(Ipv4Addr::new(127, 86, 0, 2));
pub(crate) const STRANGER: IpAddr = IpAddr::V4(Ipv4Addr::new(127, 86, 0, 3));
const DOMAIN: &str = "cluster.local";
/// Addresses of one group of a fleet.
const GROUP: usize = 100;

/// Who is who.
#[derive(Debug)]
pub(crate) struct Mesh {
    pub(crate) authority: Authority,
    pub(crate) server: Identity,
    pub(crate) client: Identity,
    pub(crate) stranger: Identity,
}

impl Mesh {
    /// With new certificates.
    ///
    /// # Errors
    /// When they cannot be written.
    pub(crate) fn new() -> Result<Self> {
        let authority = Authority::new("bench")?;
        let sign = |account| authority.sign_workload(DOMAIN, NAMESPACE, account);
        Ok(Self {
            server: sign("server")?,
            client: sign(CLIENT_ACCOUNT)?,
            stranger: sign("stranger")?,
            authority,
        })
    }
}

/// The name in an account's certificates.
pub(crate) fn spiffe(account: &str) -> String {
    pki::spiffe(DOMAIN, NAMESPACE, account)
}

/// The pods of the three.
pub(crate) fn pods() -> Vec<Value> {
    let pod = |name: &str, address: IpAddr| {
        json!({
            "apiVersion": "v1",
            "kind": "Pod",
            "metadata": {"name": name, "namespace": NAMESPACE, "labels": {"app": name}},
            "spec": {"serviceAccountName": name},
            "status": {"podIP": address.to_string()},
        })
    };
    vec![
        pod("server", SERVER),
        pod(CLIENT_ACCOUNT, CLIENT),
        pod("stranger", STRANGER),
    ]
}

/// So many workloads more, by the hundred: none of them is ever a peer here.
pub(crate) fn fleet(count: usize) -> Vec<Value> {
    let addresses: Vec<_> = (0..count).map(fleet_address).collect();
    let groups = addresses.chunks(GROUP).enumerate();
    groups
        .map(|(number, addresses)| {
            json!({
                "apiVersion": "heliast.dev/v1alpha1",
                "kind": "WorkloadGroup",
                "metadata": {"name": format!("fleet-{number:05}")},
                "spec": {
                    "namespace": format!("team-{}", number % 100),
                    "serviceAccount": format!("service-{}", number % 500),
                    "labels": {"app": format!("service-{}", number % 500), "tier": "backend"},
                    "addresses": addresses,
                },
            })
        })
        .collect()
}

/// The address of a fleet's member, from 10.0.0.0 on.
fn fleet_address(number: usize) -> String {
    format!(
        "10.{}.{}.{}",
        number / 62_500,
        number / 250 % 250,
        number % 250 + 1
    )
}
