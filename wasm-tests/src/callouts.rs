//! Clusters, and the HTTP calls that guests make to them.

use std::collections::{BTreeMap, VecDeque};
use std::time::Duration;

use crate::abi::Status;
use crate::config::CALL_BODY_LIMIT;
use crate::headers::Headers;
use crate::run::VmRole;

/// How a cluster answers.
#[derive(Clone, Debug, Default)]
pub enum Cluster {
    /// Calls wait until the test answers them by [`crate::Host::deliver`], or time out.
    #[default]
    Manual,
    /// Known but without hosts: `InternalFailure` at once, no callback.
    NoHosts,
    /// Every call gets this answer, when [`crate::Host::deliver_all`] or the clock delivers it.
    Always(CallResult),
    /// Calls get these answers in order, then wait like `Manual`.
    Script(VecDeque<CallResult>),
}

/// What becomes of a call.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum CallResult {
    /// The server answered. A body over [`CALL_BODY_LIMIT`] becomes a `Reset`, as in Envoy.
    Response(CallResponse),
    /// Nobody answered in time: a synthetic 504.
    Timeout,
    /// Nobody listens: a synthetic 503 that looks like an answer.
    ConnectionRefused,
    /// The stream broke: the callback comes with 0 headers and 0 bytes.
    Reset,
}

/// An answer to a call.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct CallResponse {
    /// With `:status`.
    pub headers: Headers,
    /// As the server sent it; Envoy does not decompress.
    pub body: Vec<u8>,
    /// Trailers.
    pub trailers: Headers,
}

impl CallResponse {
    /// A response of that status and body.
    #[must_use]
    pub fn new(status: u16, body: impl Into<Vec<u8>>) -> Self {
        Self {
            headers: Headers::from([(":status", status.to_string())]),
            body: body.into(),
            trailers: Headers::new(),
        }
    }

    /// The response with a header more.
    #[must_use]
    pub fn header(mut self, name: &str, value: &str) -> Self {
        self.headers.add(name, value);
        self
    }

    fn synthetic(status: u16, body: &str) -> Self {
        Self::new(status, body)
            .header("content-length", &body.len().to_string())
            .header("content-type", "text/plain")
    }
}

impl From<CallResponse> for CallResult {
    fn from(response: CallResponse) -> Self {
        Self::Response(response)
    }
}

const REFUSED_BODY: &str = "upstream connect error or disconnect/reset before headers. \
                            reset reason: remote connection failure";
const TIMEOUT_BODY: &str = "upstream request timeout";

impl CallResult {
    /// What the guest is shown; `None` is the callback with nothing.
    pub(crate) fn shown(self) -> Option<CallResponse> {
        match self {
            Self::Response(response) if response.body.len() <= CALL_BODY_LIMIT => Some(response),
            Self::Response(_) | Self::Reset => None,
            Self::Timeout => Some(CallResponse::synthetic(504, TIMEOUT_BODY)),
            Self::ConnectionRefused => Some(CallResponse::synthetic(503, REFUSED_BODY)),
        }
    }
}

/// A call that waits for its answer.
#[derive(Clone, Debug)]
pub struct PendingCall {
    /// The number the host knows it by.
    pub id: u64,
    /// Who calls.
    pub vm: VmRole,
    /// The cluster.
    pub cluster: String,
    /// What the server receives.
    pub headers: Headers,
    /// The body.
    pub body: Vec<u8>,
    /// Trailers.
    pub trailers: Headers,
    /// `None` is no timeout.
    pub timeout: Option<Duration>,
    pub(crate) owner: CallOwner,
    pub(crate) deadline: Option<Duration>,
}

/// Whom the answer goes to: always a root, whichever context called.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) struct CallOwner {
    pub(crate) vm: u64,
    pub(crate) root: u32,
    pub(crate) token: u32,
}

/// A call as the guest makes it.
#[derive(Debug)]
pub(crate) struct NewCall {
    pub(crate) cluster: String,
    pub(crate) headers: Headers,
    pub(crate) body: Vec<u8>,
    pub(crate) trailers: Headers,
    pub(crate) timeout_milliseconds: u32,
}

#[derive(Debug, Default)]
pub(crate) struct Callouts {
    clusters: BTreeMap<String, Cluster>,
    pending: VecDeque<PendingCall>,
    made: u64,
}

impl Callouts {
    pub(crate) fn set_cluster(&mut self, name: &str, cluster: Cluster) {
        self.clusters.insert(name.to_owned(), cluster);
    }

    pub(crate) fn start(
        &mut self,
        call: NewCall,
        vm: VmRole,
        owner: CallOwner,
        now: Duration,
    ) -> Result<(), Status> {
        let Some(cluster) = self.clusters.get(&call.cluster) else {
            return Err(Status::BadArgument);
        };
        let required = [":method", ":path", ":authority"];
        if required.iter().any(|name| call.headers.get(name).is_none()) {
            return Err(Status::BadArgument);
        }
        if matches!(cluster, Cluster::NoHosts) {
            return Err(Status::InternalFailure);
        }
        self.made += 1;
        let timeout = (call.timeout_milliseconds > 0)
            .then(|| Duration::from_millis(call.timeout_milliseconds.into()));
        self.pending.push_back(PendingCall {
            id: self.made,
            vm,
            headers: sent_headers(call.headers, &call.body, timeout),
            cluster: call.cluster,
            body: call.body,
            trailers: call.trailers,
            timeout,
            owner,
            deadline: timeout.map(|timeout| now + timeout),
        });
        Ok(())
    }

    pub(crate) fn pending(&self) -> Vec<PendingCall> {
        self.pending.iter().cloned().collect()
    }

    pub(crate) fn take(&mut self, id: u64) -> Option<PendingCall> {
        let at = self.pending.iter().position(|call| call.id == id)?;
        self.pending.remove(at)
    }

    /// The first pending call whose cluster has an answer for it.
    pub(crate) fn take_scripted(&mut self) -> Option<(PendingCall, CallResult)> {
        for (at, call) in self.pending.iter().enumerate() {
            let answer = match self.clusters.get_mut(&call.cluster) {
                Some(Cluster::Always(result)) => Some(result.clone()),
                Some(Cluster::Script(results)) => results.pop_front(),
                Some(Cluster::Manual | Cluster::NoHosts) | None => None,
            };
            if let Some(answer) = answer {
                return Some((self.pending.remove(at)?, answer));
            }
        }
        None
    }

    /// The earliest deadline and its call.
    pub(crate) fn next_deadline(&self) -> Option<(Duration, u64)> {
        self.pending
            .iter()
            .filter_map(|call| Some((call.deadline?, call.id)))
            .min()
    }

    /// A root or its whole VM is gone; nobody will hear the answers.
    pub(crate) fn cancel(&mut self, vm: u64, root: Option<u32>) {
        let hit = |owner: &CallOwner| owner.vm == vm && root.is_none_or(|root| owner.root == root);
        self.pending.retain(|call| !hit(&call.owner));
    }
}

/// Envoy adds these to every call.
fn sent_headers(mut headers: Headers, body: &[u8], timeout: Option<Duration>) -> Headers {
    if !body.is_empty() {
        headers.replace("content-length", body.len().to_string());
    }
    headers.replace("x-envoy-internal", "true");
    if let Some(timeout) = timeout {
        headers.replace(
            "x-envoy-expected-rq-timeout-ms",
            timeout.as_millis().to_string(),
        );
    }
    headers
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_synthetic_503_has_the_measured_length() {
        let shown = CallResult::ConnectionRefused.shown().unwrap();
        assert_eq!(
            (shown.body.len(), shown.headers.text(":status")),
            (98, Some("503"))
        );
    }

    #[test]
    fn a_body_over_the_limit_shows_nothing() {
        let fits = CallResponse::new(200, vec![0; CALL_BODY_LIMIT]);
        assert!(CallResult::from(fits).shown().is_some());
        let over = CallResponse::new(200, vec![0; CALL_BODY_LIMIT + 1]);
        assert_eq!(CallResult::from(over).shown(), None);
    }
}
