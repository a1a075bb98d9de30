//! What a program asks about a peer, answered. Peers with the same answers have the same rules.

use super::{PeerView, Program};
use crate::peer::Peer;
use crate::terms::IpVersion;
use crate::terms::NamedPort;
use crate::truth::Truth;

/// All that a program can tell of a peer, from any other.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct PeerAnswers {
    /// Whether it is each of [`Program::entities`].
    entities: Vec<Truth>,
    /// Whether its address is of IPv4, and of IPv6; none if nothing is asked.
    versions: Option<(Truth, Truth)>,
    /// Its named ports, if it is known which workload it is.
    named_ports: Option<Vec<NamedPort>>,
}

impl PeerAnswers {
    /// The answers for a peer.
    #[must_use]
    pub fn new(program: &Program, peer: &Peer) -> Self {
        let directory = program.model.directory.read();
        let view = PeerView::new(peer, &directory, program.settings.recognition);
        let entities = program.entities.iter();
        let version = |version| view.judge_ip_version(Some(version));
        Self {
            entities: entities
                .map(|entity| view.judge(entity, &directory))
                .collect(),
            versions: Some((version(IpVersion::V4), version(IpVersion::V6))),
            named_ports: view.named_ports(),
        }
    }

    /// Whether the peer is the entity at this place.
    pub(super) fn entity(&self, place: usize) -> Truth {
        self.entities.get(place).copied().unwrap_or(Truth::Unknown)
    }

    /// Whether its address is of the version that a rule asks for.
    pub(super) fn ip_version(&self, wanted: Option<IpVersion>) -> Truth {
        let (v4, v6) = self.versions.unwrap_or((Truth::Unknown, Truth::Unknown));
        match wanted {
            None => Truth::True,
            Some(IpVersion::V4) => v4,
            Some(IpVersion::V6) => v6,
        }
    }

    /// Its named ports, if it is known which workload it is.
    #[must_use]
    pub fn named_ports(&self) -> Option<&[NamedPort]> {
        self.named_ports.as_deref()
    }

    /// How many questions were answered.
    #[must_use]
    pub fn len(&self) -> usize {
        self.entities.len()
    }

    /// Whether nothing was asked.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.entities.is_empty()
    }
}
