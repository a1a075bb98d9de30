//! A workload that says what it saw of a request.

use std::net::{Ipv4Addr, SocketAddr};

use anyhow::Result;
use bytes::Bytes;
use heliast_envoy_tests::{Upstream, upstream};
use hyper::{Request, StatusCode};

use crate::runner::PASSED;

/// Where it is.
const ADDRESS: Ipv4Addr = Ipv4Addr::new(127, 78, 0, 3);

/// Starts the workload, on a port of the kernel's choice.
pub(crate) async fn start() -> Result<Upstream> {
    Upstream::start(SocketAddr::from((ADDRESS, 0)), async |request| {
        upstream::respond(StatusCode::OK, text(&request))
    })
    .await
}

/// That the request passed, and its header lines, one a line.
fn text(request: &Request<Bytes>) -> String {
    let mut text = PASSED.to_owned();
    for (name, value) in request.headers() {
        let value = String::from_utf8_lossy(value.as_bytes());
        text.extend([name.as_str(), ": ", &value, "\n"]);
    }
    text
}

/// The header lines in such an answer; none in another.
pub(crate) fn seen(text: &str) -> Option<Vec<(String, String)>> {
    let lines = text.strip_prefix(PASSED)?.lines();
    let lines = lines.map(|line| {
        let (name, value) = line.split_once(": ").unwrap_or((line, ""));
        (name.to_owned(), value.to_owned())
    });
    Some(lines.collect())
}
