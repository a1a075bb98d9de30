//! The proxy, as the engine sees it.
//!
//! The engine asks for facts in its own words; an adapter knows how its proxy spells them. Nothing
//! here is trusted further than the proxy verified it: what a request header says of addresses or
//! identities is never asked for.

use crate::request::Found;
use crate::verdict::HeaderChange;
use std::fmt;
use std::ops::Range;

/// A fact that is bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Text {
    /// The peer's address below HTTP, recorded ahead of the connection manager.
    PeerAddress,
    /// All URI SANs of the peer's certificate, joined by commas, recorded at the handshake.
    PeerUriSans,
    /// The first URI SAN of the peer's certificate.
    PeerUriSan,
    /// The peer's principal where an outer connection carried the certificate (HBONE).
    TunnelPrincipal,
    /// The source address of the request, with port. Request headers may have chosen it.
    SourceAddress,
    /// The destination address of the connection, with port.
    DestinationAddress,
    /// The server name of the TLS handshake.
    ServerName,
}

/// A fact that is a number.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Number {
    /// The id of the connection, unique in the process.
    ConnectionId,
    /// 1 for a listener that takes requests in, 2 for one that lets them out, 0 if it does not say.
    ListenerDirection,
    /// The destination port of the connection.
    DestinationPort,
    /// The source port of the request. Request headers may have chosen it.
    SourcePort,
}

/// The host could not answer: a fact that may exist is not to be had.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct HostFailure {
    /// What was asked for.
    pub asked: &'static str,
    /// The host's status code.
    pub status: u32,
}

impl fmt::Display for HostFailure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "the host answered status {} when asked for {}",
            self.status, self.asked
        )
    }
}

/// The header lines of a request, pseudo-headers included, in one buffer.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct HeaderLines {
    buffer: Vec<u8>,
    lines: Vec<(Range<usize>, Range<usize>)>,
}

impl HeaderLines {
    /// Lines whose names and values are these parts of a buffer; a part that is not in it is empty.
    #[must_use]
    pub fn new(buffer: Vec<u8>, lines: Vec<(Range<usize>, Range<usize>)>) -> Self {
        Self { buffer, lines }
    }

    /// The lines: name and value.
    pub fn iter(&self) -> impl Iterator<Item = (&[u8], &[u8])> {
        let part = |range: &Range<usize>| self.buffer.get(range.clone()).unwrap_or_default();
        self.lines
            .iter()
            .map(move |(name, value)| (part(name), part(value)))
    }

    /// Whether there is a line of that name.
    #[must_use]
    pub fn has(&self, name: &str) -> bool {
        self.first(name).is_some()
    }

    /// The value of the first line of that name. Only for pseudo-headers, of which there is one.
    #[must_use]
    pub fn first(&self, name: &str) -> Option<&[u8]> {
        let named = |(key, _): &(&[u8], &[u8])| key.eq_ignore_ascii_case(name.as_bytes());
        self.iter().find(named).map(|(_, value)| value)
    }
}

impl<N: AsRef<[u8]>, V: AsRef<[u8]>> FromIterator<(N, V)> for HeaderLines {
    fn from_iter<I: IntoIterator<Item = (N, V)>>(lines: I) -> Self {
        let mut all = Self::default();
        for (name, value) in lines {
            let start = all.buffer.len();
            all.buffer.extend_from_slice(name.as_ref());
            let middle = all.buffer.len();
            all.buffer.extend_from_slice(value.as_ref());
            all.lines.push((start..middle, middle..all.buffer.len()));
        }
        all
    }
}

/// Where the facts of one request come from. `Ok(None)`: there is no such fact.
pub trait Host {
    /// A fact that is bytes.
    ///
    /// # Errors
    ///
    /// If the host could not answer.
    fn text(&self, fact: Text) -> Result<Option<Vec<u8>>, HostFailure>;

    /// A fact that is a number.
    ///
    /// # Errors
    ///
    /// If the host could not answer.
    fn number(&self, fact: Number) -> Result<Option<u64>, HostFailure>;

    /// What filters ahead of ours wrote at a path of dynamic metadata: the filter's name, then keys.
    ///
    /// # Errors
    ///
    /// If the host could not answer.
    fn metadata(&self, path: &[String]) -> Result<Found, HostFailure>;

    /// Whether the peer showed a certificate.
    ///
    /// # Errors
    ///
    /// If the host could not answer.
    fn is_mutual_tls(&self) -> Result<bool, HostFailure>;

    /// Changes the header lines of the request, as the upstream will see them.
    ///
    /// # Errors
    ///
    /// If the host could not.
    fn change(&self, change: &HeaderChange) -> Result<(), HostFailure>;

    /// All header lines of the request.
    ///
    /// # Errors
    ///
    /// If the host could not answer.
    fn headers(&self) -> Result<HeaderLines, HostFailure>;

    /// The value of one pseudo-header, of which a request has one at most.
    ///
    /// # Errors
    ///
    /// If the host could not answer.
    fn pseudo_header(&self, name: &'static str) -> Result<Option<Vec<u8>>, HostFailure> {
        Ok(self.headers()?.first(name).map(<[u8]>::to_vec))
    }
}
