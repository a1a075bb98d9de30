//! The bundle, whole or for one workload: conditional, awaited, as a delta, compressed.

use super::query::Query;
use super::validators::Client;
use super::{Server, reply};
use crate::serve::answer::{Answer, Form};
use crate::serve::feed::Feed;
use crate::serve::peer::Peer;
use crate::serve::views::Pruned;
use axum::body::Body;
use axum::extract::{Extension, Path, Query as Pairs, State};
use axum::http::header::{
    CACHE_CONTROL, CONTENT_ENCODING, CONTENT_TYPE, ETAG, HeaderMap, HeaderValue, RETRY_AFTER, VARY,
};
use axum::http::{Response, StatusCode};
use heliast::bundle::{Audience, BUNDLE_MEDIA_TYPE, DELTA_MEDIA_TYPE, Revision};
use heliast::compiled::MEDIA_TYPE;
use std::sync::Arc;
use tokio::task::spawn_blocking;
use tokio::time::{Instant, sleep_until};

type Reply = Result<Response<Body>, Response<Body>>;

/// How often a pruned bundle is looked for that is dropped in the same moment.
const LOOKS: usize = 8;

/// The whole bundle.
pub(super) async fn whole(
    State(server): State<Arc<Server>>,
    Extension(peer): Extension<Peer>,
    Pairs(pairs): Pairs<Vec<(String, String)>>,
    headers: HeaderMap,
) -> Reply {
    if let Some(domain) = &server.own_bundles_of {
        return Err(forbidden(&peer, domain));
    }
    let query = Query::parse(&pairs, server.by_principal).map_err(|why| refused(&why))?;
    let client = Client::of(&headers);
    if client.takes_program {
        let text = "compiled programs are for one workload: ask at /v1/bundle/{namespace}/{pod}\n";
        return Err(reply::text(StatusCode::NOT_ACCEPTABLE, text));
    }
    let Some(feed) = server.hub.whole() else {
        return Err(not_ready(&server));
    };
    let poll = Poll::begin(query, &client);
    poll.wait(feed, &server).await;
    match feed.revision() {
        Some(revision) if client.is_current(revision) => Ok(not_modified(revision)),
        Some(_) | None => {
            let from = client.known();
            let answer = match feed.made(from) {
                Some(answer) => Some(answer),
                None => {
                    let server = Arc::clone(&server);
                    blocking(move || server.hub.answer_whole(from)).await?
                }
            };
            let answer = answer.ok_or_else(|| not_ready(&server))?;
            send(&server, &client, answer).await
        }
    }
}

/// The bundle of one workload.
pub(super) async fn pruned(
    State(server): State<Arc<Server>>,
    Extension(peer): Extension<Peer>,
    Path((namespace, pod)): Path<(String, String)>,
    Pairs(pairs): Pairs<Vec<(String, String)>>,
    headers: HeaderMap,
) -> Reply {
    let query = Query::parse(&pairs, server.by_principal).map_err(|why| refused(&why))?;
    let client = Client::of(&headers);
    let audience = Audience {
        namespace,
        pod,
        by_principal: server.by_principal,
    };
    if server.hub.whole().is_none() {
        return Err(not_ready(&server));
    }
    if let Some(domain) = &server.own_bundles_of {
        admit(&server, &peer, domain, &audience).await?;
    }
    let poll = Poll::begin(query, &client);
    for _ in 0..LOOKS {
        let pruned = find(&server, &audience).await?;
        let feed = pruned.feed();
        poll.wait(feed, &server).await;
        let Some(revision) = feed.revision() else {
            // The pod is gone, or was followed no longer just now.
            continue;
        };
        if client.is_current(revision) {
            return Ok(not_modified(revision));
        }
        let answer = if client.takes_program {
            program(&server, pruned).await?
        } else {
            pruned.answer(client.known())
        };
        return send(&server, &client, answer).await;
    }
    Err(not_ready(&server))
}

/// A poll, and how long it may wait.
struct Poll<'c> {
    client: &'c Client,
    end: Option<Instant>,
}

impl<'c> Poll<'c> {
    fn begin(query: Query, client: &'c Client) -> Self {
        let end = query.wait.map(|wait| Instant::now() + wait);
        Self { client, end }
    }

    /// Waits until there is another revision than the client's, its time is over, or the server
    /// stops.
    async fn wait(&self, feed: &Feed, server: &Server) {
        let Some(end) = self.end else {
            return;
        };
        let mut latest = feed.subscribe();
        let has_news =
            |latest: &Option<Revision>| latest.is_none_or(|latest| !self.client.is_current(latest));
        tokio::select! {
            _ended = latest.wait_for(has_news) => {}
            () = sleep_until(end) => {}
            () = server.stop.asked() => {}
        }
    }
}

impl Client {
    /// The revision that a delta may lead from.
    fn known(&self) -> Option<Revision> {
        self.has.first().copied().filter(|_| self.takes_delta)
    }
}

/// The pruned bundle of a pod.
async fn find(server: &Arc<Server>, audience: &Audience) -> Result<Arc<Pruned>, Response<Body>> {
    if let Some(followed) = server.hub.followed(audience) {
        return Ok(followed);
    }
    let hub = Arc::clone(&server.hub);
    let wanted = audience.clone();
    let found = blocking(move || hub.view(&wanted)).await?;
    found.ok_or_else(|| {
        let text = "there is no such pod in the bundle; the path is /v1/bundle/{namespace}/{pod}\n";
        reply::text(StatusCode::NOT_FOUND, text)
    })
}

/// The compiled program of a pruned bundle.
async fn program(server: &Arc<Server>, pruned: Arc<Pruned>) -> Result<Answer, Response<Body>> {
    let hub = Arc::clone(&server.hub);
    let made = blocking(move || hub.program(&pruned)).await?;
    made.map_err(|why| {
        tracing::warn!(%why, "a bundle cannot be compiled");
        reply::text(StatusCode::UNPROCESSABLE_ENTITY, format!("{why}\n"))
    })
}

/// Whether the peer is of the mesh's trust domain and of the pod's namespace and service account.
async fn admit(
    server: &Arc<Server>,
    peer: &Peer,
    domain: &str,
    audience: &Audience,
) -> Result<(), Response<Body>> {
    let Some(id) = peer.identity.clone() else {
        return Err(forbidden(peer, domain));
    };
    let hub = Arc::clone(&server.hub);
    let wanted = audience.clone();
    let account = blocking(move || hub.service_account(&wanted)).await?;
    // Whether there is such a pod is nobody else's business either.
    let is_own = id.trust_domain == domain
        && id.namespace == audience.namespace
        && account.as_ref() == Some(&id.service_account);
    if is_own {
        Ok(())
    } else {
        Err(forbidden(peer, domain))
    }
}

fn forbidden(peer: &Peer, domain: &str) -> Response<Body> {
    let who = match &peer.identity {
        Some(id) => id.to_string(),
        None => "a certificate without one SPIFFE identity".to_owned(),
    };
    let text = format!(
        "{who} may not have this: who is of the trust domain {domain} may have the bundle of a pod with its \
         own namespace and service account, at /v1/bundle/{{namespace}}/{{pod}}\n"
    );
    reply::text(StatusCode::FORBIDDEN, text)
}

fn refused(why: &str) -> Response<Body> {
    reply::text(StatusCode::BAD_REQUEST, format!("{why}\n"))
}

fn not_ready(server: &Server) -> Response<Body> {
    let (_, sentence) = server.board.ready();
    let mut response = reply::text(StatusCode::SERVICE_UNAVAILABLE, sentence);
    let headers = response.headers_mut();
    headers.insert(RETRY_AFTER, HeaderValue::from_static("1"));
    response
}

fn not_modified(revision: Revision) -> Response<Body> {
    let mut response = Response::new(Body::empty());
    *response.status_mut() = StatusCode::NOT_MODIFIED;
    describe(response.headers_mut(), revision);
    response
}

async fn send(server: &Server, client: &Client, answer: Answer) -> Reply {
    let (form, media_type) = match answer.form {
        Form::Whole => ("whole", BUNDLE_MEDIA_TYPE),
        Form::Delta => ("delta", DELTA_MEDIA_TYPE),
        Form::Program => ("program", MEDIA_TYPE),
    };
    let compressed = if client.takes_gzip {
        let answer = answer.clone();
        blocking(move || answer.gzip()).await?
    } else {
        None
    };
    let is_compressed = compressed.is_some();
    let bytes = compressed.unwrap_or_else(|| answer.plain());
    server.metrics.sent(form, bytes.len());
    let mut response = Response::new(Body::from(bytes));
    let headers = response.headers_mut();
    headers.insert(CONTENT_TYPE, HeaderValue::from_static(media_type));
    if is_compressed {
        headers.insert(CONTENT_ENCODING, HeaderValue::from_static("gzip"));
    }
    describe(headers, answer.revision);
    Ok(response)
}

fn describe(headers: &mut HeaderMap, revision: Revision) {
    if let Ok(tag) = HeaderValue::from_str(&format!("\"{revision}\"")) {
        headers.insert(ETAG, tag);
    }
    headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-cache"));
    headers.insert(VARY, HeaderValue::from_static("accept, accept-encoding"));
}

/// Runs what may take long where nobody waits for it.
async fn blocking<T: Send + 'static>(
    work: impl FnOnce() -> T + Send + 'static,
) -> Result<T, Response<Body>> {
    spawn_blocking(work).await.map_err(|error| {
        tracing::error!(%error, "a request failed");
        reply::text(
            StatusCode::INTERNAL_SERVER_ERROR,
            "the server failed; its log says why\n",
        )
    })
}
