//! The proxy, as the engine sees it.
//!
//! The engine asks for facts in its own words; an adapter knows how its proxy spells them. Nothing
//! here is trusted further than the proxy verified it: what a request header says of addresses or
//! identities is never asked for.

use std::fmt;

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
        write!(f, "the host answered status {} when asked for {}", self.status, self.asked)
    }
}

/// Header lines: names in lower case, pseudo-headers included.
pub type HeaderLines = Vec<(Vec<u8>, Vec<u8>)>;

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

    /// Whether the peer showed a certificate.
    ///
    /// # Errors
    ///
    /// If the host could not answer.
    fn is_mutual_tls(&self) -> Result<bool, HostFailure>;

    /// All header lines of the request.
    ///
    /// # Errors
    ///
    /// If the host could not answer.
    fn headers(&self) -> Result<HeaderLines, HostFailure>;
}
