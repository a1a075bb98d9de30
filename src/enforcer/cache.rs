//! Remembers peers and connections, within bounds.
//!
//! A cache belongs to one [`super::Enforcer`], and so to one revision: new policy starts with an
//! empty one. When full it starts anew; what is lost is worked out again.

use crate::limits;
use crate::peer::Peer;
use crate::program::{PeerAnswers, PeerRules, Program};
use crate::verdict::Direction;
use litemap::LiteMap;
use std::cell::RefCell;
use std::rc::Rc;

/// How many answers of a peer take up as much as a rule.
const ANSWERS_OF_A_RULE: usize = 4;

/// What is known of a connection.
type Remembered = (Direction, Rc<PeerRules>, Rc<Peer>);

/// The peers and connections seen so far.
#[derive(Debug, Default)]
pub(super) struct Cache(RefCell<Known>);

#[derive(Debug, Default)]
struct Known {
    peers: LiteMap<(Direction, Rc<Peer>), Rc<PeerRules>>,
    /// The rules of these peers, each once.
    shared: Vec<(Direction, Rc<PeerRules>)>,
    /// How many rules these are, all together.
    rules: usize,
    connections: LiteMap<u64, Remembered>,
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
        if size(rules) > limits::CACHED_RULES {
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

    /// The rules of a peer, made if they are not there; peers that are the same to the program
    /// share them.
    pub(super) fn rules(
        &self,
        direction: Direction,
        peer: &Rc<Peer>,
        program: &Program,
    ) -> Rc<PeerRules> {
        let key = (direction, Rc::clone(peer));
        if let Some(rules) = self.0.borrow().peers.get(&key) {
            return Rc::clone(rules);
        }
        let answers = PeerAnswers::new(program, peer);
        let known = self.0.borrow().sharing(direction, &answers);
        let rules = known.unwrap_or_else(|| Rc::new(PeerRules::of(program, answers)));
        self.0.borrow_mut().keep(key, &rules);
        rules
    }
}

impl Known {
    /// The rules of a peer with these answers.
    fn sharing(&self, direction: Direction, answers: &PeerAnswers) -> Option<Rc<PeerRules>> {
        let mut shared = self.shared.iter();
        let same = shared.find(|(of, rules)| *of == direction && rules.answers == *answers);
        same.map(|(_, rules)| Rc::clone(rules))
    }

    fn keep(&mut self, key: (Direction, Rc<Peer>), rules: &Rc<PeerRules>) {
        let size = size(rules);
        if size > limits::CACHED_RULES {
            return;
        }
        let is_shared = |(_, known): &(Direction, Rc<PeerRules>)| Rc::ptr_eq(known, rules);
        let mut more = if self.shared.iter().any(is_shared) {
            0
        } else {
            size
        };
        let together = self.rules.saturating_add(more);
        if self.peers.len() >= limits::CACHED_PEERS || together > limits::CACHED_RULES {
            *self = Self::default();
            more = size;
        }
        if more > 0 {
            self.shared.push((key.0, Rc::clone(rules)));
            self.rules = self.rules.saturating_add(more);
        }
        self.peers.insert(key, Rc::clone(rules));
    }
}

/// What rules take up, as a number of rules; what the peer was found to be takes something too.
fn size(rules: &PeerRules) -> usize {
    let answers = rules.answers.len().div_ceil(ANSWERS_OF_A_RULE);
    rules.len().saturating_add(answers).saturating_add(1)
}

#[cfg(test)]
mod tests {
    use super::{Cache, size};
    use crate::bundle::Bundle;
    use crate::limits;
    use crate::peer::{Identity, Peer};
    use crate::program::{Local, Program};
    use crate::settings::Settings;
    use crate::verdict::Direction::Ingress;
    use litemap::LiteMap;
    use serde_json::json;
    use std::net::{IpAddr, Ipv4Addr};
    use std::rc::Rc;
    use std::sync::Arc;

    fn peer(number: u32) -> Rc<Peer> {
        let address = Some(IpAddr::V4(Ipv4Addr::from(number)));
        Rc::new(Peer {
            address,
            identity: Identity::Plaintext,
        })
    }

    /// Rules for odd addresses, for even ones, and for nobody.
    fn program() -> Program {
        let odd: Vec<String> = (0..64)
            .map(|at| format!("0.0.0.{}/32", 2 * at + 1))
            .collect();
        let rule = |path: usize| {
            json!({"action": "Allow", "source": {"nets": odd},
                "http": {"paths": [{"exact": format!("/{path}")}]}})
        };
        let policy = json!({
            "apiVersion": "projectcalico.org/v3", "kind": "GlobalNetworkPolicy",
            "metadata": {"name": "all"},
            "spec": {"selector": "all()", "types": ["Ingress"],
                "ingress": (0..300).map(rule).collect::<Vec<_>>()},
        });
        let model = Bundle::load(&[policy]).unwrap().model;
        let workload =
            model
                .directory
                .read()
                .workload("default", "a", &LiteMap::new_vec(), Vec::new());
        let local = Local {
            workload,
            addresses: Vec::new(),
            node_addresses: Vec::new(),
            ports_known: true,
        };
        Program::compile(Arc::clone(&model), local, Ingress, Settings::default())
    }

    #[test]
    fn what_is_remembered_is_bounded() {
        let program = program();
        let cache = Cache::default();
        for number in 0..20_000 {
            let peer = peer(number);
            let rules = cache.rules(Ingress, &peer, &program);
            cache.remember(u64::from(number), Ingress, &rules, &peer);
            let known = cache.0.borrow();
            assert!(known.peers.len() <= limits::CACHED_PEERS);
            assert!(known.connections.len() <= limits::CACHED_CONNECTIONS);
            let sizes = known.shared.iter().map(|(_, rules)| size(rules));
            assert_eq!(known.rules, sizes.sum::<usize>());
            assert!(known.rules <= limits::CACHED_RULES);
        }
        assert!(cache.connection(19_999).is_some());
        assert!(cache.connection(0).is_none());
    }

    #[test]
    fn a_peer_is_worked_out_once() {
        let program = program();
        let cache = Cache::default();
        let first = cache.rules(Ingress, &peer(1), &program);
        let again = cache.rules(Ingress, &peer(1), &program);
        assert!(Rc::ptr_eq(&first, &again));
    }

    #[test]
    fn peers_share_rules_where_they_are_the_same_to_the_program() {
        let program = program();
        let cache = Cache::default();
        let [odd, even, odd_too] =
            [1, 2, 3].map(|number| cache.rules(Ingress, &peer(number), &program));
        assert!(Rc::ptr_eq(&odd, &odd_too));
        assert!(!Rc::ptr_eq(&odd, &even));
        assert_eq!((odd.len(), even.len()), (300, 0));
        assert_eq!(cache.0.borrow().shared.len(), 2);
    }
}
