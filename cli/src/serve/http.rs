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
    /// The trust domain of the mesh, where a sidecar may only have the bundle of a pod with its own
    /// identity.
    pub(super) own_bundles_of: Option<String>,
    /// Whether pruned bundles serve where peers are known by their certificates alone.
    pub(super) by_principal: bool,
    /// Whether only a client with a certificate is told more than whether the server is ready.
    pub(super) reports_to_known: bool,
}

/// The endpoints that hand out bundles, and nothing else: what the server says of itself names
/// files and objects, which are not every client's business.
pub(super) fn bundles(server: Arc<Server>) -> Router {
    let bundles = Router::new()
        .route("/v1/bundle", get(bundle::whole))
        .route("/v1/bundle/{namespace}/{pod}", get(bundle::pruned));
    guarded(server, bundles)
}

/// The endpoints that tell how the server is doing, and hand out no bundle.
pub(super) fn reports(server: Arc<Server>) -> Router {
    let reports = Router::new()
        .route("/v1/status", get(report::status))
        .route("/healthz", get(report::healthz))
        .route("/readyz", get(report::readyz))
        .route("/metrics", get(report::metrics));
    guarded(server, reports)
}

fn guarded(server: Arc<Server>, routes: Router<Arc<Server>>) -> Router {
    routes
        .fallback(report::unknown)
        .layer(middleware::from_fn_with_state(
            Arc::clone(&server),
            guard::guard,
        ))
        .with_state(server)
}
