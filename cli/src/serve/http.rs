//! The endpoints.

mod bundle;
mod guard;
mod query;
mod reply;
mod report;
mod validators;

use super::board::Board;
use super::hub::Hub;
use super::metrics::Metrics;
use super::peer::RateLimit;
use super::stop::Stop;
use axum::Router;
use axum::middleware;
use axum::routing::get;
use std::sync::Arc;

/// What every request may need.
#[derive(Debug)]
pub(super) struct Server {
    pub(super) hub: Arc<Hub>,
    pub(super) board: Arc<Board>,
    pub(super) metrics: Arc<Metrics>,
    /// When to stop.
    pub(super) stop: Stop,
    /// None where requests are not counted.
    pub(super) rate: Option<RateLimit>,
    /// Whether a sidecar may only have the bundle of a pod with its own identity.
    pub(super) own_bundle_only: bool,
}

/// All endpoints.
pub(super) fn router(server: Arc<Server>) -> Router {
    let bundles = Router::new()
        .route("/v1/bundle", get(bundle::whole))
        .route("/v1/bundle/{namespace}/{pod}", get(bundle::pruned));
    guarded(server, bundles)
}

/// The endpoints that hand out no bundle.
pub(super) fn reports(server: Arc<Server>) -> Router {
    guarded(server, Router::new())
}

fn guarded(server: Arc<Server>, more: Router<Arc<Server>>) -> Router {
    more.route("/v1/status", get(report::status))
        .route("/healthz", get(report::healthz))
        .route("/readyz", get(report::readyz))
        .route("/metrics", get(report::metrics))
        .fallback(report::unknown)
        .layer(middleware::from_fn_with_state(
            Arc::clone(&server),
            guard::guard,
        ))
        .with_state(server)
}
