//! How an operator wants policy to be read: the keys of the configuration that programs depend on.

mod readings;

pub use self::readings::{PathReading, Quirks, Readings};

use crate::peer::Recognition;
use crate::spiffe::SpiffeId;

/// What programs are compiled under, besides policy.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Settings {
    /// How peers are recognised.
    pub recognition: Recognition,
    /// Accepted trust domains; the first is our own. Its aliases are among them.
    pub trust_domains: Vec<String>,
    /// Other names of our own trust domain (istio.md 1.9).
    pub trust_domain_aliases: Vec<String>,
    /// The mesh's root namespace, whose Istio policy governs every namespace (istio.md 1.8).
    pub istio_root_namespace: String,
    /// Which workloads Cilium policy isolates (kubernetes-cilium.md 3.2).
    pub cilium_enforcement: CiliumEnforcement,
    /// The name of the cluster, which every pod has as a label in Cilium's policy.
    pub cilium_cluster: String,
    /// Whether the address that `X-Forwarded-For` names counts as `remote.ip` (istio.md 6.3).
    pub forwarded_for: ForwardedFor,
    /// Whether the name that an outgoing request asks for counts as its destination
    /// (kubernetes-cilium.md section 4).
    pub destination_domains: DestinationDomains,
    /// How the texts of a request are read.
    pub readings: Readings,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            recognition: Recognition::default(),
            trust_domains: vec!["cluster.local".to_owned()],
            trust_domain_aliases: Vec::new(),
            istio_root_namespace: "istio-system".to_owned(),
            cilium_enforcement: CiliumEnforcement::default(),
            cilium_cluster: "default".to_owned(),
            forwarded_for: ForwardedFor::default(),
            destination_domains: DestinationDomains::default(),
            readings: Readings::default(),
        }
    }
}

impl Settings {
    /// Our own trust domain and its other names.
    pub fn own_domains(&self) -> impl Iterator<Item = &String> {
        let first = self.trust_domains.first();
        first.into_iter().chain(&self.trust_domain_aliases)
    }

    /// Whether a principal is of our own trust domain, whichever of its names it says.
    #[must_use]
    pub fn is_own_domain(&self, id: &SpiffeId) -> bool {
        self.own_domains().any(|domain| *domain == id.trust_domain)
    }
}

impl From<Recognition> for Settings {
    /// The defaults, for peers that are recognised so.
    fn from(recognition: Recognition) -> Self {
        Self {
            recognition,
            ..Self::default()
        }
    }
}

/// Which workloads Cilium policy isolates (`cilium.policyEnforcement`).
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum CiliumEnforcement {
    /// Those that a policy selects.
    #[default]
    Default,
    /// All of them.
    Always,
    /// None: Cilium policy is not enforced.
    Never,
}

/// Whether request headers may name the remote address (`forwardedFor`).
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum ForwardedFor {
    /// They may not: whoever sends a request writes them. With such a header the address is unknown.
    #[default]
    Untrusted,
    /// They may: the listener counts trusted hops, as gateways do.
    Trusted,
}

/// Whether the name that an outgoing request asks for tells where it goes (`destinationDomains`).
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum DestinationDomains {
    /// It does not: whoever sends the request may ask one address for the name of another.
    #[default]
    Ignored,
    /// It does.
    Requested,
}
