//! The intended differences: where the filter may refuse what Envoy's own RBAC lets through. There
//! is none the other way round.
//!
//! A reason is no excuse by itself. It says what else the request could mean, and it explains a
//! difference only if RBAC itself refuses one of these other requests: then there was a doubt, and
//! it was about the verdict. A peer whose identity is in doubt is put to RBAC under the policy that
//! such a peer is judged by ([`crate::doubt`]).

mod path;

use std::net::IpAddr;

use serde_json::Value;

use crate::generator::{Settings, callers};
use crate::peer::Peer;
use crate::request::Request;

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Reason {
    /// Some upstream reads the path as another: encoded, with parameters, dots or slashes.
    AmbiguousPath,
    /// `{*}` and `{**}` of a DENY take what Envoy's own character class leaves out.
    OutsideOfTemplates,
    /// A header has several lines: an ALLOW needs every one of them to match.
    RepeatedHeader,
    /// The host with a port or a final dot is the host without.
    HostWithPort,
    /// A certificate with several URI names is no identity, but may be any of them.
    SeveralUriSans,
    /// A certificate without a SPIFFE identity of Istio's form is no identity.
    NoIstioIdentity,
    /// The certificate's trust domain is none of ours.
    ForeignTrustDomain,
    /// `x-forwarded-for` chose the remote address, and nobody said that it may.
    ForwardedFor,
    /// A claim is neither a text nor a list of texts.
    OddClaim,
}

impl Reason {
    pub(crate) const ALL: [Self; 9] = [
        Self::AmbiguousPath,
        Self::OutsideOfTemplates,
        Self::RepeatedHeader,
        Self::HostWithPort,
        Self::SeveralUriSans,
        Self::NoIstioIdentity,
        Self::ForeignTrustDomain,
        Self::ForwardedFor,
        Self::OddClaim,
    ];

    /// Whether it is the peer's identity that is in doubt.
    pub(crate) fn is_of_identity(self) -> bool {
        matches!(
            self,
            Self::SeveralUriSans | Self::NoIstioIdentity | Self::ForeignTrustDomain
        )
    }

    /// What else the request could mean for this reason; nothing where the reason has no ground.
    pub(crate) fn readings(self, request: &Request, settings: Settings) -> Vec<Request> {
        match self {
            Self::AmbiguousPath => with_paths(request, path::readings(&request.path)),
            Self::OutsideOfTemplates => with_paths(request, path::inside(&request.path)),
            Self::RepeatedHeader => each_line(request),
            Self::HostWithPort => bare_hosts(request),
            Self::SeveralUriSans => doubted(request, &[Peer::TwoNames]),
            Self::NoIstioIdentity => {
                doubted(request, &[Peer::Nameless, Peer::DnsName, Peer::LongName])
            }
            Self::ForeignTrustDomain => doubted(request, &[Peer::Foreign]),
            Self::ForwardedFor if settings.forwarded_for => Vec::new(),
            Self::ForwardedFor => other_callers(request),
            Self::OddClaim => plain_claims(request),
        }
    }
}

fn with_paths(request: &Request, paths: Vec<String>) -> Vec<Request> {
    let with_path = |path| Request {
        path,
        ..request.clone()
    };
    paths.into_iter().map(with_path).collect()
}

/// The request with one line of a repeated header, each in turn, and for each such header.
fn each_line(request: &Request) -> Vec<Request> {
    let mut readings = vec![request.clone()];
    let mut names: Vec<_> = request
        .headers
        .iter()
        .map(|(name, _)| name.to_ascii_lowercase())
        .collect();
    names.sort();
    names.dedup();
    for name in names {
        let has_name = |(other, _): &(String, Vec<u8>)| other.eq_ignore_ascii_case(&name);
        let lines: Vec<_> = request
            .headers
            .iter()
            .filter(|line| has_name(line))
            .collect();
        if lines.len() < 2 || name == "x-forwarded-for" {
            continue;
        }
        let mut more = Vec::new();
        for reading in &readings {
            for line in &lines {
                let mut reading = reading.clone();
                reading.headers.retain(|line| !has_name(line));
                reading.headers.push((*line).clone());
                more.push(reading);
            }
        }
        readings.extend(more);
    }
    readings.split_off(1)
}

fn bare_hosts(request: &Request) -> Vec<Request> {
    let host = &request.host;
    let portless = host
        .rsplit_once(':')
        .map_or(host.as_str(), |(host, _)| host);
    let dotless = portless.strip_suffix('.').unwrap_or(portless);
    let hosts = [portless, dotless]
        .into_iter()
        .filter(|other| other != host);
    let with_host = |host: &str| Request {
        host: host.to_owned(),
        ..request.clone()
    };
    hosts.map(with_host).collect()
}

/// The request itself, if the peer is one of these: it is policy that reads differently then.
fn doubted(request: &Request, odd: &[Peer]) -> Vec<Request> {
    let is_odd = odd.contains(&request.peer);
    Vec::from_iter(is_odd.then(|| request.clone()))
}

fn other_callers(request: &Request) -> Vec<Request> {
    let is_forwarded = |(name, _): &(String, Vec<u8>)| name.eq_ignore_ascii_case("x-forwarded-for");
    if !request.headers.iter().any(is_forwarded) {
        return Vec::new();
    }
    let from = |address: IpAddr| {
        let mut reading = request.clone();
        reading.headers.retain(|line| !is_forwarded(line));
        reading
            .headers
            .push(("x-forwarded-for".into(), address.to_string().into_bytes()));
        reading
    };
    callers().into_iter().map(from).collect()
}

fn plain_claims(request: &Request) -> Vec<Request> {
    let Some(Value::Object(claims)) = &request.token else {
        return Vec::new();
    };
    let is_plain = |value: &Value| match value {
        Value::String(_) => true,
        Value::Array(items) => items.iter().all(Value::is_string),
        Value::Object(members) => members.values().all(Value::is_string),
        Value::Null | Value::Bool(_) | Value::Number(_) => false,
    };
    let odd = claims.iter().filter(|(_, value)| !is_plain(value));
    let without = |(key, _): (&String, &Value)| {
        let mut claims = claims.clone();
        claims.remove(key);
        Request {
            token: Some(claims.into()),
            ..request.clone()
        }
    };
    odd.map(without).collect()
}
