//! From the host's facts to the peer (design section 5).

use crate::host::{HeaderLines, Host, HostFailure, Text};
use crate::peer::Identity;
use std::net::{IpAddr, SocketAddr};

/// What is known of a peer for the whole life of its connection.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Connection {
    /// Who it says it is.
    pub identity: Identity,
    /// Its true address, if something below HTTP recorded it.
    pub address: Recorded,
}

/// Whether the true address of a peer was recorded below HTTP.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Recorded {
    /// It was; `None` is a peer without an IP address.
    Yes(Option<IpAddr>),
    /// It was not: each request has to be asked, and may not know.
    No,
}

/// Identifies the peer of a connection that came in.
///
/// # Errors
///
/// If the host could not answer.
pub fn connection(host: &dyn Host, trust_domains: &[String]) -> Result<Connection, HostFailure> {
    let address = match host.text(Text::PeerAddress)? {
        Some(text) => Recorded::Yes(address(&text)),
        None => Recorded::No,
    };
    Ok(Connection {
        identity: identity(host, trust_domains)?,
        address,
    })
}

/// The certificate of this connection, else the principal that an outer connection verified.
fn identity(host: &dyn Host, trust_domains: &[String]) -> Result<Identity, HostFailure> {
    if host.is_mutual_tls()? {
        let recorded = host.text(Text::PeerUriSans)?.filter(|sans| is_said(sans));
        let sans = match recorded {
            Some(sans) => Some(sans),
            None => host.text(Text::PeerUriSan)?,
        };
        // A comma inside a SAN splits it in two, which is no identity: the safe reading.
        let sans: Vec<&[u8]> = sans
            .as_deref()
            .map(|sans| sans.split(|byte| *byte == b',').collect())
            .unwrap_or_default();
        return Ok(Identity::of_certificate(&sans, trust_domains));
    }
    let tunnel = host
        .text(Text::TunnelPrincipal)?
        .filter(|principal| is_said(principal));
    Ok(tunnel.map_or(Identity::Plaintext, |uri| {
        Identity::of_certificate(&[&uri], trust_domains)
    }))
}

/// Envoy's formatters write `-` for what is not there.
fn is_said(text: &[u8]) -> bool {
    !text.is_empty() && text != b"-"
}

/// The address of the peer of one request, where none was recorded: the source address, unless a
/// header may have chosen it.
///
/// # Errors
///
/// If the host could not answer.
pub fn request_address(
    host: &dyn Host,
    headers: &HeaderLines,
) -> Result<Option<IpAddr>, HostFailure> {
    if is_forwarded(headers) {
        return Ok(None);
    }
    Ok(host
        .text(Text::SourceAddress)?
        .and_then(|text| address(&text)))
}

/// Whether a header may have chosen the source address and port that the host reports.
#[must_use]
pub fn is_forwarded(headers: &HeaderLines) -> bool {
    headers.has("x-forwarded-for")
}

/// An IP address, with or without port. Anything else, such as a pipe, is no address; an IPv4
/// address inside IPv6 is the IPv4 address.
#[must_use]
pub fn address(text: &[u8]) -> Option<IpAddr> {
    address_as_written(text).map(|address| address.to_canonical())
}

/// The same, but an IPv4 address inside IPv6 stays what it is.
#[must_use]
pub fn address_as_written(text: &[u8]) -> Option<IpAddr> {
    let text = std::str::from_utf8(text).ok()?;
    let with_port = || text.parse::<SocketAddr>().ok().map(|socket| socket.ip());
    text.parse::<IpAddr>().ok().or_else(with_port)
}

#[cfg(test)]
mod tests {
    use super::address;

    #[test]
    fn reads_addresses_strictly() {
        for (text, expected) in [
            ("127.0.0.1", Some("127.0.0.1")),
            ("127.0.0.1:80", Some("127.0.0.1")),
            ("9.8.7.6:0", Some("9.8.7.6")),
            ("[::1]:57270", Some("::1")),
            ("::1", Some("::1")),
            ("::ffff:10.0.0.1", Some("10.0.0.1")),
            ("[::ffff:10.0.0.1]:80", Some("10.0.0.1")),
            ("", None),
            ("-", None),
            ("/run/envoy.sock", None),
            ("envoy://internal_client_address/", None),
            ("10.0.0.1/8", None),
            ("010.0.0.1", None),
            ("10.0.0.1 ", None),
            ("fe80::1%eth0", None),
        ] {
            let expected = expected.map(|text| text.parse().unwrap());
            assert_eq!(address(text.as_bytes()), expected, "{text:?}");
        }
        assert_eq!(address(b"10.0.0.\xff"), None);
    }
}
