//! Envoy's spelling of the facts the engine asks for (envoy-wasm.md 1.3, section 2).

use super::{hostcalls, pairs};
use crate::host::{HeaderLines, Host, HostFailure, Number, Text};
use crate::request::Found;
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

    fn metadata(&self, path: &[String]) -> Result<Found, HostFailure> {
        let whole = format!("metadata\0filter_metadata\0{}", path.join("\0"));
        let bytes = match hostcalls::property(&whole) {
            Ok(None) => return Ok(Found::Nothing),
            Ok(Some(bytes)) if bytes == EMPTY_LIST => return Ok(Found::List(Vec::new())),
            // The type of a value is not told. Lists, maps and numbers have bytes in them that no
            // name or claim has (envoy-wasm.md 1.3).
            Ok(Some(bytes)) if is_text(&bytes) => return Ok(Found::Text(bytes)),
            Ok(Some(bytes)) => bytes,
            // What has no bytes, such as a null, is there, and is no text.
            Err(SERIALIZATION_FAILURE) => return Ok(Found::Other),
            Err(status) => {
                return Err(HostFailure {
                    asked: "dynamic metadata",
                    status,
                });
            }
        };
        let Some(items) = pairs::decode(bytes) else {
            return Ok(Found::Other);
        };
        // Of a list the items are keys without values; a map has values. A list of nothing was seen
        // above: what is left that has no items is a number.
        let is_list = items.iter().all(|(_, value)| value.is_empty());
        if !is_list || items.iter().next().is_none() {
            return Ok(Found::Other);
        }
        let texts = items
            .iter()
            .map(|(item, _)| item)
            .filter(|item| is_text(item));
        Ok(Found::List(texts.map(<[u8]>::to_vec).collect()))
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

    /// A map that is out of reach is an error here, and not an empty one.
    fn pseudo_header(&self, name: &'static str) -> Result<Option<Vec<u8>>, HostFailure> {
        hostcalls::request_header(name).map_err(|status| HostFailure {
            asked: name,
            status,
        })
    }
}

/// The status for "there is nothing", which stands for a map that cannot be read.
const EMPTY: u32 = 7;

/// A list or map without anything in it: its count.
const EMPTY_LIST: [u8; 4] = [0; 4];

/// Whether the bytes of a property are a text, and not a number, a list or a map.
fn is_text(bytes: &[u8]) -> bool {
    std::str::from_utf8(bytes).is_ok() && !bytes.contains(&0) && *bytes != [1]
}

/// The status for a value that cannot be written as bytes.
const SERIALIZATION_FAILURE: u32 = 3;

fn property(path: &'static str) -> Result<Option<Vec<u8>>, HostFailure> {
    hostcalls::property(path).map_err(|status| HostFailure {
        asked: path,
        status,
    })
}
