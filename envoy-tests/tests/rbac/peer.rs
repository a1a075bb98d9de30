//! Who may ask: without a certificate, with a good one, or with an odd one.

use std::collections::BTreeMap;

use anyhow::{Context, Result};
use heliast_envoy_tests::pki::spiffe;
use heliast_envoy_tests::{Authority, Identity, Leaf};

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Peer {
    Plaintext,
    Sleep,
    Web,
    AdminDotProd,
    AdminXProd,
    Gateway,
    /// Of a trust domain that is an alias of ours.
    Alias,
    /// Of one that is not, though the same authority signed.
    Foreign,
    TwoNames,
    /// A certificate without any alternative name.
    Nameless,
    DnsName,
    /// A URI with more segments than an identity of Istio has.
    LongName,
}

impl Peer {
    pub(crate) const ALL: [Self; 12] = [
        Self::Plaintext,
        Self::Sleep,
        Self::Web,
        Self::AdminDotProd,
        Self::AdminXProd,
        Self::Gateway,
        Self::Alias,
        Self::Foreign,
        Self::TwoNames,
        Self::Nameless,
        Self::DnsName,
        Self::LongName,
    ];

    /// As a record has it.
    pub(crate) fn name(self) -> String {
        format!("{self:?}")
    }

    /// The peer of this name.
    pub(crate) fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|peer| peer.name() == name)
    }

    /// The URI names of the certificate.
    pub(crate) fn uris(self) -> Vec<String> {
        match self {
            Self::Plaintext | Self::Nameless | Self::DnsName => Vec::new(),
            Self::Sleep => vec![spiffe("cluster.local", "foo", "sleep")],
            Self::Web => vec![spiffe("cluster.local", "bar", "web")],
            Self::AdminDotProd => vec![spiffe("cluster.local", "bar", "admin.prod")],
            Self::AdminXProd => vec![spiffe("cluster.local", "bar", "adminXprod")],
            Self::Gateway => vec![spiffe("cluster.local", "istio-system", "gateway")],
            Self::Alias => vec![spiffe("old.example", "foo", "sleep")],
            Self::Foreign => vec![spiffe("evil.example", "foo", "sleep")],
            Self::TwoNames => [Self::Sleep.uris(), Self::Web.uris()].concat(),
            Self::LongName => vec!["spiffe://cluster.local/ns/foo/cell/x/sa/sleep/pod/y".into()],
        }
    }

    fn leaf(self) -> Leaf {
        let is_dns = self == Self::DnsName;
        Leaf {
            dns: Vec::from_iter(is_dns.then(|| "web.bar".to_owned())),
            ..Leaf::with_uris(self.uris())
        }
    }
}

/// The authority of a run, and the certificates of all peers.
pub(crate) struct Certificates {
    pub(crate) authority: Authority,
    pub(crate) server: Identity,
    identities: BTreeMap<Peer, Identity>,
}

impl Certificates {
    pub(crate) fn new() -> Result<Self> {
        let authority = Authority::new("rbac")?;
        let mut identities = BTreeMap::new();
        for peer in Peer::ALL {
            let name = format!("{peer:?}");
            identities.insert(peer, authority.sign(&name, &peer.leaf())?);
        }
        Ok(Self {
            server: authority.sign_workload("cluster.local", "foo", "server")?,
            authority,
            identities,
        })
    }

    pub(crate) fn of(&self, peer: Peer) -> Result<&Identity> {
        self.identities.get(&peer).context("no certificate")
    }
}
