//! How the server is doing.

use super::super::metrics::MEDIA_TYPE;
use super::{Server, reply};
use axum::body::Body;
use axum::extract::State;
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
pub(super) async fn status(State(server): State<Arc<Server>>) -> Response<Body> {
    let views = server.hub.followed_count();
    let status = server.board.status(views, server.hub.waiting());
    let text = format!("{status:#}\n");
    reply::typed(StatusCode::OK, "application/json", text)
}

/// The same for Prometheus.
pub(super) async fn metrics(State(server): State<Arc<Server>>) -> Response<Body> {
    let views = server.hub.followed_count();
    let waiting = server.hub.waiting();
    match server.metrics.text(&server.board.state(), views, waiting) {
        Ok(text) => reply::typed(StatusCode::OK, MEDIA_TYPE, text),
        Err(error) => reply::text(StatusCode::INTERNAL_SERVER_ERROR, format!("{error}\n")),
    }
}

/// Any other path.
pub(super) async fn unknown() -> Response<Body> {
    reply::text(
        StatusCode::NOT_FOUND,
        "there is nothing here; the bundle is at /v1/bundle and /v1/bundle/{namespace}/{pod}\n",
    )
}
