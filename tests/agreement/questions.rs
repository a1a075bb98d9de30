//! Who asks, and what for.

use crate::random::Random;
use crate::worlds::{ACCOUNTS, ADDRESSES, HOSTS};
use heliast::peer::{Identity, Peer};
use heliast::request::{Http, Request};
use heliast::terms::Protocol;

/// A request of a peer.
#[derive(Debug)]
pub(crate) struct Question {
    pub(crate) peer: Peer,
    lines: Vec<(&'static str, String)>,
    is_http: bool,
    port: Option<u16>,
}

const PATHS: [&str; 22] = [
    "/", "/a", "/a/", "/a/b", "/a/b/c", "/ab", "/b", "/b/a", "/c", "/c/1/d", "/c/2/3/d", "/a?b=/c",
    "/b?x#y", "//a", "/a/../b", "/%61", "/a%2fb", "/a;x/b", "/a\\b", "/%zz", "*", "/A",
];
const METHODS: [&str; 5] = ["GET", "PUT", "POST", "get", "HEAD"];
const VALUES: [&str; 9] = ["1", "2", "12", "1, 2", "3,1", "", " 1 ", "x", "1,1"];

impl Question {
    pub(crate) fn any(random: &mut Random) -> Self {
        let mut lines = Vec::new();
        let mut add = |random: &mut Random, percent, name, of: &[&str]| {
            if random.chance(percent) {
                lines.push((name, random.one_of(of).to_owned()));
            }
        };
        add(random, 97, ":method", &METHODS);
        add(random, 97, ":path", &PATHS);
        add(random, 97, ":authority", &HOSTS);
        for name in ["x", "X", "x", "y"] {
            add(random, 25, name, &VALUES);
        }
        Self {
            peer: peer(random),
            lines,
            is_http: random.chance(93),
            port: random.chance(95).then(|| random.one_of(&[80, 8080, 443])),
        }
    }

    /// Hands out the request, which borrows its parts.
    pub(crate) fn with_request<R>(&self, ask: impl FnOnce(&Request<'_>) -> R) -> R {
        let lines: Vec<(&[u8], &[u8])> = self
            .lines
            .iter()
            .map(|(name, value)| (name.as_bytes(), value.as_bytes()))
            .collect();
        let http = self.is_http.then(|| Http::new(&lines));
        ask(&Request {
            port: self.port,
            local_address: "10.0.0.9".parse().ok(),
            ..Request::new(Protocol::TCP, http)
        })
    }
}

fn peer(random: &mut Random) -> Peer {
    let address = random.one_of(&ADDRESSES);
    let account = random.one_of(&ACCOUNTS);
    let namespace = if random.chance(80) {
        "default"
    } else {
        "other"
    };
    let uri = match random.below(10) {
        0 => None,
        1 => Some("spiffe://elsewhere/ns/default/sa/a".to_owned()),
        // The account that goes with the address, as for honest peers.
        2..7 => {
            let place = ADDRESSES
                .iter()
                .position(|known| *known == address)
                .unwrap();
            let account = ACCOUNTS.get(place).unwrap_or(&account);
            Some(format!("spiffe://cluster.local/ns/default/sa/{account}"))
        }
        _ => Some(format!(
            "spiffe://cluster.local/ns/{namespace}/sa/{account}"
        )),
    };
    let domains = ["cluster.local".to_owned()];
    let identity = uri.map_or(Identity::Plaintext, |uri| {
        Identity::of_certificate(&[uri.as_bytes()], &domains)
    });
    let address = random.chance(95).then(|| address.parse().unwrap());
    Peer { address, identity }
}
