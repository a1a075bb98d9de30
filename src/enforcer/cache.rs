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

/// The rules of every peer seen, for each direction.
type Peers = BTreeMap<(Direction, Rc<Peer>), Rc<PeerRules>>;

/// What is known of a connection.
type Remembered = (Direction, Rc<PeerRules>, Rc<Peer>);

/// The peers and connections seen so far.
#[derive(Debug, Default)]
pub(super) struct Cache {
    peers: RefCell<Peers>,
    connections: RefCell<BTreeMap<u64, Remembered>>,
}

impl Cache {
    /// What is remembered of a connection.
    pub(super) fn connection(&self, id: u64) -> Option<Remembered> {
        self.connections.borrow().get(&id).cloned()
    }

    /// Remembers who is at the other end of a connection.
    pub(super) fn remember(
        &self,
        id: u64,
        direction: Direction,
        rules: &Rc<PeerRules>,
        peer: &Rc<Peer>,
    ) {
        let mut connections = self.connections.borrow_mut();
        if connections.len() >= limits::CACHED_CONNECTIONS {
            connections.clear();
        }
        connections.insert(id, (direction, Rc::clone(rules), Rc::clone(peer)));
    }

    /// The rules of a peer, made if they are not there.
    pub(super) fn rules(
        &self,
        direction: Direction,
        peer: &Rc<Peer>,
        make: impl FnOnce() -> PeerRules,
    ) -> Rc<PeerRules> {
        let key = (direction, Rc::clone(peer));
        if let Some(rules) = self.peers.borrow().get(&key) {
            return Rc::clone(rules);
        }
        let rules = Rc::new(make());
        let mut peers = self.peers.borrow_mut();
        if peers.len() >= limits::CACHED_PEERS {
            peers.clear();
        }
        peers.insert(key, Rc::clone(&rules));
        rules
    }
}
