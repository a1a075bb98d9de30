//! Remembers peers and connections, within bounds.
//!
//! A cache belongs to one [`super::Enforcer`], and so to one revision: new policy starts with an
//! empty one. When full it starts anew; what is lost is worked out again.

use crate::limits;
use crate::peer::Peer;
use crate::program::PeerRules;
use crate::verdict::Direction;
use std::cell::RefCell;
use std::collections::BTreeMap;
use std::rc::Rc;

/// What is known of a connection.
type Remembered = (Direction, Rc<PeerRules>, Rc<Peer>);

/// The peers and connections seen so far.
#[derive(Debug, Default)]
pub(super) struct Cache(RefCell<Known>);

#[derive(Debug, Default)]
struct Known {
    peers: BTreeMap<(Direction, Rc<Peer>), Rc<PeerRules>>,
    /// How many rules the peers have left, all together.
    rules: usize,
    connections: BTreeMap<u64, Remembered>,
}

impl Cache {
    /// What is remembered of a connection.
    pub(super) fn connection(&self, id: u64) -> Option<Remembered> {
        self.0.borrow().connections.get(&id).cloned()
    }

    /// Remembers who is at the other end of a connection, unless its rules are too many to keep.
    /// Connections are forgotten together with peers, so they keep alive nothing beyond the bounds.
    pub(super) fn remember(
        &self,
        id: u64,
        direction: Direction,
        rules: &Rc<PeerRules>,
        peer: &Rc<Peer>,
    ) {
        if rules.len() > limits::CACHED_RULES {
            return;
        }
        let mut known = self.0.borrow_mut();
        if known.connections.len() >= limits::CACHED_CONNECTIONS {
            known.connections.clear();
        }
        known
            .connections
            .insert(id, (direction, Rc::clone(rules), Rc::clone(peer)));
    }

    /// The rules of a peer, made if they are not there.
    pub(super) fn rules(
        &self,
        direction: Direction,
        peer: &Rc<Peer>,
        make: impl FnOnce() -> PeerRules,
    ) -> Rc<PeerRules> {
        let key = (direction, Rc::clone(peer));
        if let Some(rules) = self.0.borrow().peers.get(&key) {
            return Rc::clone(rules);
        }
        let rules = Rc::new(make());
        self.0.borrow_mut().keep(key, &rules);
        rules
    }
}

impl Known {
    fn keep(&mut self, key: (Direction, Rc<Peer>), rules: &Rc<PeerRules>) {
        if rules.len() > limits::CACHED_RULES {
            return;
        }
        let together = self.rules.saturating_add(rules.len());
        if self.peers.len() >= limits::CACHED_PEERS || together > limits::CACHED_RULES {
            *self = Self::default();
        }
        self.rules = self.rules.saturating_add(rules.len());
        self.peers.insert(key, Rc::clone(rules));
    }
}

#[cfg(test)]
mod tests {
    use super::Cache;
    use crate::limits;
    use crate::peer::{Identity, Peer};
    use crate::program::PeerRules;
    use crate::verdict::Direction::Ingress;
    use std::net::{IpAddr, Ipv4Addr};
    use std::rc::Rc;

    fn peer(number: u32) -> Rc<Peer> {
        let address = Some(IpAddr::V4(Ipv4Addr::from(number)));
        Rc::new(Peer {
            address,
            identity: Identity::Plaintext,
        })
    }

    #[test]
    fn what_is_remembered_is_bounded() {
        let cache = Cache::default();
        for number in 0..20_000 {
            let peer = peer(number);
            let rules = cache.rules(Ingress, &peer, PeerRules::nothing);
            cache.remember(u64::from(number), Ingress, &rules, &peer);
            let known = cache.0.borrow();
            assert!(known.peers.len() <= limits::CACHED_PEERS);
            assert!(known.connections.len() <= limits::CACHED_CONNECTIONS);
        }
        assert!(cache.connection(19_999).is_some());
        assert!(cache.connection(0).is_none());
    }

    #[test]
    fn a_peer_is_worked_out_once() {
        let cache = Cache::default();
        let first = cache.rules(Ingress, &peer(1), PeerRules::nothing);
        let again = cache.rules(Ingress, &peer(1), || panic!("it is there"));
        assert!(Rc::ptr_eq(&first, &again));
    }
}
