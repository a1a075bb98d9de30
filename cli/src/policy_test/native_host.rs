//! A proxy that knows exactly the facts of one case.

use super::facts::{Facts, HttpFacts};
use heliast::host::{HeaderLines, Host, HostFailure, Number, Text};
use heliast::request::Found;
use heliast::verdict::{Direction, HeaderChange};
use std::cell::RefCell;
use std::net::{IpAddr, SocketAddr};

/// Answers the engine's questions from the facts of a case, as a proxy would whose listener
/// records the true peer (design section 5).
#[derive(Debug)]
pub struct NativeHost<'f> {
    /// The facts.
    pub facts: &'f Facts,
    /// The header lines, names in lower case, as changes left them.
    pub lines: RefCell<Vec<(Vec<u8>, Vec<u8>)>>,
}

impl<'f> NativeHost<'f> {
    /// A proxy that knows these facts.
    #[must_use]
    pub fn new(facts: &'f Facts) -> Self {
        let lines = facts.http.iter().flat_map(HttpFacts::header_lines);
        Self {
            facts,
            lines: RefCell::new(lines.collect()),
        }
    }

    fn socket(&self, address: Option<IpAddr>, port: u16) -> Option<Vec<u8>> {
        address.map(|address| SocketAddr::new(address, port).to_string().into_bytes())
    }

    fn is_ingress(&self) -> bool {
        self.facts.direction == Direction::Ingress
    }
}

impl Host for NativeHost<'_> {
    fn text(&self, fact: Text) -> Result<Option<Vec<u8>>, HostFailure> {
        let facts = self.facts;
        let port = facts.port.unwrap_or_default();
        Ok(match fact {
            // Envoy writes `-` for a peer without an IP address.
            Text::PeerAddress if self.is_ingress() => {
                let text = facts.peer_address.map(|address| address.to_string());
                Some(text.unwrap_or_else(|| "-".to_owned()).into_bytes())
            }
            Text::PeerUriSans => facts
                .uri_sans
                .as_ref()
                .map(|sans| sans.join(",").into_bytes()),
            Text::PeerUriSan => {
                let first = facts.uri_sans.as_ref().and_then(|sans| sans.first());
                first.map(|san| san.clone().into_bytes())
            }
            Text::SourceAddress if self.is_ingress() => self.socket(facts.source_address(), 0),
            Text::SourceAddress => self.socket(facts.local_address, 0),
            Text::DestinationAddress if self.is_ingress() => self.socket(facts.local_address, port),
            Text::DestinationAddress => self.socket(facts.peer_address, port),
            Text::ServerName => facts.sni.clone().map(String::into_bytes),
            Text::PeerAddress | Text::TunnelPrincipal => None,
        })
    }

    fn number(&self, fact: Number) -> Result<Option<u64>, HostFailure> {
        Ok(match fact {
            Number::ConnectionId => Some(1),
            Number::ListenerDirection => Some(if self.is_ingress() { 1 } else { 2 }),
            Number::DestinationPort => self.facts.port.map(u64::from),
            Number::SourcePort => None,
        })
    }

    fn metadata(&self, path: &[String]) -> Result<Found, HostFailure> {
        Ok(self.facts.found(path))
    }

    fn is_mutual_tls(&self) -> Result<bool, HostFailure> {
        Ok(self.facts.uri_sans.is_some())
    }

    fn change(&self, change: &HeaderChange) -> Result<(), HostFailure> {
        let mut lines = self.lines.borrow_mut();
        let line =
            |name: &String, value: &String| (name.clone().into_bytes(), value.clone().into_bytes());
        match change {
            HeaderChange::Add { name, value } => lines.push(line(name, value)),
            HeaderChange::Replace { name, value } => {
                lines.retain(|(key, _)| key != name.as_bytes());
                lines.push(line(name, value));
            }
            HeaderChange::Remove { name } => lines.retain(|(key, _)| key != name.as_bytes()),
        }
        Ok(())
    }

    fn headers(&self) -> Result<HeaderLines, HostFailure> {
        Ok(self.lines.borrow().iter().cloned().collect())
    }
}
