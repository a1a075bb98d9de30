//! On what grounds a peer is taken for one of the known workloads (design section 5).

use crate::model::{Directory, Members, Workload};
use crate::peer::{Identity, Peer, PeerBinding, PlaintextPeers, Recognition};
use crate::spiffe::SpiffeId;

/// On what grounds a peer is one of the known workloads.
#[derive(Debug)]
pub(super) enum Standing<'d> {
    /// By its address alone.
    ByAddress,
    /// By its certificate alone.
    ByPrincipal(SpiffeId, Vec<&'d Workload>),
    /// Address and certificate agree.
    Agreed(SpiffeId),
    /// It has a certificate, and its address is that of no workload.
    External(SpiffeId, Vec<&'d Workload>),
    /// Its address is that of a workload, its certificate that of another.
    Disagreed(Vec<&'d Workload>),
    /// It must show an identity, and shows none that is accepted.
    Unidentified,
    /// Its address is needed to say, and is not known.
    Unknown,
}

impl<'d> Standing<'d> {
    pub(super) fn of(
        peer: &Peer,
        at: &Members<'d>,
        directory: &'d Directory,
        recognition: Recognition,
    ) -> Self {
        let by_address = if peer.address.is_some() {
            Self::ByAddress
        } else {
            Self::Unknown
        };
        let unidentified = if peer.address.is_some() {
            Self::Unidentified
        } else {
            Self::Unknown
        };
        let id = match (&peer.identity, recognition.binding, recognition.plaintext) {
            (_, PeerBinding::Address, _) => return by_address,
            (Identity::Plaintext, _, PlaintextPeers::ByAddress) => return by_address,
            (Identity::Plaintext, _, PlaintextPeers::Unidentified)
            | (Identity::Unaccepted(_), _, _) => return unidentified,
            (Identity::Verified(id), PeerBinding::AddressAndPrincipal, _) => id,
            (Identity::Verified(id), PeerBinding::Principal, _) => {
                return Self::ByPrincipal(id.clone(), directory.holding(id));
            }
        };
        let agrees = |workload: &&Workload| {
            workload.namespace == id.namespace && workload.service_account == id.service_account
        };
        if peer.address.is_none() {
            Self::Unknown
        } else if at.workloads.is_empty() {
            Self::External(id.clone(), directory.holding(id))
        } else if at.workloads.iter().all(agrees) {
            Self::Agreed(id.clone())
        } else {
            Self::Disagreed(directory.holding(id))
        }
    }
}

impl Standing<'_> {
    /// The principal that the peer is, if nothing speaks against it.
    pub(super) fn principal(&self) -> Option<&SpiffeId> {
        match self {
            Self::ByPrincipal(id, _) | Self::Agreed(id) | Self::External(id, _) => Some(id),
            Self::ByAddress | Self::Disagreed(_) | Self::Unidentified | Self::Unknown => None,
        }
    }

    /// The grounds in words.
    pub(super) fn grounds(&self) -> &'static str {
        match self {
            Self::ByAddress => "known by its address",
            Self::ByPrincipal(..) => "known by its certificate",
            Self::Agreed(_) => "address and certificate agree",
            Self::External(..) => "its address is that of no known workload",
            Self::Disagreed(_) => "its address and its certificate are of different workloads",
            Self::Unidentified => "it shows no identity that is accepted",
            Self::Unknown => "its address is not known",
        }
    }
}
