//! How the server is doing.

use super::super::metrics::MEDIA_TYPE;
use super::super::peer::Peer;
use super::{Server, reply};
use axum::body::Body;
use axum::extract::{Extension, State};
use axum::http::{Response, StatusCode};
use std::sync::Arc;

/// Whether the process lives.
pub(super) async fn healthz() -> Response<Body> {
    reply::text(StatusCode::OK, "ok\n")
}

/// Whether a bundle is served; 200 also while the source is in error, for the last good bundle is
/// worth more to sidecars than none.
pub(super) async fn readyz(State(server): State<Arc<Server>>) -> Response<Body> {
    let (is_ready, sentence) = server.board.ready();
    let status = if is_ready {
        StatusCode::OK
    } else {
        StatusCode::SERVICE_UNAVAILABLE
    };
    reply::text(status, sentence)
}

/// Everything there is to know.
pub(super) async fn status(
    State(server): State<Arc<Server>>,
    Extension(peer): Extension<Peer>,
) -> Response<Body> {
    if let Some(refusal) = refuse_strangers(&server, &peer) {
        return refusal;
    }
    let views = server.hub.followed_count();
    let status = server.board.status(views, server.hub.waiting());
    let text = format!("{status:#}\n");
    reply::typed(StatusCode::OK, "application/json", text)
}

/// The same for Prometheus.
pub(super) async fn metrics(
    State(server): State<Arc<Server>>,
    Extension(peer): Extension<Peer>,
) -> Response<Body> {
    if let Some(refusal) = refuse_strangers(&server, &peer) {
        return refusal;
    }
    let views = server.hub.followed_count();
    let waiting = server.hub.waiting();
    match server.metrics.text(&server.board.state(), views, waiting) {
        Ok(text) => reply::typed(StatusCode::OK, MEDIA_TYPE, text),
        Err(error) => reply::text(StatusCode::INTERNAL_SERVER_ERROR, format!("{error}\n")),
    }
}

/// The answer to a client without a certificate, where only those with one are told.
fn refuse_strangers(server: &Server, peer: &Peer) -> Option<Response<Body>> {
    let is_refused = server.reports_to_known && !peer.has_certificate;
    is_refused.then(|| {
        let text = "a certificate of the authorities in --client-ca is needed for this; /healthz and /readyz are told to everyone\n";
        reply::text(StatusCode::FORBIDDEN, text)
    })
}

/// Any other path.
pub(super) async fn unknown() -> Response<Body> {
    reply::text(
        StatusCode::NOT_FOUND,
        "there is nothing here; bundles are at /v1/bundle and /v1/bundle/{namespace}/{pod}, and how \
         the server is doing is told at the address of --health-listen\n",
    )
}
