//! A response, and the ways it can go wrong on the wire.

use std::fmt::Write;
use std::time::Duration;

use bytes::Bytes;

use super::gzip;
use super::reply::{Reply, Step};

/// Pieces of a body that drips.
const DROP: usize = 16;
/// Pieces of a body that never ends.
const FLOOD: usize = 64 * 1024;

/// An HTTP/1.1 response.
#[derive(Clone, Debug)]
pub struct Response {
    status: u16,
    headers: Vec<(String, String)>,
    body: Bytes,
}

impl Response {
    /// A response without headers and body.
    #[must_use]
    pub fn new(status: u16) -> Self {
        Self {
            status,
            headers: Vec::new(),
            body: Bytes::new(),
        }
    }

    /// 200 with this JSON, or what passes for it.
    #[must_use]
    pub fn json(body: impl Into<Bytes>) -> Self {
        Self::new(200)
            .header("content-type", "application/json")
            .body(body)
    }

    /// Adds a header.
    #[must_use]
    pub fn header(mut self, name: &str, value: &str) -> Self {
        self.headers.push((name.to_owned(), value.to_owned()));
        self
    }

    /// Sets the body.
    #[must_use]
    pub fn body(mut self, body: impl Into<Bytes>) -> Self {
        self.body = body.into();
        self
    }

    /// Compresses the body, and says so.
    #[must_use]
    pub fn gzip(self) -> Self {
        let body = gzip::compress(&self.body);
        self.header("content-encoding", "gzip").body(body)
    }

    /// Takes a body that claims to be gzip as it is.
    #[must_use]
    pub fn claims_gzip(self) -> Self {
        self.header("content-encoding", "gzip")
    }

    /// A small body that unpacks to this and then so many mebibytes of blanks.
    #[must_use]
    pub fn bomb(self, start: &str, mebibytes: usize) -> Self {
        self.body(gzip::bomb(start, mebibytes)).claims_gzip()
    }

    /// As it should be.
    #[must_use]
    pub fn reply(&self) -> Reply {
        Reply::keeping(self.bytes(self.body.len(), &self.body))
    }

    /// The whole body under a head that claims another length; then the connection is closed.
    #[must_use]
    pub fn claiming(&self, length: usize) -> Reply {
        Reply::bytes(self.bytes(length, &self.body))
    }

    /// The whole body under a head that claims another length; the connection stays open.
    #[must_use]
    pub fn claiming_and_staying(&self, length: usize) -> Reply {
        Reply::ending([Step::Send(self.bytes(length, &self.body)), Step::Wait])
    }

    /// Half of the body; then the connection is closed.
    #[must_use]
    pub fn half(&self) -> Reply {
        let half = self.body.get(..self.body.len() / 2).unwrap_or_default();
        Reply::bytes(self.bytes(self.body.len(), half))
    }

    /// A few bytes at a time, with a pause after each.
    #[must_use]
    pub fn drip(&self, pause: Duration) -> Reply {
        let mut steps = vec![Step::Send(self.bytes(self.body.len(), b""))];
        for at in (0..self.body.len()).step_by(DROP) {
            let end = self.body.len().min(at + DROP);
            steps.push(Step::Send(self.body.slice(at..end)));
            steps.push(Step::Rest(pause));
        }
        Reply { steps, keeps: true }
    }

    /// The body, and blanks behind it without end, as fast as they are taken.
    #[must_use]
    pub fn endless(&self) -> Reply {
        let mut start = self.head("transfer-encoding: chunked\r\n").into_bytes();
        start.extend(chunk(&self.body));
        let flood = chunk(&vec![b' '; FLOOD]);
        Reply::ending([
            Step::Send(start.into()),
            Step::Forever(flood.into(), Duration::ZERO),
        ])
    }

    fn bytes(&self, length: usize, body: &[u8]) -> Bytes {
        let mut bytes = self
            .head(&format!("content-length: {length}\r\n"))
            .into_bytes();
        bytes.extend_from_slice(body);
        bytes.into()
    }

    fn head(&self, framing: &str) -> String {
        let mut head = format!("HTTP/1.1 {} Told\r\n{framing}", self.status);
        for (name, value) in &self.headers {
            // Writing to a string cannot fail.
            let _written = write!(head, "{name}: {value}\r\n");
        }
        head.push_str("\r\n");
        head
    }
}

fn chunk(bytes: &[u8]) -> Vec<u8> {
    let mut chunk = format!("{:x}\r\n", bytes.len()).into_bytes();
    chunk.extend_from_slice(bytes);
    chunk.extend_from_slice(b"\r\n");
    chunk
}
