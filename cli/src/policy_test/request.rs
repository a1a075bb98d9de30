//! The request of a case, as its author wrote it.

use heliast::decode::{Field, Fields};
use heliast::terms::Protocol;
use serde_json::Value;
use std::fmt;
use std::net::IpAddr;

/// Most header lines of a request.
const HEADERS: usize = 1000;
/// The pseudo-header that is written among the headers, for it is hardly ever asked for.
pub(super) const SCHEME: &str = ":scheme";
/// Most URI SANs of a certificate.
const URI_SANS: usize = 16;

/// The request of a case. Pods in it are looked up in the bundle by [`super::Case::facts`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RequestSpec {
    /// Who sends it.
    pub peer: Option<PeerSpec>,
    /// Its protocol; TCP for HTTP.
    pub protocol: Protocol,
    /// Its HTTP part; none where it is not HTTP.
    pub http: Option<HttpSpec>,
    /// The destination port.
    pub port: Option<u16>,
    /// The server name of its TLS handshake.
    pub sni: Option<String>,
    /// What filters ahead of ours wrote: a map for each filter; null if there is nothing.
    pub metadata: Value,
    /// Where it goes; of an outgoing request only.
    pub destination: Option<IpAddr>,
    /// The address of the enforcing pod that was called, or that it goes out from; `Some(None)` is
    /// one that nobody knows.
    pub own_address: Option<Option<IpAddr>>,
}

/// The HTTP part of a request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HttpSpec {
    /// The method; `GET` unless said otherwise.
    pub method: Option<String>,
    /// The raw `:path`; `/` unless said otherwise.
    pub path: Option<String>,
    /// The authority.
    pub host: Option<String>,
    /// Every header line, in order.
    pub headers: Vec<(String, String)>,
}

/// The other end of a request. What is `None` follows from the pod.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct PeerSpec {
    /// The pod.
    pub pod: Option<PodName>,
    /// Its address; `Some(None)` is an address that nobody knows.
    pub address: Option<Option<IpAddr>>,
    /// The URI SANs of its certificate; `Some(None)` is plaintext.
    pub uri_sans: Option<Option<Vec<String>>>,
}

/// A pod: `namespace/name`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PodName {
    /// Its namespace.
    pub namespace: String,
    /// Its name.
    pub name: String,
}

impl PodName {
    /// Reads `namespace/name`.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let (namespace, name) = text.split_once('/')?;
        let is_name = |part: &str| !part.is_empty() && !part.contains(['/', ' ']);
        (is_name(namespace) && is_name(name)).then(|| Self {
            namespace: namespace.to_owned(),
            name: name.to_owned(),
        })
    }

    pub(super) fn decode(field: &Field<'_, '_>) -> Option<Self> {
        let text = field.string()?;
        let name = Self::parse(text);
        if name.is_none() {
            let help = "an address is written as `{address: 10.0.0.1}`";
            field.error("pod-name", format!("`{text}` is not `namespace/pod`"), help);
        }
        name
    }
}

impl fmt::Display for PodName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.namespace, self.name)
    }
}

const KEYS: [&str; 11] = [
    "peer",
    "protocol",
    "method",
    "path",
    "host",
    "headers",
    "port",
    "sni",
    "metadata",
    "destination",
    "ownAddress",
];

/// The protocols, and whether they are HTTP over it.
const PROTOCOLS: [(&str, (Protocol, bool)); 4] = [
    ("HTTP", (Protocol::TCP, true)),
    ("TCP", (Protocol::TCP, false)),
    ("UDP", (Protocol::UDP, false)),
    ("SCTP", (Protocol::SCTP, false)),
];

/// An address, or null for one that nobody knows.
fn own_address(fields: &Fields<'_, '_>) -> Option<Option<IpAddr>> {
    let is_said = fields.keys().any(|key| key == "ownAddress");
    let address = fields
        .get("ownAddress")
        .and_then(|address| decode_address(&address));
    is_said.then_some(address)
}

/// A map of maps, by the names of filters.
fn metadata(fields: &Fields<'_, '_>) -> Value {
    let Some(field) = fields.get("metadata") else {
        return Value::Null;
    };
    if let Some(filters) = field.open_object() {
        for filter in filters.keys() {
            let _map = filters.get(filter).map(|map| map.open_object().is_some());
        }
    }
    field.value().clone()
}

impl RequestSpec {
    pub(super) fn decode(field: &Field<'_, '_>) -> Option<Self> {
        let fields = field.object(&KEYS)?;
        let port = fields.get("port").and_then(|port| port.integer(1, 65_535));
        let (protocol, is_http) = fields
            .get("protocol")
            .and_then(|protocol| protocol.one_of(&PROTOCOLS))
            .unwrap_or((Protocol::TCP, true));
        Some(Self {
            protocol,
            metadata: metadata(&fields),
            peer: fields.get("peer").and_then(|peer| PeerSpec::decode(&peer)),
            http: HttpSpec::decode(&fields, is_http),
            port: port.and_then(|port| u16::try_from(port).ok()),
            sni: fields.string("sni").map(str::to_owned),
            destination: fields
                .get("destination")
                .and_then(|address| decode_address(&address)),
            own_address: own_address(&fields),
        })
    }
}

impl HttpSpec {
    fn decode(fields: &Fields<'_, '_>, is_http: bool) -> Option<Self> {
        if !is_http {
            for key in ["method", "path", "host", "headers"] {
                if let Some(field) = fields.get(key) {
                    field.error("tcp", format!("what is not HTTP has no {key}"), "");
                }
            }
            return None;
        }
        // An explicit null is a request without it: CONNECT has no path.
        let text = |key: &'static str, default: Option<&str>| match fields.get(key) {
            Some(field) => field.string().map(str::to_owned),
            None if fields.keys().any(|known| known == key) => None,
            None => default.map(str::to_owned),
        };
        Some(Self {
            method: text("method", Some("GET")),
            path: text("path", Some("/")),
            host: text("host", None),
            headers: fields
                .get("headers")
                .map(|headers| decode_headers(&headers))
                .unwrap_or_default(),
        })
    }
}

/// `[[name, value], ..]`, which can repeat a name, or `{name: value}`.
fn decode_headers(field: &Field<'_, '_>) -> Vec<(String, String)> {
    let lines: Vec<(String, String)> = if field.value().is_object() {
        field.string_map().into_iter().collect()
    } else {
        let pair = |item: &Field<'_, '_>| {
            let parts = item.list(2);
            let [name, value] = parts.as_slice() else {
                let help = "write `[x-role, admin]`";
                item.error("header-line", "must be a name and a value", help);
                return None;
            };
            Some((name.string()?.to_owned(), value.string()?.to_owned()))
        };
        field.list(HEADERS).iter().filter_map(pair).collect()
    };
    for (name, _) in &lines {
        if name.is_empty() || (name.starts_with(':') && name != SCHEME) {
            let help =
                "`method`, `path` and `host` stand for the pseudo-headers other than `:scheme`";
            field.error("header-name", format!("`{name}` is no header name"), help);
        }
    }
    lines
}

impl PeerSpec {
    fn decode(field: &Field<'_, '_>) -> Option<Self> {
        if field.value().is_string() {
            return Some(Self {
                pod: Some(PodName::decode(field)?),
                ..Self::default()
            });
        }
        let fields = field.object(&["address", "principal", "pod"])?;
        if fields.is_empty() {
            field.error(
                "peer",
                "says nothing of the peer",
                "write a pod, an address or a principal",
            );
        }
        // An explicit null takes something away; a missing field leaves it to the pod.
        let has = |key: &str| fields.keys().any(|known| known == key);
        let address = fields
            .get("address")
            .and_then(|address| decode_address(&address));
        let uri_sans = fields
            .get("principal")
            .and_then(|principal| decode_uri_sans(&principal));
        Some(Self {
            pod: fields.get("pod").and_then(|pod| PodName::decode(&pod)),
            address: has("address").then_some(address),
            uri_sans: has("principal").then_some(uri_sans),
        })
    }
}

fn decode_uri_sans(field: &Field<'_, '_>) -> Option<Vec<String>> {
    if field.value().is_array() {
        return Some(field.strings(URI_SANS));
    }
    Some(vec![field.string()?.to_owned()])
}

fn decode_address(field: &Field<'_, '_>) -> Option<IpAddr> {
    let text = field.string()?;
    let address = text.parse::<IpAddr>().ok();
    if address.is_none() {
        field.error("address", format!("`{text}` is not an IP address"), "");
    }
    address.map(|address| address.to_canonical())
}
