//! Requests near the policies: one that a rule would match, but for a few things.

use std::net::{IpAddr, Ipv4Addr, SocketAddr};

use heliast_envoy_tests::Protocol;
use serde_json::{Value, json};

use super::{near, odd, words};
use crate::peer::Peer;
use crate::policy::{Clause, Policy};
use crate::random::Random;
use crate::request::Request;

/// A request that satisfies most of what one rule asks, and then has something odd about it.
pub(super) fn near(documents: &[Value], random: &mut Random) -> Request {
    let mut request = plain(random);
    if let Some(clauses) = clauses(documents, random) {
        for clause in &clauses {
            let values = match random.below(20) {
                0..17 if !clause.any.is_empty() => &clause.any,
                17..20 => &clause.none,
                _ => continue,
            };
            if let Some(value) = random.pick(values) {
                near::satisfy(&mut request, &clause.subject, &value, random);
            }
        }
    }
    for _ in 0..random.below(3) {
        odd::spoil(&mut request, random);
    }
    settle(&mut request);
    request
}

/// What one rule asks, by one of its sources and one of its operations.
fn clauses(documents: &[Value], random: &mut Random) -> Option<Vec<Clause>> {
    let policy = Policy::read(&random.pick(documents)?).ok()?;
    let rule = random.pick(&policy.rules)?;
    let mut clauses = rule.when.clone();
    clauses.extend(random.pick(&rule.from).into_iter().flatten());
    clauses.extend(random.pick(&rule.to).into_iter().flatten());
    Some(clauses)
}

fn plain(random: &mut Random) -> Request {
    let unspecified = IpAddr::V4(Ipv4Addr::UNSPECIFIED);
    let address = |text: String| text.parse().unwrap_or(unspecified);
    let caller = SocketAddr::new(address(random.word(words::CALLERS)), 4000);
    let server = SocketAddr::new(address(random.word(words::SERVERS)), 8080);
    let usual = [Peer::Plaintext, Peer::Sleep, Peer::Web, Peer::Gateway];
    let peer = if random.chance(80) {
        random.pick(&usual)
    } else {
        random.pick(&Peer::ALL)
    };
    Request {
        peer: peer.unwrap_or(Peer::Plaintext),
        client: address(random.word(words::CLIENTS)),
        caller,
        server,
        server_name: None,
        protocol: if random.chance(75) {
            Protocol::Http1
        } else {
            Protocol::Http2
        },
        method: random.word(&["GET", "POST"]),
        host: random.word(&["a.com", "c.org"]),
        path: random.word(&["/", "/public/x", "/admin", "/other"]),
        headers: Vec::new(),
        token: token(random),
        tag: None,
    }
}

fn token(random: &mut Random) -> Option<Value> {
    let issuer = random.word(words::ISSUERS);
    let subject = random.word(words::SUBJECTS);
    let claims = json!({"iss": issuer, "sub": subject, "groups": ["dev"]});
    random.chance(15).then_some(claims)
}

/// What one protocol or one kind of peer cannot say, the other or nobody says.
fn settle(request: &mut Request) {
    if request.peer == Peer::Plaintext {
        request.server_name = None;
    }
    // A PROXY line names two addresses of one family.
    if request.caller.is_ipv6() && request.server.is_ipv4() {
        request
            .server
            .set_ip("fd00::1".parse().unwrap_or(request.server.ip()));
    }
    let safe = |text: &str, also: &str| {
        let fits = |letter: char| letter.is_ascii_alphanumeric() || also.contains(letter);
        text.chars().all(fits)
    };
    let sayable = safe(&request.path, "/?=-._~%;:@!$&'()*+,")
        && safe(&request.host, ".-:")
        && !request.host.is_empty()
        && safe(&request.method, "");
    if !sayable {
        request.protocol = Protocol::Http1;
    }
}
