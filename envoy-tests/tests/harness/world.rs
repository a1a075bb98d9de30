//! What the tests here have in common.

use std::net::{IpAddr, Ipv4Addr, SocketAddr};

use anyhow::Result;
use heliast_envoy_tests::{Authority, Bootstrap, Dial, Envoy, Identity, Inbound, Node};

pub(crate) const CLIENT: IpAddr = IpAddr::V4(Ipv4Addr::new(127, 77, 0, 9));
pub(crate) const SERVER: IpAddr = IpAddr::V4(Ipv4Addr::new(127, 77, 0, 1));

/// A mesh with one sidecar, whose listener is called `in`.
pub(crate) struct World {
    pub(crate) authority: Authority,
    pub(crate) client: Identity,
    pub(crate) envoy: Envoy,
    pub(crate) inbound: SocketAddr,
}

impl World {
    /// `shape` finishes the listener, which already accepts mutual TLS and plaintext.
    pub(crate) async fn start(shape: impl Fn(Inbound) -> Inbound) -> Result<Self> {
        let authority = Authority::new("mesh")?;
        let server = authority.sign_workload("cluster.local", "default", "server")?;
        let client = authority.sign_workload("cluster.local", "default", "client")?;
        let mut bootstrap = Bootstrap::new(Node::default())?;
        let inbound = Inbound::new("in", SocketAddr::new(SERVER, 0));
        bootstrap.inbound(&shape(inbound.mutual_tls(&server, &authority)));
        let envoy = Envoy::start(bootstrap).await?;
        let inbound = envoy.admin().listener("in").await?;
        Ok(Self {
            authority,
            client,
            envoy,
            inbound,
        })
    }

    /// Plaintext from the client's address.
    pub(crate) fn plain(&self) -> Dial {
        Dial::new(self.inbound).from(CLIENT)
    }

    /// Mutual TLS from the client's address.
    pub(crate) fn mutual(&self, identity: &Identity) -> Result<Dial> {
        self.plain().mutual_tls(identity, &self.authority)
    }
}
