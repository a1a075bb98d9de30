//! What is refused before anyone looks at it.

use super::super::limits;
use super::super::peer::Peer;
use super::{Server, reply};
use axum::body::{Body, HttpBody};
use axum::extract::{Extension, MatchedPath, Request, State};
use axum::http::header::{CONNECTION, HeaderValue, RETRY_AFTER};
use axum::http::{Response, StatusCode};
use axum::middleware::Next;
use std::sync::Arc;

/// Refuses requests that are too long, have a body, or are too many; counts all of them.
pub(super) async fn guard(
    State(server): State<Arc<Server>>,
    Extension(peer): Extension<Peer>,
    path: Option<MatchedPath>,
    request: Request,
    next: Next,
) -> Response<Body> {
    let response = match refuse(&server, &peer, &request) {
        Some(refusal) => refusal,
        None => next.run(request).await,
    };
    // Paths that do not exist are not told apart: there is no end of them.
    let endpoint = path.as_ref().map_or("other", MatchedPath::as_str);
    let status = response.status().as_u16();
    server.metrics.answered(endpoint, status);
    tracing::debug!(endpoint, status, peer = ?peer.place, "answered");
    response
}

fn refuse(server: &Server, peer: &Peer, request: &Request) -> Option<Response<Body>> {
    if server
        .rate
        .as_ref()
        .is_some_and(|rate| !rate.admits(peer.place))
    {
        let mut refusal = reply::text(
            StatusCode::TOO_MANY_REQUESTS,
            "too many requests from this address; `--max-request-rate` bounds them\n",
        );
        let headers = refusal.headers_mut();
        headers.insert(RETRY_AFTER, HeaderValue::from_static("1"));
        return Some(refusal);
    }
    let target = request.uri().path_and_query();
    let length = target.map_or(0, |target| target.as_str().len());
    if length > limits::URI_BYTES {
        let text = format!("a path may have at most {} bytes\n", limits::URI_BYTES);
        return Some(reply::text(StatusCode::URI_TOO_LONG, text));
    }
    if !request.body().is_end_stream() {
        let mut refusal = reply::text(
            StatusCode::PAYLOAD_TOO_LARGE,
            "requests have no body here\n",
        );
        // What follows on this connection is the body that nobody will read.
        let headers = refusal.headers_mut();
        headers.insert(CONNECTION, HeaderValue::from_static("close"));
        return Some(refusal);
    }
    None
}
