//! The intended differences: where the filter may refuse what Envoy's own RBAC lets through. There
//! is none the other way round.
//!
//! A reason is no excuse by itself. It says what else the request could mean, and it explains a
//! difference only if RBAC itself refuses one of these other requests: then there was a doubt, and
//! it was about the verdict. A peer whose identity is in doubt is put to RBAC under the policy that
//! such a peer is judged by ([`crate::doubt`]).

pub(crate) mod path;

use std::net::{IpAddr, Ipv6Addr};

use serde_json::Value;

use crate::emitter::Quirk;
use crate::generator::{Scene, callers, texts};
use crate::peer::Peer;
use crate::request::Request;

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Reason {
    /// Some upstream reads the path as another: encoded, with parameters, dots or slashes.
    AmbiguousPath,
    /// The policy spells the path as another would: it is escaped there, or has dots.
    PolicysSpelling,
    /// `{*}` and `{**}` of a DENY take what Envoy's own character class leaves out.
    OutsideOfTemplates,
    /// `{*}` and `{**}` of an ALLOW take what every version of Envoy takes, and no more of what is
    /// encoded.
    StrictTemplates,
    /// A header has several lines: an ALLOW needs every one of them to match.
    RepeatedHeader,
    /// A line of a header is a list to some: an item of it is enough for a DENY.
    ListInOneLine,
    /// Some servers take no notice of the case of paths.
    PathCase,
    /// Some servers take no notice of a slash at the end of a path.
    FinalSlash,
    /// Some servers take no notice of the case of methods.
    MethodCase,
    /// The host with a port or a final dot is the host without, and has no case where policy names
    /// it as a header either.
    HostForms,
    /// A certificate with several URI names is no identity, but may be any of them.
    SeveralUriSans,
    /// A certificate without a SPIFFE identity of Istio's form is no identity.
    NoIstioIdentity,
    /// The certificate's trust domain is none of ours.
    ForeignTrustDomain,
    /// `x-forwarded-for` chose the remote address, and nobody said that it may.
    ForwardedFor,
    /// An IPv4 address that is written as IPv6 is one to some, and the other to others.
    MappedAddress,
    /// A claim is neither a text nor a list of texts.
    OddClaim,
    /// Istio's code and the author mean something else by a namespace, brackets or a star.
    AuthorsWords,
    /// Beside other reasons: every reading is allowed, but each by another rule.
    SeveralRules,
    /// Beside other reasons: every clause of a DENY is met by some reading, but each by another.
    ClauseByClause,
}

impl Reason {
    pub(crate) const ALL: [Self; 19] = [
        Self::AmbiguousPath,
        Self::PolicysSpelling,
        Self::OutsideOfTemplates,
        Self::StrictTemplates,
        Self::RepeatedHeader,
        Self::ListInOneLine,
        Self::PathCase,
        Self::FinalSlash,
        Self::MethodCase,
        Self::HostForms,
        Self::SeveralUriSans,
        Self::NoIstioIdentity,
        Self::ForeignTrustDomain,
        Self::ForwardedFor,
        Self::MappedAddress,
        Self::OddClaim,
        Self::AuthorsWords,
        Self::SeveralRules,
        Self::ClauseByClause,
    ];

    /// Whether it is the peer's identity that is in doubt.
    pub(crate) fn is_of_identity(self) -> bool {
        matches!(
            self,
            Self::SeveralUriSans | Self::NoIstioIdentity | Self::ForeignTrustDomain
        )
    }

    /// How servers differ, where that is the reason.
    pub(crate) fn quirk(self) -> Option<Quirk> {
        let quirks = [
            (Self::PolicysSpelling, Quirk::Spelling),
            (Self::PathCase, Quirk::PathCase),
            (Self::FinalSlash, Quirk::FinalSlash),
            (Self::MethodCase, Quirk::MethodCase),
            (Self::HostForms, Quirk::HostForms),
        ];
        let found = quirks.into_iter().find(|(reason, _)| *reason == self);
        found.map(|(_, quirk)| quirk)
    }

    /// What else the request could mean for this reason; nothing where the reason has no ground.
    pub(crate) fn readings(self, request: &Request, scene: &Scene) -> Vec<Request> {
        match self {
            Self::AmbiguousPath => with_paths(request, path::readings(&request.path)),
            Self::OutsideOfTemplates => with_paths(request, path::inside(&request.path)),
            Self::StrictTemplates => with_paths(request, path::outside(&request.path)),
            Self::RepeatedHeader => each_line(request),
            Self::ListInOneLine => each_item(request),
            Self::SeveralUriSans => doubted(request, &[Peer::TwoNames]),
            Self::NoIstioIdentity => {
                doubted(request, &[Peer::Nameless, Peer::DnsName, Peer::LongName])
            }
            Self::ForeignTrustDomain => doubted(request, &[Peer::Foreign]),
            Self::ForwardedFor if scene.settings.forwarded_for => Vec::new(),
            Self::ForwardedFor => other_callers(request),
            Self::MappedAddress => unmapped(request),
            Self::OddClaim => plain_claims(request),
            // The request itself: it is policy that reads differently.
            Self::AuthorsWords
            | Self::PolicysSpelling
            | Self::PathCase
            | Self::FinalSlash
            | Self::MethodCase
            | Self::HostForms => vec![request.clone()],
            // See `explain::explain_apart`.
            Self::SeveralRules | Self::ClauseByClause => Vec::new(),
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

/// The request with one item in place of a line with commas, each in turn.
fn each_item(request: &Request) -> Vec<Request> {
    let mut readings = Vec::new();
    for (at, (name, line)) in request.headers.iter().enumerate() {
        let items = line.split(|byte| *byte == b',');
        let is_list = items.clone().count() > 1;
        for item in items.filter(|_| is_list && name != "x-forwarded-for") {
            let mut reading = request.clone();
            let line = (name.clone(), item.trim_ascii().to_vec());
            reading.headers.splice(at..=at, [line]);
            readings.push(reading);
        }
    }
    readings
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
    let named_by_no_policy = IpAddr::V6(Ipv6Addr::new(0x3fff, 0, 0, 0, 0, 0, 0, 1));
    let callers = callers().into_iter().chain([named_by_no_policy]);
    callers.map(from).collect()
}

/// The request with the IPv4 address in place of one that is written as IPv6.
fn unmapped(request: &Request) -> Vec<Request> {
    let mut reading = request.clone();
    let mut changed = false;
    for (name, value) in &mut reading.headers {
        let bare = value.strip_prefix(b"::ffff:").map(<[u8]>::to_vec);
        if let Some(bare) = bare.filter(|_| name.eq_ignore_ascii_case("x-forwarded-for")) {
            *value = bare;
            changed = true;
        }
    }
    Vec::from_iter(changed.then_some(reading))
}

/// The request with a text in place of an odd claim, or of an odd tag; each text in turn.
fn plain_claims(request: &Request) -> Vec<Request> {
    let claims = request.token.as_ref().and_then(Value::as_object);
    let odd = claims
        .into_iter()
        .flatten()
        .filter(|(_, value)| !is_plain(value));
    let odd: Vec<_> = odd.map(|(key, _)| key).collect();
    let odd_tag = request.tag.as_ref().is_some_and(|tag| !is_plain(tag));
    let mut readings = Vec::new();
    for text in texts() {
        let mut reading = request.clone();
        if let Some(Value::Object(claims)) = &mut reading.token {
            for key in &odd {
                claims.insert((*key).clone(), text.into());
            }
        }
        if odd_tag {
            reading.tag = Some(text.into());
        }
        readings.push(reading);
    }
    readings.retain(|_| odd_tag || !odd.is_empty());
    readings
}

fn is_plain(value: &Value) -> bool {
    match value {
        Value::String(_) => true,
        Value::Array(items) => items.iter().all(Value::is_string),
        Value::Object(members) => members.values().all(is_plain),
        Value::Null | Value::Bool(_) | Value::Number(_) => false,
    }
}

#[test]
fn docs_name_every_reason() {
    let file = heliast_envoy_tests::install::root().join("docs/compatibility.md");
    let text = std::fs::read_to_string(file).unwrap();
    for reason in Reason::ALL {
        assert!(text.contains(&format!("| `{reason:?}` |")), "{reason:?}");
    }
}
