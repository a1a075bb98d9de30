//! One request, byte by byte.

use anyhow::{Result, ensure};
use heliast_envoy_tests::{Answer, Dial};

/// An HTTP/1.1 request; without a word on it, to host `server`.
#[derive(Clone, Debug)]
pub(crate) struct Ask {
    first: Vec<u8>,
    host: Option<String>,
    lines: Vec<Vec<u8>>,
}

impl Ask {
    /// GET this path.
    pub(crate) fn get(path: impl AsRef<[u8]>) -> Self {
        Self::line([b"GET ", path.as_ref()].concat())
    }

    /// This request line, but for the version.
    pub(crate) fn line(first: impl Into<Vec<u8>>) -> Self {
        Self {
            first: first.into(),
            host: Some("server".into()),
            lines: Vec::new(),
        }
    }

    /// To this host.
    pub(crate) fn host(mut self, host: &str) -> Self {
        self.host = Some(host.into());
        self
    }

    /// With this header line too.
    pub(crate) fn header(mut self, line: impl AsRef<[u8]>) -> Self {
        self.lines.push(line.as_ref().to_vec());
        self
    }

    /// The bytes on the wire.
    pub(crate) fn bytes(&self) -> Vec<u8> {
        let mut bytes = [&self.first[..], b" HTTP/1.1\r\n"].concat();
        if let Some(host) = &self.host {
            bytes.extend_from_slice(format!("host: {host}\r\n").as_bytes());
        }
        for line in &self.lines {
            bytes.extend_from_slice(&[line, &b"\r\n"[..]].concat());
        }
        bytes.extend_from_slice(b"\r\n");
        bytes
    }

    /// The answer, if there is one.
    pub(crate) async fn answer(&self, dial: &Dial) -> Result<Answer> {
        dial.raw(&self.bytes()).await
    }

    /// It gets 403 from the filter.
    pub(crate) async fn is_refused(&self, dial: &Dial) -> Result<()> {
        self.gets(dial, 403).await
    }

    /// It gets through.
    pub(crate) async fn passes(&self, dial: &Dial) -> Result<()> {
        self.gets(dial, 200).await
    }

    /// It does not get through, whether Envoy or the filter sees to it.
    pub(crate) async fn fails(&self, dial: &Dial) -> Result<()> {
        let status = self.answer(dial).await.map_or(0, |answer| answer.status);
        let bytes = self.bytes();
        ensure!(status != 200, "passed: {}", bytes.escape_ascii());
        Ok(())
    }

    /// It gets this status.
    pub(crate) async fn gets(&self, dial: &Dial, expected: u16) -> Result<()> {
        let status = self.answer(dial).await?.status;
        let bytes = self.bytes();
        ensure!(status == expected, "{} got {status}", bytes.escape_ascii());
        Ok(())
    }
}
