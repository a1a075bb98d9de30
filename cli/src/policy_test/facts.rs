//! The request of a case as facts of the wire: what a proxy at the enforcing pod would see.

use super::joined_headers;
use super::request::{PodName, SCHEME};
use heliast::peer::{Identity, Peer};
use heliast::problem::Problems;
use heliast::request::Found;
use heliast::terms::Protocol;
use heliast::verdict::Direction;
use serde_json::Value;
use std::fmt;
use std::net::IpAddr;

/// The header that says where a request comes from.
const FORWARDED_FOR: &str = "x-forwarded-for";

/// What a proxy at the enforcing pod sees of a request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Facts {
    /// Which way it goes.
    pub direction: Direction,
    /// The true address of the other end: of the caller of an incoming request, of the destination
    /// of an outgoing one. None is an address that nobody knows.
    pub peer_address: Option<IpAddr>,
    /// The URI SANs of the caller's certificate; none is plaintext, and every outgoing request.
    pub uri_sans: Option<Vec<String>>,
    /// The address of the enforcing pod.
    pub local_address: Option<IpAddr>,
    /// The destination port.
    pub port: Option<u16>,
    /// The server name of the TLS handshake.
    pub sni: Option<String>,
    /// What filters ahead of ours wrote: a map for each filter; null if there is nothing.
    pub metadata: Value,
    /// The protocol; TCP for HTTP.
    pub protocol: Protocol,
    /// The HTTP part; none where it is not HTTP.
    pub http: Option<HttpFacts>,
}

/// The HTTP part of a request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HttpFacts {
    /// The method.
    pub method: Option<String>,
    /// The raw `:path`.
    pub path: Option<String>,
    /// The authority.
    pub host: Option<String>,
    /// The scheme of the connection; a header line `:scheme` says something else.
    pub scheme: &'static str,
    /// Every other header line, in order, names as they were written.
    pub headers: Vec<(String, String)>,
}

impl Facts {
    /// The other end as the engine sees it.
    #[must_use]
    pub fn peer(&self, trust_domains: &[String]) -> Peer {
        let identity = match &self.uri_sans {
            None => Identity::Plaintext,
            Some(sans) => {
                let sans: Vec<&[u8]> = sans.iter().map(String::as_bytes).collect();
                Identity::of_certificate(&sans, trust_domains)
            }
        };
        Peer {
            address: self.peer_address,
            identity,
        }
    }
}

impl Facts {
    /// The source address as a proxy reports it that believes `X-Forwarded-For`, as sidecars do:
    /// the last one there (istio.md 6.3), as it is written. What is no bare address, such as one
    /// with a port, is none to Envoy.
    #[must_use]
    pub fn source_address(&self) -> Option<IpAddr> {
        let lines = self.http.iter().flat_map(HttpFacts::header_lines);
        let mut forwarded = lines.filter(|(name, _)| name == FORWARDED_FOR.as_bytes());
        let named = forwarded.next_back().and_then(|(_, line)| {
            let last = line.rsplit(|byte| *byte == b',').next()?.trim_ascii();
            std::str::from_utf8(last).ok()?.parse().ok()
        });
        named.or(self.peer_address)
    }

    /// Whether a header may have chosen the source address.
    #[must_use]
    pub fn is_forwarded(&self) -> bool {
        let mut headers = self.http.iter().flat_map(|http| &http.headers);
        headers.any(|(name, _)| name.eq_ignore_ascii_case(FORWARDED_FOR))
    }

    /// What is at a path of [`Self::metadata`].
    #[must_use]
    pub fn found(&self, path: &[String]) -> Found {
        let at = path
            .iter()
            .try_fold(&self.metadata, |value, key| value.get(key));
        let bytes = |text: &str| text.as_bytes().to_vec();
        match at {
            None => Found::Nothing,
            Some(Value::String(text)) => Found::Text(bytes(text)),
            Some(Value::Array(items)) => {
                let texts = items.iter().filter_map(Value::as_str);
                Found::List(texts.map(bytes).collect())
            }
            Some(Value::Null | Value::Bool(_) | Value::Number(_) | Value::Object(_)) => {
                Found::Other
            }
        }
    }
}

impl HttpFacts {
    /// All header lines as a proxy holds them: pseudo-headers first, names in lower case, and one
    /// line for those that Envoy joins.
    #[must_use]
    pub fn header_lines(&self) -> Vec<(Vec<u8>, Vec<u8>)> {
        let pseudo = [
            (":method", &self.method),
            (":path", &self.path),
            (":authority", &self.host),
        ];
        let pseudo = pseudo.into_iter().filter_map(|(name, value)| {
            let value = value.as_ref()?;
            Some((name.as_bytes().to_vec(), value.clone().into_bytes()))
        });
        let is_said = self.headers.iter().any(|(name, _)| name == SCHEME);
        let scheme = (!is_said).then(|| {
            let bytes = |text: &str| text.as_bytes().to_vec();
            (bytes(SCHEME), bytes(self.scheme))
        });
        let lines = self.headers.iter().map(|(name, value)| {
            (
                name.to_ascii_lowercase().into_bytes(),
                value.clone().into_bytes(),
            )
        });
        pseudo
            .chain(scheme)
            .chain(joined_headers::join(lines.collect()))
            .collect()
    }
}

/// Why a case has no facts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum FactsError {
    /// It has no request.
    NoRequest,
    /// Its bundle cannot be loaded: all that is wrong with it.
    Bundle(Problems),
    /// A pod it names is not among the resources.
    UnknownPod(PodName),
    /// The pod that sends the request has no address.
    NoAddress(PodName),
}

impl fmt::Display for FactsError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NoRequest => f.write_str("there is no request"),
            Self::Bundle(problems) => write!(f, "{problems}"),
            Self::UnknownPod(pod) => write!(f, "there is no Pod {pod} among the resources"),
            Self::NoAddress(pod) => write!(f, "Pod {pod} has no address; the peer needs one"),
        }
    }
}

impl std::error::Error for FactsError {}
