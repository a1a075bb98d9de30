//! What a listener saw, request by request.

use std::path::PathBuf;
use std::time::Duration;
use std::{fs, io};

use anyhow::{Context, Result, bail};
use serde_json::{Value, json};
use tokio::time::{Instant, sleep};

/// Requests may carry this header so that their record can be found.
pub const MARK: &str = "x-test-mark";

/// How long Envoy may keep a record to itself; it writes every 20 ms.
const PATIENCE: Duration = Duration::from_secs(5);

/// The JSON access log of one listener.
#[derive(Clone, Debug)]
pub struct AccessLog {
    path: PathBuf,
}

/// One line of it.
#[derive(Clone, Debug)]
pub struct Record(Value);

impl AccessLog {
    /// The log in this file, which need not be there yet.
    #[must_use]
    pub fn new(path: PathBuf) -> Self {
        Self { path }
    }

    /// All complete records so far.
    ///
    /// # Errors
    /// When the file cannot be read or holds something else.
    pub fn records(&self) -> Result<Vec<Record>> {
        let bytes = match fs::read(&self.path) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => Vec::new(),
            read => read.with_context(|| format!("cannot read {}", self.path.display()))?,
        };
        let text = String::from_utf8_lossy(&bytes);
        let complete = text.rsplit_once('\n').map_or("", |(complete, _)| complete);
        let parse = |line: &str| {
            let value = serde_json::from_str(line).with_context(|| format!("no record: {line}"))?;
            Ok(Record(value))
        };
        complete.lines().map(parse).collect()
    }

    /// The record of the request with this mark; waits for Envoy to write it.
    ///
    /// # Errors
    /// When it does not come.
    pub async fn marked(&self, mark: &str) -> Result<Record> {
        self.wait(|record| record.text("mark") == Some(mark))
            .await
            .with_context(|| format!("no request marked {mark}"))
    }

    /// The first record that fits; waits for Envoy to write it.
    ///
    /// # Errors
    /// When it does not come.
    pub async fn wait(&self, fits: impl Fn(&Record) -> bool) -> Result<Record> {
        let deadline = Instant::now() + PATIENCE;
        while Instant::now() < deadline {
            if let Some(record) = self.records()?.into_iter().find(&fits) {
                return Ok(record);
            }
            sleep(Duration::from_millis(10)).await;
        }
        bail!(
            "no such record in {} after {PATIENCE:?}",
            self.path.display()
        )
    }
}

impl Record {
    /// A field as text; `None` where Envoy had nothing to say.
    #[must_use]
    pub fn text(&self, field: &str) -> Option<&str> {
        self.0.get(field)?.as_str().filter(|text| *text != "-")
    }

    /// The status that was answered; 0 if none was.
    #[must_use]
    pub fn status(&self) -> u64 {
        self.0.get("status").and_then(Value::as_u64).unwrap_or(0)
    }

    /// What the filter decided.
    #[must_use]
    pub fn verdict(&self) -> Option<&str> {
        self.text("verdict")
    }

    /// The rule that decided.
    #[must_use]
    pub fn rule(&self) -> Option<&str> {
        self.text("rule")
    }

    /// The whole record.
    #[must_use]
    pub fn value(&self) -> &Value {
        &self.0
    }
}

/// The fields of a record, as Envoy's format strings.
pub(crate) fn format() -> Value {
    json!({
        "status": "%RESPONSE_CODE%",
        "details": "%RESPONSE_CODE_DETAILS%",
        "flags": "%RESPONSE_FLAGS%",
        "verdict": "%FILTER_STATE(wasm.heliast_verdict:PLAIN)%",
        "rule": "%FILTER_STATE(wasm.heliast_rule:PLAIN)%",
        "staged": "%FILTER_STATE(wasm.heliast_staged:PLAIN)%",
        "observed": "%FILTER_STATE(wasm.heliast_observed:PLAIN)%",
        "peer_address": "%FILTER_STATE(heliast.peer_address:PLAIN)%",
        "peer_uri_sans": "%FILTER_STATE(heliast.peer_uri_sans:PLAIN)%",
        "direct": "%DOWNSTREAM_DIRECT_REMOTE_ADDRESS%",
        "source": "%DOWNSTREAM_REMOTE_ADDRESS%",
        "destination": "%DOWNSTREAM_LOCAL_ADDRESS%",
        "uri_sans": "%DOWNSTREAM_PEER_URI_SAN%",
        "tls": "%DOWNSTREAM_TLS_VERSION%",
        "protocol": "%PROTOCOL%",
        "method": "%REQ(:METHOD)%",
        "path": "%REQ(:PATH)%",
        "authority": "%REQ(:AUTHORITY)%",
        "mark": format!("%REQ({})%", MARK.to_ascii_uppercase()),
    })
}
