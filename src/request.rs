//! What is known of a request: facts from the proxy, borrowed, as bytes.

use crate::settings::Readings;
use crate::terms::Protocol;
use litemap::LiteMap;
use std::net::IpAddr;

/// The facts of one request besides its peer. What is unknown is `None`, and no clause that asks
/// for it is ever certain.
#[derive(Debug, Clone, Copy)]
pub struct Request<'r> {
    /// The IP protocol; TCP for every HTTP request.
    pub protocol: Protocol,
    /// The destination port.
    pub port: Option<u16>,
    /// The source port.
    pub source_port: Option<u16>,
    /// The address of the enforcing workload that the request came to, or goes out from.
    pub local_address: Option<IpAddr>,
    /// The address of the sender as the proxy reads it from headers, and as it is written there;
    /// none if it is not known.
    pub remote_address: Option<IpAddr>,
    /// The server name of the TLS handshake; none if there was none.
    pub server_name: Option<&'r [u8]>,
    /// Whether the name that is asked for tells where an outgoing request goes.
    pub trusts_domain: bool,
    /// How its texts are read.
    pub readings: Readings,
    /// What filters ahead of ours wrote, as far as rules ask for it.
    pub metadata: &'r Metadata,
    /// The HTTP part; none for a plain TCP connection.
    pub http: Option<Http<'r>>,
}

impl<'r> Request<'r> {
    /// A request of which only this much is known.
    #[must_use]
    pub fn new(protocol: Protocol, http: Option<Http<'r>>) -> Self {
        static NOTHING: Metadata = Metadata(LiteMap::new_vec());
        Self {
            protocol,
            port: None,
            source_port: None,
            local_address: None,
            remote_address: None,
            server_name: None,
            trusts_domain: false,
            readings: Readings::default(),
            metadata: &NOTHING,
            http,
        }
    }
}

/// What filters ahead of ours wrote at a path of dynamic metadata.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Found {
    /// Nothing.
    Nothing,
    /// A text.
    Text(Vec<u8>),
    /// A list: the texts in it.
    List(Vec<Vec<u8>>),
    /// Something else, such as a number: it is like no text for certain, and unlike none.
    Other,
}

/// Dynamic metadata, by the name of the filter that wrote it and the keys below it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Metadata(LiteMap<Vec<String>, Found>);

impl Metadata {
    /// What is at a path.
    #[must_use]
    pub fn at(&self, path: &[String]) -> &Found {
        self.0.get(path).unwrap_or(&Found::Nothing)
    }

    /// Puts something at a path.
    pub fn insert(&mut self, path: Vec<String>, found: Found) {
        self.0.insert(path, found);
    }
}

/// The HTTP part of a request.
#[derive(Debug, Clone, Copy)]
pub struct Http<'r> {
    /// The method.
    pub method: Option<&'r [u8]>,
    /// The raw `:path`; CONNECT requests have none.
    pub path: Option<&'r [u8]>,
    /// `:authority`; a `host` line beside it counts for nothing (istio.md section 9 row 23).
    pub authority: Option<&'r [u8]>,
    /// Every header line, with its name in lower case; pseudo-headers may be among them.
    pub headers: &'r [(&'r [u8], &'r [u8])],
}

impl<'r> Http<'r> {
    /// The HTTP part of a request with these header lines, pseudo-headers among them.
    #[must_use]
    pub fn new(headers: &'r [(&'r [u8], &'r [u8])]) -> Self {
        let (mut method, mut path, mut authority) = (None, None, None);
        for (name, value) in headers {
            let place = match *name {
                b":method" => &mut method,
                b":path" => &mut path,
                b":authority" => &mut authority,
                _other => continue,
            };
            place.get_or_insert(*value);
        }
        Self {
            method,
            path,
            authority,
            headers,
        }
    }

    /// The values of all lines of a header, without the blanks around them. The name is compared in
    /// any case; `host` is another name of `:authority`, as it is to Envoy.
    pub fn lines(&self, name: &'r str) -> impl Iterator<Item = &'r [u8]> + Clone {
        let (authority, headers) = if is_authority(name) {
            (self.authority, [].as_slice())
        } else {
            (None, self.headers)
        };
        let named = move |key: &[u8]| key.eq_ignore_ascii_case(name.as_bytes());
        let authority = authority.into_iter().map(<[u8]>::trim_ascii);
        authority.chain(values(headers, named))
    }

    /// The lines of headers that have another name, and the same one to software that reads `_` for
    /// `-`.
    pub fn underscored_lines(&self, name: &'r str) -> impl Iterator<Item = &'r [u8]> + Clone {
        let can_differ = name.contains(['-', '_']);
        let headers = if can_differ { self.headers } else { &[] };
        let named = move |key: &[u8]| {
            is_underscored(key, name.as_bytes()) && !key.eq_ignore_ascii_case(name.as_bytes())
        };
        values(headers, named)
    }
}

/// Whether a header of this name is the authority.
#[must_use]
pub fn is_authority(name: &str) -> bool {
    name.eq_ignore_ascii_case("host") || name == ":authority"
}

fn is_underscored(key: &[u8], name: &[u8]) -> bool {
    let folded = |byte: &u8| match byte {
        b'_' => b'-',
        byte => byte.to_ascii_lowercase(),
    };
    key.len() == name.len() && key.iter().map(folded).eq(name.iter().map(folded))
}

/// The values of the headers with such a name, without the blanks around them.
fn values<'r>(
    headers: &'r [(&'r [u8], &'r [u8])],
    is_named: impl Fn(&[u8]) -> bool + Clone,
) -> impl Iterator<Item = &'r [u8]> + Clone {
    let named = headers.iter().filter(move |(key, _)| is_named(key));
    named.map(|(_, value)| value.trim_ascii())
}
