//! Making a request that has what a value asks for.

use std::net::IpAddr;

use serde_json::{Map, Value, json};

use super::words;
use crate::peer::Peer;
use crate::random::Random;
use crate::request::Request;
use crate::subject::Subject;

/// Makes the request have it, as far as a simple reading of the value goes.
pub(super) fn satisfy(request: &mut Request, subject: &Subject, value: &str, random: &mut Random) {
    match subject {
        Subject::Principal => peer(request, value, random),
        Subject::Namespace => peer(request, &format!("/ns/{value}/"), random),
        Subject::ServiceAccount => {
            let account = value.rsplit('/').next().unwrap_or(value);
            peer(request, &format!("/sa/{account}"), random);
        }
        Subject::TrustDomain => peer(request, &format!("//{value}"), random),
        Subject::RequestPrincipal => token(request, value, random),
        Subject::Claim(path) => claim(request, path, value, random),
        Subject::DirectAddress => {
            if let Some(address) = random.pick(&within(value, words::CLIENTS)) {
                request.client = address;
            }
        }
        Subject::RemoteAddress => remote(request, value, random),
        Subject::LocalAddress => {
            if let Some(address) = random.pick(&within(value, words::SERVERS)) {
                request.server.set_ip(address);
            }
        }
        Subject::Port => request.server.set_port(value.parse().unwrap_or(8080)),
        Subject::Host => request.host = filled(value, "b.a.com", random),
        Subject::Method => method(request, value, random),
        Subject::Path => request.path = path(value, random),
        Subject::ServerName => {
            let name = value.replace('*', "web");
            request.server_name = Some(name.replace("web.svc", "api.svc"));
        }
        Subject::Header(name) => header(request, name, value, random),
        Subject::Metadata(..) => {
            let inner = value.trim_matches(['[', ']']);
            let text = filled(inner, "go", random);
            let text = match random.below(8) {
                0 => format!("[{text}]"),
                1 => format!("{text}\n"),
                _ => text,
            };
            let text = Value::from(text);
            let listed = (inner == value) == random.chance(15);
            request.tag = Some(if listed { json!(["iron", text]) } else { text });
        }
    }
}

/// Whatever is called a header in policy.
fn header(request: &mut Request, name: &str, value: &str, random: &mut Random) {
    match name.to_ascii_lowercase().as_str() {
        ":method" => method(request, value, random),
        ":authority" | "host" => request.host = filled(value, "b.a.com", random),
        ":path" => request.path = path(value, random),
        // Who sends the request has no say in it, or says what the transport says.
        ":scheme" => {}
        _ => {
            let value = filled(value, "x", random);
            let line = (name.to_owned(), value.into_bytes());
            let lines = if random.chance(15) { 2 } else { 1 };
            request.headers.extend(std::iter::repeat_n(line, lines));
        }
    }
}

/// The value with its star, where it is one, filled in.
fn filled(value: &str, filling: &str, random: &mut Random) -> String {
    let filling = if random.chance(80) { filling } else { "" };
    if let Some(rest) = value.strip_prefix('*') {
        let filling = if rest.is_empty() { "x" } else { filling };
        return format!("{filling}{rest}");
    }
    match value.strip_suffix('*') {
        Some(rest) => format!("{rest}{filling}"),
        None => value.to_owned(),
    }
}

/// Envoy takes none that it does not know.
fn method(request: &mut Request, value: &str, random: &mut Random) {
    let fits = |method: &&&str| match (value.strip_prefix('*'), value.strip_suffix('*')) {
        (Some(end), _) => method.ends_with(end),
        (None, Some(start)) => method.starts_with(start),
        (None, None) => **method == value,
    };
    let fitting: Vec<_> = ["GET", "POST", "PUT", "DELETE", "HEAD"]
        .iter()
        .filter(&fits)
        .collect();
    if let Some(method) = random.pick(&fitting) {
        request.method = (*method).to_owned();
    }
}

fn path(value: &str, random: &mut Random) -> String {
    let one = random.word(&["x", "buzz", "x1", "a.b", "x%20y", "", "a=b"]);
    let many = random.word(&["y", "y/z", "", "y/z.txt", "a/b/"]);
    let value = value.replace("{*}", &one).replace("{**}", &many);
    let path = filled(&value, "/x", random);
    if path.starts_with('/') {
        return path;
    }
    format!("/{path}")
}

/// A peer whose certificate fits, if there is one.
fn peer(request: &mut Request, value: &str, random: &mut Random) {
    let parts: Vec<_> = value.split('*').filter(|part| !part.is_empty()).collect();
    let fits = |peer: &Peer| {
        let uris = peer.uris();
        uris.iter()
            .any(|uri| parts.iter().all(|part| uri.contains(part)))
    };
    let fitting: Vec<_> = Peer::ALL.into_iter().filter(&fits).collect();
    if let Some(peer) = random.pick(&fitting) {
        request.peer = peer;
    }
}

fn within(value: &str, addresses: &[&str]) -> Vec<IpAddr> {
    let net = match value.split_once('/') {
        Some(_) => value.to_owned(),
        None => format!("{value}/{}", if value.contains(':') { 128 } else { 32 }),
    };
    let contains = |address: &IpAddr| {
        let net = net.parse::<ipnet::IpNet>();
        net.is_ok_and(|net| net.contains(address))
    };
    let addresses = addresses.iter().filter_map(|address| address.parse().ok());
    addresses.filter(contains).collect()
}

fn remote(request: &mut Request, value: &str, random: &mut Random) {
    let Some(address) = random.pick(&within(value, words::CALLERS)) else {
        return;
    };
    if random.chance(50) {
        request.caller.set_ip(address);
    } else {
        forwarded(request, address);
    }
}

/// What a proxy before says of where the request comes from.
pub(super) fn forwarded(request: &mut Request, address: IpAddr) {
    forwarded_text(request, &address.to_string());
}

/// The same of a text that may be no address.
pub(super) fn forwarded_text(request: &mut Request, text: &str) {
    let value = text.as_bytes().to_vec();
    request.headers.push(("x-forwarded-for".into(), value));
}

fn claims(request: &mut Request) -> Map<String, Value> {
    match request.token.take() {
        Some(Value::Object(claims)) => claims,
        _ => Map::new(),
    }
}

fn token(request: &mut Request, value: &str, random: &mut Random) {
    let (issuer, subject) = match value.rsplit_once('/') {
        Some((issuer, subject)) => (issuer, subject),
        None if value == "*" => ("*", "*"),
        None if value.starts_with('*') => ("*", value),
        None if value.ends_with('*') => (value, "*"),
        None => (value, ""),
    };
    let mut claims = claims(request);
    claims.insert("iss".into(), filled(issuer, "issuer.", random).into());
    claims.insert("sub".into(), filled(subject, "ali", random).into());
    request.token = Some(claims.into());
}

fn claim(request: &mut Request, path: &[String], value: &str, random: &mut Random) {
    let text = Value::from(filled(value, "adm", random));
    let mut value = if random.chance(50) {
        json!(["other", text])
    } else {
        text
    };
    for key in path.iter().skip(1).rev() {
        value = json!({key: value});
    }
    let mut claims = claims(request);
    if let Some(first) = path.first() {
        claims.insert(first.clone(), value);
    }
    request.token = Some(claims.into());
}
