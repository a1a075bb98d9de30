//! Connections: who may have one, for how long, and how they end.

use super::limits;
use super::metrics::Metrics;
use super::peer::{Connections, Peer, Place, Ticket};
use super::stop::Stop;
use super::stream::{Phase, Stream};
use super::tls::{self, Asks, Tls};
use axum::Router;
use axum::body::Body;
use hyper::Request;
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use std::sync::Arc;
use std::time::Duration;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinSet;
use tokio::time::{sleep, timeout};
use tokio_rustls::TlsAcceptor;
use tower::ServiceExt;

/// What a connection is served with.
#[derive(Debug, Clone)]
pub(super) struct Listener {
    pub(super) router: Router,
    pub(super) tls: Option<Arc<Tls>>,
    /// Whether TLS asks for a certificate of the client.
    pub(super) asks: Asks,
    pub(super) connections: Arc<Connections>,
    pub(super) metrics: Arc<Metrics>,
    /// When to stop.
    pub(super) stop: Stop,
}

impl Listener {
    /// Serves connections until the server is to stop, and then those that are left to their end.
    pub(super) async fn run(self, listener: TcpListener) {
        let mut open = JoinSet::new();
        loop {
            tokio::select! {
                accepted = listener.accept() => match accepted {
                    Ok((stream, address)) => {
                        let place = Place::of(address.ip());
                        match self.connections.admit(place) {
                            Ok(ticket) => {
                                open.spawn(self.clone().connection(stream, place, ticket));
                            }
                            Err(reason) => self.metrics.turned_away(reason),
                        }
                    }
                    Err(error) => {
                        // Out of descriptors, most likely; some will be free in a moment.
                        tracing::warn!(%error, "cannot take a connection");
                        sleep(Duration::from_millis(100)).await;
                    }
                },
                Some(_ended) = open.join_next() => {}
                () = self.stop.asked() => break,
            }
        }
        drop(listener);
        let all = async { while open.join_next().await.is_some() {} };
        if timeout(limits::SHUTDOWN_TIME, all).await.is_err() {
            tracing::warn!(
                connections = open.len(),
                "clients did not read their last answers"
            );
        }
    }

    async fn connection(self, stream: TcpStream, place: Place, ticket: Ticket) {
        self.metrics.connections.inc();
        // A delta is one small packet, which must not wait for another.
        let _as_well_as_can_be = stream.set_nodelay(true);
        match self.tls.as_ref().map(|tls| tls.config(self.asks)) {
            None => {
                let peer = Peer {
                    place,
                    has_certificate: false,
                    identity: None,
                };
                self.serve(stream, peer).await;
            }
            Some(config) => {
                let handshake = TlsAcceptor::from(config).accept(stream);
                let done = tokio::select! {
                    done = timeout(limits::HANDSHAKE_TIME, handshake) => done.map_err(|_| None),
                    () = self.stop.asked() => Err(None),
                };
                match done.and_then(|done| done.map_err(Some)) {
                    Ok(stream) => {
                        let (_, session) = stream.get_ref();
                        let certificates = session.peer_certificates();
                        let first = certificates.and_then(|all| all.first());
                        let identity = first.and_then(tls::identity);
                        let peer = Peer {
                            place,
                            has_certificate: first.is_some(),
                            identity,
                        };
                        self.serve(stream, peer).await;
                    }
                    Err(error) => {
                        self.metrics.turned_away("handshake");
                        tracing::debug!(?place, ?error, "no TLS connection came about");
                    }
                }
            }
        }
        self.metrics.connections.dec();
        drop(ticket);
    }

    async fn serve(&self, stream: impl AsyncRead + AsyncWrite + Unpin + Send, peer: Peer) {
        let phase = Arc::new(Phase::default());
        let stream = Stream::new(stream, Arc::clone(&phase));
        let service = service_fn(|mut request: Request<Incoming>| {
            phase.begin();
            request.extensions_mut().insert(peer.clone());
            let router = self.router.clone();
            let phase = Arc::clone(&phase);
            async move {
                let response = router.oneshot(request.map(Body::new)).await;
                phase.end();
                response
            }
        });
        let mut builder = http1::Builder::new();
        builder
            .timer(TokioTimer::new())
            .header_read_timeout(limits::IDLE_TIME)
            .max_buf_size(limits::HEAD_BYTES)
            .max_headers(limits::HEADERS);
        let connection = builder.serve_connection(TokioIo::new(stream), service);
        let mut connection = std::pin::pin!(connection);
        let ended = tokio::select! {
            ended = connection.as_mut() => ended,
            () = self.stop.asked() => {
                connection.as_mut().graceful_shutdown();
                connection.await
            }
        };
        if let Err(error) = ended {
            tracing::debug!(place = ?peer.place, %error, "a connection ended");
        }
    }
}
