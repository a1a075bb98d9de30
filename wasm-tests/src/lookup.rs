//! Which property is what, and when: section by section as Envoy 1.40 was measured.

use std::net::IpAddr;

use crate::config::PluginConfig;
use crate::connection::Connection;
use crate::headers::Headers;
use crate::http::{Http, Phase};
use crate::network::{Moment, Network};
use crate::properties::Found;
use crate::value::Value;

/// The context a property is asked for in.
#[derive(Clone, Copy)]
pub(crate) enum Scope<'a> {
    /// Configure, tick, callout answer.
    Root,
    Http(&'a Http),
    Network(&'a Network),
}

pub(crate) fn property(plugin: &PluginConfig, scope: Scope<'_>, path: &[String]) -> Found {
    let Some((first, rest)) = path.split_first() else {
        return Found::Container;
    };
    match first.as_str() {
        "plugin_name" => text(&plugin.name, rest),
        "plugin_root_id" => text(&plugin.root_id, rest),
        "plugin_vm_id" => text(&plugin.vm_id, rest),
        "xds" => xds(plugin, scope, path),
        "connection_id" => connection_id(scope),
        "connection" => connection(scope, path),
        "source" | "destination" => endpoint(scope, path),
        "request" => request(scope, path),
        "response" => response(scope, path),
        "upstream" => upstream(scope, path),
        "filter_state" => filter_state(scope, path),
        "metadata" => container_or_table(scope, path),
        name if rest.is_empty() => state(scope, &format!("wasm.{name}")),
        _ => Found::Missing,
    }
}

fn text(value: &str, rest: &[String]) -> Found {
    if rest.is_empty() {
        Found::Value(value.into())
    } else {
        Found::Missing
    }
}

fn xds(plugin: &PluginConfig, scope: Scope<'_>, path: &[String]) -> Found {
    let Some(second) = path.get(1) else {
        return Found::Container;
    };
    match (second.as_str(), scope) {
        ("node", _) => plugin.node_properties().find(path),
        (_, Scope::Root) => Found::Missing,
        (
            "route_name" | "route_metadata" | "virtual_host_name" | "virtual_host_metadata",
            Scope::Network(_),
        ) => Found::Missing,
        (
            "cluster_name" | "cluster_metadata" | "upstream_host_metadata",
            Scope::Network(network),
        ) if network.moment == Moment::NewConnection => Found::Missing,
        (_, Scope::Http(_) | Scope::Network(_)) => tables(scope, path),
    }
}

fn connection_id(scope: Scope<'_>) -> Found {
    peer(scope).and_then(Connection::id).map(Value::U64).into()
}

fn connection(scope: Scope<'_>, path: &[String]) -> Found {
    let early = matches!(scope, Scope::Network(network) if network.moment == Moment::NewConnection);
    match (path.get(1).map(String::as_str), early) {
        (Some("id"), _) => connection_id(scope),
        // The handshake has not run yet.
        (Some("mtls"), true) => Found::Value(false.into()),
        (
            Some(
                "uri_san_peer_certificate"
                | "dns_san_peer_certificate"
                | "subject_peer_certificate"
                | "sha256_peer_certificate_digest",
            ),
            true,
        ) => Found::Missing,
        (Some(_) | None, _) => container_or_table(scope, path),
    }
}

/// In HTTP the source is the last address of `x-forwarded-for`, unless the listener uses the remote address.
fn endpoint(scope: Scope<'_>, path: &[String]) -> Found {
    if let Scope::Http(http) = scope
        && path.first().is_some_and(|first| first == "source")
        && matches!(http.properties.find(path), Found::Missing)
        && !http.connection.uses_remote_address()
        && let Some(address) = forwarded_for(&http.request.headers)
    {
        match path.get(1).map(String::as_str) {
            Some("address") => return Found::Value(address.into()),
            Some("port") => return Found::Value(Value::I64(0)),
            Some(_) | None => {}
        }
    }
    container_or_table(scope, path)
}

fn forwarded_for(headers: &Headers) -> Option<String> {
    let joined = headers.joined("x-forwarded-for")?;
    let text = std::str::from_utf8(&joined).ok()?;
    let last = text.rsplit(',').next().unwrap_or(text).trim();
    Some(match last.parse().ok()? {
        IpAddr::V4(address) => format!("{address}:0"),
        IpAddr::V6(address) => format!("[{address}]:0"),
    })
}

/// Gone once the headers callback has let the request go on (only what the test filled in stays for the request
/// phase); back in the log phase.
fn request(scope: Scope<'_>, path: &[String]) -> Found {
    let Scope::Http(http) = scope else {
        return Found::Missing;
    };
    if path.len() == 1 {
        return Found::Container;
    }
    let headers_visible = http.phase == Phase::Log || http.request.visible.headers;
    if http.phase == Phase::Response && !headers_visible {
        return Found::Missing;
    }
    http.properties.find(path).or_else(|| {
        if headers_visible {
            from_request(&http.request.headers, path)
        } else {
            Found::Missing
        }
    })
}

fn from_request(headers: &Headers, path: &[String]) -> Found {
    let line = |name: &str| headers.get(name).map(Value::from);
    let whole_path = headers.get(":path").unwrap_or_default();
    let (before_query, query) = split_query(whole_path);
    let value = match path.get(1).map(String::as_str) {
        Some("headers") => return header(headers, path),
        Some("path") => line(":path"),
        Some("url_path") => line(":path").map(|_| before_query.into()),
        Some("query") => line(":path").map(|_| query.into()),
        Some("host") => line(":authority"),
        Some("scheme") => line(":scheme"),
        Some("method") => line(":method"),
        Some("referer") => line("referer"),
        Some("useragent") => line("user-agent"),
        Some("id") => line("x-request-id"),
        Some("protocol") => Some("HTTP/1.1".into()),
        Some(_) | None => None,
    };
    if path.len() > 2 {
        Found::Missing
    } else {
        value.into()
    }
}

fn header(headers: &Headers, path: &[String]) -> Found {
    match path.get(2) {
        Some(name) => headers.joined(name).map(Value::from).into(),
        None => Found::Container,
    }
}

fn split_query(path: &[u8]) -> (&[u8], &[u8]) {
    match path.iter().position(|byte| *byte == b'?') {
        Some(at) => {
            let (before, query) = path.split_at(at);
            (before, query.strip_prefix(b"?").unwrap_or_default())
        }
        None => (path, &[]),
    }
}

fn response(scope: Scope<'_>, path: &[String]) -> Found {
    let Scope::Http(http) = scope else {
        return Found::Missing;
    };
    if path.len() == 1 {
        return Found::Container;
    }
    if http.phase == Phase::Request {
        return Found::Missing;
    }
    http.properties
        .find(path)
        .or_else(|| match path.get(1).map(String::as_str) {
            Some("headers") => header(&http.response.headers, path),
            Some("code") => {
                let status = http.response.headers.text(":status");
                status
                    .and_then(|status| status.parse::<i64>().ok())
                    .map(Value::I64)
                    .into()
            }
            Some("code_details") => {
                let upstream = || "via_upstream".to_owned();
                let details = http
                    .reply
                    .as_ref()
                    .map_or_else(upstream, |reply| reply.details.clone());
                Found::Value(details.into())
            }
            Some(_) | None => Found::Missing,
        })
}

fn upstream(scope: Scope<'_>, path: &[String]) -> Found {
    let known = match scope {
        Scope::Root => false,
        Scope::Http(http) => http.phase != Phase::Request,
        Scope::Network(network) => network.moment == Moment::Data,
    };
    if known {
        container_or_table(scope, path)
    } else {
        Found::Missing
    }
}

fn filter_state(scope: Scope<'_>, path: &[String]) -> Found {
    if matches!(scope, Scope::Root) {
        return Found::Missing;
    }
    let Some(key) = path.get(1) else {
        return Found::Container;
    };
    if path.len() == 2 {
        return state(scope, key).or_else(|| tables(scope, path));
    }
    tables(scope, path)
}

/// What a guest set, in this stream or in a network filter of its connection.
fn state(scope: Scope<'_>, key: &str) -> Found {
    let value = match scope {
        Scope::Root => None,
        Scope::Http(http) => http.state(key),
        Scope::Network(network) => network.connection.state(key),
    };
    value.map(Value::from).into()
}

fn container_or_table(scope: Scope<'_>, path: &[String]) -> Found {
    match scope {
        Scope::Root => Found::Missing,
        Scope::Http(_) | Scope::Network(_) if path.len() == 1 => Found::Container,
        Scope::Http(_) | Scope::Network(_) => tables(scope, path),
    }
}

/// What the test filled in: for the stream, then for its connection.
fn tables(scope: Scope<'_>, path: &[String]) -> Found {
    let of_connection =
        |connection: &Connection| connection.with_properties(|table| table.find(path));
    match scope {
        Scope::Root => Found::Missing,
        Scope::Http(http) => http
            .properties
            .find(path)
            .or_else(|| of_connection(&http.connection)),
        Scope::Network(network) => of_connection(&network.connection),
    }
}

fn peer(scope: Scope<'_>) -> Option<&Connection> {
    match scope {
        Scope::Root => None,
        Scope::Http(http) => Some(&http.connection),
        Scope::Network(network) => Some(&network.connection),
    }
}
