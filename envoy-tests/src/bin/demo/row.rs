//! A row of the story: a request, what should come back, and what did.

use std::time::{Duration, Instant};

use anyhow::{Context, Result};
use heliast_envoy_tests::access_log::MARK;
use heliast_envoy_tests::{Answer, Call, Dial, Protocol};

use crate::mesh::Mesh;

/// One request and its outcome.
#[derive(Debug)]
pub(crate) struct Row {
    pub(crate) id: &'static str,
    pub(crate) what: String,
    pub(crate) expected: String,
    pub(crate) actual: String,
    /// What the filter should have decided, and did.
    pub(crate) expected_verdict: &'static str,
    pub(crate) verdict: Option<String>,
    pub(crate) rule: Option<String>,
    pub(crate) time: Duration,
}

/// A request to be made: by whom is in the dial, before whom in `enforcer`.
pub(crate) struct Ask<'a> {
    pub(crate) id: &'static str,
    pub(crate) what: &'a str,
    pub(crate) dial: Dial,
    pub(crate) call: Call,
    /// The pod whose sidecar decides.
    pub(crate) enforcer: &'a str,
}

impl Ask<'_> {
    /// Asks, and looks up what the deciding sidecar wrote down.
    pub(crate) async fn ask(self, mesh: &Mesh, expected: u16) -> Result<(Row, Answer)> {
        let mark = format!("{}-{}-{}", self.id, self.call.method, self.what.len());
        let call = self.call.header(MARK, mark.as_str());
        let started = Instant::now();
        let answer = self.dial.call(Protocol::Http1, &call).await;
        let time = started.elapsed();
        let answer = answer.with_context(|| format!("{}: {}", self.id, self.what))?;
        let log = mesh.sidecar(self.enforcer)?.envoy.access_log("inbound");
        let record = log.marked(&mark).await?;
        let row = Row {
            id: self.id,
            what: format!("{}: {} {}", self.what, call.method, call.path),
            expected: expected.to_string(),
            actual: answer.status.to_string(),
            expected_verdict: if expected == 403 { "deny" } else { "allow" },
            verdict: record.verdict().map(str::to_owned),
            rule: record.rule().map(str::to_owned),
            time,
        };
        Ok((row, answer))
    }
}

impl Row {
    /// Adds something else that should be so.
    pub(crate) fn and(mut self, expected: &str, actual: &str) -> Self {
        self.expected = format!("{}, {expected}", self.expected);
        self.actual = format!("{}, {actual}", self.actual);
        self
    }
}
