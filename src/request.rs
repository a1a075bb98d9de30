//! What is known of a request: facts from the proxy, borrowed, as bytes.

use std::net::IpAddr;

use crate::resources::calico::Protocol;

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
    /// The HTTP part; none for a plain TCP connection.
    pub http: Option<Http<'r>>,
}

/// The HTTP part of a request.
#[derive(Debug, Clone, Copy)]
pub struct Http<'r> {
    /// The method.
    pub method: Option<&'r [u8]>,
    /// The raw `:path`; CONNECT requests have none.
    pub path: Option<&'r [u8]>,
    /// Every header line, with its name in lower case; pseudo-headers may be among them.
    pub headers: &'r [(&'r [u8], &'r [u8])],
}

impl<'r> Http<'r> {
    /// The HTTP part of a request with these header lines, pseudo-headers among them.
    #[must_use]
    pub fn new(headers: &'r [(&'r [u8], &'r [u8])]) -> Self {
        let pseudo = |wanted: &[u8]| {
            headers
                .iter()
                .find(|(name, _)| *name == wanted)
                .map(|(_, value)| *value)
        };
        Self {
            method: pseudo(b":method"),
            path: pseudo(b":path"),
            headers,
        }
    }
}
