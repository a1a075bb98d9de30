//! HTTP/1.1 with as little of our own work as can be.

use std::fmt;

use anyhow::{Context, Result, bail, ensure};
use heliast_envoy_tests::client::Stream;
use heliast_envoy_tests::{Dial, Protocol};
use tokio::io::{AsyncReadExt, AsyncWriteExt};

/// Longest answer that makes sense here, in bytes.
const LONGEST: usize = 16 * 1024;

/// A connection, and the request that it repeats.
pub(super) struct Http1 {
    stream: Box<dyn Stream>,
    request: Vec<u8>,
    answer: Vec<u8>,
}

impl Http1 {
    pub(super) async fn connect(dial: &Dial, path: &str) -> Result<Self> {
        let request = format!("GET {path} HTTP/1.1\r\nhost: server\r\nuser-agent: bench\r\n\r\n");
        Ok(Self {
            stream: dial.connect(Protocol::Http1).await?,
            request: request.into_bytes(),
            answer: Vec::with_capacity(1024),
        })
    }

    pub(super) async fn ask(&mut self) -> Result<()> {
        self.stream.write_all(&self.request).await?;
        self.stream.flush().await?;
        self.answer.clear();
        while !is_whole(&self.answer)? {
            ensure!(self.answer.len() < LONGEST, "an answer without an end");
            let read = self.stream.read_buf(&mut self.answer).await?;
            ensure!(read > 0, "the connection was closed");
        }
        Ok(())
    }
}

impl fmt::Debug for Http1 {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Http1").finish_non_exhaustive()
    }
}

/// Whether an answer has arrived, all of it; an error if it is not 200.
fn is_whole(bytes: &[u8]) -> Result<bool> {
    let mut headers = [httparse::EMPTY_HEADER; 32];
    let mut response = httparse::Response::new(&mut headers);
    let httparse::Status::Complete(head) = response.parse(bytes)? else {
        return Ok(false);
    };
    if response.code != Some(200) {
        bail!("answered {:?}", response.code);
    }
    let lengths = response.headers.iter();
    let mut lengths = lengths.filter(|header| header.name.eq_ignore_ascii_case("content-length"));
    let length = lengths.next().context("an answer without content-length")?;
    let length: usize = std::str::from_utf8(length.value)?.parse()?;
    Ok(bytes.len() >= head + length)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_answer_ends_with_its_body() {
        let whole = b"HTTP/1.1 200 OK\r\nContent-Length: 7\r\n\r\npassed\n";
        for length in 0..whole.len() {
            assert!(!is_whole(&whole[..length]).unwrap(), "{length}");
        }
        assert!(is_whole(whole).unwrap());
        assert!(is_whole(b"HTTP/1.1 403 Forbidden\r\ncontent-length: 0\r\n\r\n").is_err());
    }
}
