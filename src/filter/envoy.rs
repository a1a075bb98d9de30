//! Envoy's spelling of the facts the engine asks for (envoy-wasm.md 1.3, section 2).

use super::{hostcalls, pairs};
use crate::host::{HeaderLines, Host, HostFailure, Number, Text};
use crate::verdict::HeaderChange;

/// The stream that the current callback is about.
#[derive(Debug)]
pub(super) struct Envoy;

impl Host for Envoy {
    fn text(&self, fact: Text) -> Result<Option<Vec<u8>>, HostFailure> {
        property(match fact {
            Text::PeerAddress => "filter_state\0heliast.peer_address",
            Text::PeerUriSans => "filter_state\0heliast.peer_uri_sans",
            Text::PeerUriSan => "connection\0uri_san_peer_certificate",
            Text::TunnelPrincipal => "filter_state\0io.istio.peer_principal",
            Text::SourceAddress => "source\0address",
            Text::DestinationAddress => "destination\0address",
            Text::ServerName => "connection\0requested_server_name",
        })
    }

    fn number(&self, fact: Number) -> Result<Option<u64>, HostFailure> {
        let bytes = property(match fact {
            Number::ConnectionId => "connection\0id",
            Number::ListenerDirection => "xds\0listener_direction",
            Number::DestinationPort => "destination\0port",
            Number::SourcePort => "source\0port",
        })?;
        let eight = bytes.and_then(|bytes| <[u8; 8]>::try_from(bytes).ok());
        Ok(eight.map(u64::from_le_bytes))
    }

    fn metadata(&self, path: &[String]) -> Result<Vec<Vec<u8>>, HostFailure> {
        let whole = format!("metadata\0filter_metadata\0{}", path.join("\0"));
        // A list and a text may be the same bytes; only a list has items (envoy-wasm.md 1.3).
        let mut items = Vec::new();
        while let Some(item) = metadata(&format!("{whole}\0{}", items.len()))? {
            if items.len() == MAX_ITEMS {
                // What is not looked at might be what a Deny is about.
                return Err(HostFailure {
                    asked: "a list in dynamic metadata, which is too long",
                    status: EMPTY,
                });
            }
            items.push(item);
        }
        if items.is_empty() {
            items.extend(metadata(&whole)?);
        }
        Ok(items)
    }

    fn is_mutual_tls(&self) -> Result<bool, HostFailure> {
        let shown = property("connection\0mtls")?;
        Ok(shown.is_some_and(|bytes| bytes.iter().any(|byte| *byte != 0)))
    }

    fn change(&self, change: &HeaderChange) -> Result<(), HostFailure> {
        let changed = match change {
            HeaderChange::Add { name, value } => hostcalls::add_request_header(name, value),
            HeaderChange::Replace { name, value } => hostcalls::replace_request_header(name, value),
            HeaderChange::Remove { name } => hostcalls::remove_request_header(name),
        };
        changed.map_err(|status| HostFailure {
            asked: "a change of the request headers",
            status,
        })
    }

    fn headers(&self) -> Result<HeaderLines, HostFailure> {
        let failure = |status| HostFailure {
            asked: "the request headers",
            status,
        };
        let bytes = hostcalls::request_headers()
            .map_err(failure)?
            .unwrap_or_default();
        // A map that is out of reach comes back empty (envoy-wasm.md 0.8), and every request has a
        // method: without it, what is missing may be anything.
        let lines = pairs::decode(bytes).filter(|lines| lines.has(":method"));
        lines.ok_or(failure(EMPTY))
    }
}

/// The status for "there is nothing", which stands for a map that cannot be read.
const EMPTY: u32 = 7;

/// Most items of a list in dynamic metadata that are looked at.
const MAX_ITEMS: usize = 64;

fn metadata(path: &str) -> Result<Option<Vec<u8>>, HostFailure> {
    hostcalls::property(path).map_err(|status| HostFailure {
        asked: "dynamic metadata",
        status,
    })
}

fn property(path: &'static str) -> Result<Option<Vec<u8>>, HostFailure> {
    hostcalls::property(path).map_err(|status| HostFailure {
        asked: path,
        status,
    })
}
