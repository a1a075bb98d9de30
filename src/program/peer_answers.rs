//! What a program asks about a peer, answered. Peers with the same answers have the same rules.

use super::{PeerPort, PeerView, Program};
use crate::peer::Peer;
use crate::terms::IpVersion;
use crate::truth::Truth;

/// All that a program can tell of a peer, from any other.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct PeerAnswers {
    /// Which of [`Program::entities`] it is, or may be, by their position; in order. It is none of
    /// the others.
    entities: Vec<(usize, Truth)>,
    /// Whether its address is of IPv4, and of IPv6; none if nothing is asked.
    versions: Option<(Truth, Truth)>,
    /// Its named ports that are asked for, if it is known which workload it is.
    named_ports: Option<Vec<PeerPort>>,
}

impl PeerAnswers {
    /// The answers for a peer.
    #[must_use]
    pub fn new(program: &Program, peer: &Peer) -> Self {
        let directory = program.model.directory.read();
        let view = PeerView::new(peer, &directory, &program.settings);
        let version = |version| view.judge_ip_version(Some(version));
        let candidates = program.entities.candidates(&view);
        let judged = candidates.map(|(place, entity)| (place, view.judge(entity, &directory)));
        Self {
            entities: judged.filter(|(_, truth)| *truth != Truth::False).collect(),
            versions: Some((version(IpVersion::V4), version(IpVersion::V6))),
            named_ports: view.named_ports(&program.port_questions),
        }
    }

    /// Whether the peer is the entity at this position.
    pub(super) fn entity(&self, position: usize) -> Truth {
        if self.versions.is_none() {
            return Truth::Unknown;
        }
        let found = self
            .entities
            .binary_search_by_key(&position, |(one, _)| *one);
        let found = found.ok().and_then(|place| self.entities.get(place));
        found.map_or(Truth::False, |(_, truth)| *truth)
    }

    /// The positions of the entities that it is, or may be; in order.
    pub(super) fn entities(&self) -> impl Iterator<Item = usize> {
        self.entities.iter().map(|(position, _)| *position)
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

    /// Its named ports that are asked for, if it is known which workload it is.
    #[must_use]
    pub fn named_ports(&self) -> Option<&[PeerPort]> {
        self.named_ports.as_deref()
    }

    /// How many entities it is, or may be.
    #[must_use]
    pub fn len(&self) -> usize {
        self.entities.len()
    }

    /// Whether it is none, for certain.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.entities.is_empty()
    }
}
