//! Who is at the other end (design section 5).

use crate::spiffe::SpiffeId;
use std::fmt;
use std::net::IpAddr;

/// What is known of the other end of a request.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Peer {
    /// Its true address; none if it is not known.
    pub address: Option<IpAddr>,
    /// Who its certificate says it is.
    pub identity: Identity,
}

/// Who a peer's certificate says it is.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Identity {
    /// There is no certificate.
    Plaintext,
    /// There is one, and it names nobody we accept.
    Unaccepted(Unaccepted),
    /// A verified principal of an accepted trust domain.
    Verified(SpiffeId),
}

/// Why a certificate names nobody.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Unaccepted {
    /// It has no URI SAN.
    NoUriSan,
    /// It has more than one URI SAN, and so no single identity.
    SeveralUriSans,
    /// Its URI SAN is not `spiffe://<trust domain>/ns/<namespace>/sa/<service account>`.
    NotSpiffe,
    /// Its trust domain is not in `trustDomains`.
    TrustDomain,
}

impl Identity {
    /// The identity of a certificate with these URI SANs.
    #[must_use]
    pub fn of_certificate(uri_sans: &[&[u8]], trust_domains: &[String]) -> Self {
        let uri = match uri_sans {
            [] => return Self::Unaccepted(Unaccepted::NoUriSan),
            [uri] => uri,
            [_, _, ..] => return Self::Unaccepted(Unaccepted::SeveralUriSans),
        };
        match SpiffeId::parse(uri) {
            None => Self::Unaccepted(Unaccepted::NotSpiffe),
            Some(id) if trust_domains.contains(&id.trust_domain) => Self::Verified(id),
            Some(_) => Self::Unaccepted(Unaccepted::TrustDomain),
        }
    }
}

impl fmt::Display for Unaccepted {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::NoUriSan => "its certificate has no URI SAN",
            Self::SeveralUriSans => "its certificate has more than one URI SAN",
            Self::NotSpiffe => {
                "its URI SAN is not spiffe://<trust domain>/ns/<namespace>/sa/<service account>"
            }
            Self::TrustDomain => "its trust domain is not in trustDomains",
        })
    }
}

/// What makes a peer one of the known workloads (`peerBinding`).
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum PeerBinding {
    /// Address and certificate must agree: a stolen key is worth nothing from another pod.
    #[default]
    AddressAndPrincipal,
    /// The certificate alone: for meshes behind NAT or east-west gateways.
    Principal,
    /// The address alone: for networks without certificates.
    Address,
}

/// What a peer without a certificate is (`plaintextPeers`).
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum PlaintextPeers {
    /// The workload at its address, as in Calico.
    #[default]
    ByAddress,
    /// Nobody: its identity and label clauses are false.
    Unidentified,
}

/// How peers are recognised.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Recognition {
    /// What makes a peer one of the known workloads.
    pub binding: PeerBinding,
    /// What a peer without a certificate is.
    pub plaintext: PlaintextPeers,
}
