//! On what grounds a peer is taken for one of the known workloads (design section 5).

use super::holders::Holders;
use crate::model::{Directory, Members, Workload};
use crate::peer::{Identity, Peer, PeerBinding, PlaintextPeers};
use crate::settings::Settings;
use crate::spiffe::SpiffeId;

/// On what grounds a peer is one of the known workloads.
#[derive(Debug)]
pub(super) enum Standing<'d> {
    /// By its address alone.
    ByAddress,
    /// By its certificate alone.
    ByPrincipal(SpiffeId, Holders<'d>),
    /// Address and certificate agree.
    Agreed(SpiffeId),
    /// Address and certificate are of different workloads, or one of them is of no known workload:
    /// the certificate may be stolen, or the bundle may lag behind the cluster.
    InDoubt(SpiffeId, Holders<'d>),
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
        settings: &Settings,
    ) -> Self {
        let recognition = settings.recognition;
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
                let is_ours = settings.is_own_domain(id);
                return Self::ByPrincipal(id.clone(), Holders::of(id, directory, is_ours));
            }
        };
        let agrees = |workload: &&Workload| {
            workload.namespace == id.namespace && workload.service_account == id.service_account
        };
        if peer.address.is_none() {
            Self::Unknown
        } else if !at.workloads.is_empty() && at.workloads.iter().all(agrees) {
            Self::Agreed(id.clone())
        } else {
            // Names alone decide, as above: an address stands beside them.
            Self::InDoubt(id.clone(), Holders::of(id, directory, true))
        }
    }
}

impl Standing<'_> {
    /// The principal that the peer is, if nothing speaks against it.
    pub(super) fn principal(&self) -> Option<&SpiffeId> {
        match self {
            Self::ByPrincipal(id, _) | Self::Agreed(id) => Some(id),
            Self::ByAddress | Self::InDoubt(..) | Self::Unidentified | Self::Unknown => None,
        }
    }

    /// The grounds in words; `is_outside` says whether nobody is known at the address.
    pub(super) fn grounds(&self, is_outside: bool) -> &'static str {
        match self {
            Self::ByAddress => "known by its address",
            Self::ByPrincipal(..) => "known by its certificate",
            Self::Agreed(_) => "address and certificate agree",
            Self::InDoubt(_, Holders::Unknown(_)) => "its certificate is that of no known workload",
            Self::InDoubt(..) if is_outside => "its address is that of no known workload",
            Self::InDoubt(..) => "its address and its certificate are of different workloads",
            Self::Unidentified => "it shows no identity that is accepted",
            Self::Unknown => "its address is not known",
        }
    }
}
