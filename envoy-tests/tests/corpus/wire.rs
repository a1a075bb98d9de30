//! A case's request as it goes over the wire.

use anyhow::Result;
use heliast_cli::policy_test::HttpFacts;

use heliast_envoy_tests::{Answer, Call, Dial, Protocol};
use hyper::Method;
use hyper::header::{HeaderName, HeaderValue};
use hyper::http::uri::{Authority, PathAndQuery};

/// The authority of requests whose case names none.
const HOST: &str = "server";

/// A request that can be sent.
#[derive(Debug)]
pub(crate) enum Wire {
    /// Byte by byte, names and blanks as the case has them.
    Http1(Vec<u8>),
    /// By the book.
    Http2(Call),
}

impl Wire {
    /// The request of a case, over HTTP/2 if that is wished for and can be. `added` are header
    /// lines in front of the case's own.
    ///
    /// # Errors
    /// Why no wire can carry it.
    pub(crate) fn new(
        http: &HttpFacts,
        added: &[(&str, &str)],
        wish_http2: bool,
    ) -> Result<Self, String> {
        let method = http.method.as_deref().ok_or("a request has a method")?;
        let host = http.host.as_deref().unwrap_or(HOST);
        let own = http
            .headers
            .iter()
            .map(|(name, value)| (name.as_str(), value.as_str()));
        let headers: Vec<_> = added.iter().copied().chain(own).collect();
        if headers
            .iter()
            .any(|(_, value)| value.contains(['\r', '\n']))
        {
            return Err("a header line has no line breaks".into());
        }
        let Some(path) = http.path.as_deref() else {
            return match method {
                // An authority stands in the place of the path, and arrives as one.
                "CONNECT" => Ok(Self::Http1(bytes(method, host, host, &headers))),
                _ => Err("a request without a path is CONNECT and nothing else".into()),
            };
        };
        if wish_http2 && fits_http2(method, host, path, &headers) {
            let call = Call::new(method, host, path);
            let call = headers
                .iter()
                .fold(call, |call, (name, value)| call.header(name, *value));
            return Ok(Self::Http2(call));
        }
        Ok(Self::Http1(bytes(method, path, host, &headers)))
    }

    /// Sends it on a connection of its own.
    pub(crate) async fn send(&self, dial: &Dial) -> Result<Answer> {
        match self {
            Self::Http1(bytes) => dial.raw(bytes).await,
            Self::Http2(call) => dial.call(Protocol::Http2, call).await,
        }
    }

    pub(crate) fn is_http2(&self) -> bool {
        matches!(self, Self::Http2(_))
    }
}

fn bytes(method: &str, target: &str, host: &str, headers: &[(&str, &str)]) -> Vec<u8> {
    let mut text = format!("{method} {target} HTTP/1.1\r\nhost: {host}\r\n");
    for (name, value) in headers {
        text.extend([name, ": ", value, "\r\n"]);
    }
    text.push_str("\r\n");
    text.into_bytes()
}

/// Whether the HTTP library sends exactly this and nothing mended.
fn fits_http2(method: &str, host: &str, path: &str, headers: &[(&str, &str)]) -> bool {
    let exact: Result<PathAndQuery, _> = path.parse();
    method != "CONNECT"
        && method.parse::<Method>().is_ok()
        && host
            .parse::<Authority>()
            .is_ok_and(|parsed| parsed.as_str() == host)
        && path.starts_with('/')
        && exact.is_ok_and(|exact| exact.as_str() == path)
        && headers.iter().all(|(name, value)| {
            HeaderName::from_bytes(name.as_bytes()).is_ok_and(|name| !is_of_http1(&name))
                && HeaderValue::from_bytes(value.as_bytes()).is_ok()
                && value.trim() == *value
        })
}

/// Header lines that HTTP/2 has no place for.
fn is_of_http1(name: &HeaderName) -> bool {
    let names = [
        "connection",
        "host",
        "keep-alive",
        "proxy-connection",
        "te",
        "transfer-encoding",
        "upgrade",
    ];
    names.contains(&name.as_str())
}
