//! What may be odd about a request: the neighbours of istio.md 3.3.

use std::net::{IpAddr, Ipv4Addr};

use serde_json::{Value, json};

use super::{near, words};
use crate::peer::Peer;
use crate::random::Random;
use crate::request::Request;

/// Spoils one thing.
pub(super) fn spoil(request: &mut Request, random: &mut Random) {
    match random.below(12) {
        0..4 => path(&mut request.path, random),
        4..6 => host(&mut request.host, random),
        6..9 => header(request, random),
        9 => request.peer = random.pick(&Peer::ALL).unwrap_or(Peer::Plaintext),
        10 => elsewhere(request, random),
        _ => token(request, random),
    }
}

fn path(path: &mut String, random: &mut Random) {
    let at = random.below(path.len());
    let other_case = |letter: char| match letter.is_ascii_lowercase() {
        true => letter.to_ascii_uppercase(),
        false => letter.to_ascii_lowercase(),
    };
    let change = |what: &dyn Fn(char) -> String| {
        let letters = path.char_indices();
        let changed = letters.map(|(index, letter)| match index == at {
            true => what(letter),
            false => letter.to_string(),
        });
        changed.collect::<String>()
    };
    let changed = match random.below(20) {
        0 => change(&|letter| other_case(letter).to_string()),
        1 => change(&|letter| format!("{letter}{letter}")),
        2 => change(&|letter| match letter {
            '/' => "%2F".into(),
            letter if letter.is_ascii() => format!("%{:02x}", u32::from(letter)),
            letter => letter.into(),
        }),
        3 => format!("{path}x"),
        4 => path.get(..path.len() - 1).unwrap_or("/").to_owned(),
        5 | 6 => format!("{path}?q=/admin"),
        7 => format!("{path}#x"),
        8 => format!("{path}/"),
        9 => format!("/{path}"),
        10 => format!("/.{path}"),
        11 => format!("/other/..{path}"),
        12 => format!("{path}/../other"),
        13 => format!("{path};v=1"),
        14 => format!("/;v=1{path}"),
        15 => format!("/other%2f..{path}"),
        16 => path.replace('/', random.word(&["//", "\\", "/;/", "%5c"]).as_str()),
        17 => format!("/other/%252e%252e{path}"),
        18 => format!(
            "{path}{}",
            random.word(&["=", "*", "|", "\u{e9}", "%zz", "%00", "~"])
        ),
        _ => format!("/other/..;{path}"),
    };
    if changed.starts_with(['/', '\\']) {
        *path = changed;
    }
}

fn host(host: &mut String, random: &mut Random) {
    *host = match random.below(8) {
        0 => host.to_ascii_uppercase(),
        1 => format!("{host}."),
        2 => format!("{host}:80"),
        3 => format!("{host}:8080"),
        4 => format!("x{host}"),
        5 => host.split(':').next().unwrap_or("a.com").to_owned(),
        6 => String::new(),
        _ => host.trim_end_matches('.').to_owned(),
    };
}

fn header(request: &mut Request, random: &mut Random) {
    let name = random.word(&[
        "x-role",
        "x-role",
        "X-Role",
        "x-token",
        "x-empty",
        "authorization",
        "user-agent",
        "cookie",
    ]);
    let value = random.word(&[
        "admin",
        "guest",
        "",
        "adminx",
        "admin,guest",
        "a",
        " admin ",
        "GUEST",
    ]);
    let line = (name, value.into_bytes());
    match random.below(6) {
        0..2 => request.headers.push(line),
        2 => request.headers.insert(0, line),
        3 => drop(request.headers.pop()),
        4 => request
            .headers
            .push(("x-role".into(), b"adm\xe9n".to_vec())),
        _ => request.headers.extend(request.headers.last().cloned()),
    }
}

fn elsewhere(request: &mut Request, random: &mut Random) {
    let address = random.word(words::CALLERS).parse::<IpAddr>();
    let Ok(address) = address else {
        return;
    };
    match random.below(7) {
        0 => request.caller.set_ip(address),
        1 => request
            .headers
            .retain(|(name, _)| name != "x-forwarded-for"),
        2 => request.server.set_port(80),
        // An IPv4 address as IPv6, an address that is none, and an empty line.
        3 => near::forwarded_text(request, &format!("::ffff:{}", Ipv4Addr::new(10, 1, 2, 3))),
        4 => near::forwarded_text(request, &format!("{address}:80")),
        5 => near::forwarded_text(request, ""),
        _ => near::forwarded(request, address),
    }
}

/// Without `null`: Envoy does not let a module read it, which denies the request wherever policy
/// asks for that claim.
fn token(request: &mut Request, random: &mut Random) {
    let value = match random.below(7) {
        0 => None,
        6 => Some(
            json!({"iss": "issuer.example\n", "sub": "alice", "groups": ["dev\n"], "azp": "\nweb"}),
        ),
        1 => Some(json!({"iss": "issuer.example"})),
        2 => Some(json!({"iss": ["issuer.example"], "sub": "alice"})),
        3 => Some(json!({"iss": "issuer.example", "sub": "alice", "groups": 5, "aud": true})),
        4 => Some(json!({"groups": [], "nested": "owner", "aud": ["api", 7], "azp": 7})),
        _ => Some(json!({"iss": "issuer.example", "sub": "alice", "nested": {"role": ["admin"]}})),
    };
    if random.chance(30) {
        request.tag = random
            .pick(&[
                None,
                Some(Value::from("")),
                Some(json!(["gold", 1])),
                Some(json!(["[gold]"])),
                Some(json!(["[gold]", "gold"])),
                Some(json!([""])),
                Some(json!("two\nlines")),
                Some(json!(3)),
            ])
            .flatten();
    }
    request.token = value;
}
