//! Workloads: small HTTP/1.1 servers behind the sidecars.

use std::convert::Infallible;
use std::future::Future;
use std::path::PathBuf;
use std::pin::Pin;
use std::sync::Arc;
use std::{fmt, io};

use anyhow::{Context, Result};
use bytes::Bytes;
use http_body_util::{BodyExt, Full};
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper::{Request, Response, StatusCode};
use hyper_util::rt::TokioIo;
use tokio::net::{TcpListener, UnixListener};
use tokio::task::{JoinHandle, JoinSet};

use crate::address::Address;
use crate::client::Stream;

type Handling = Pin<Box<dyn Future<Output = Response<Bytes>> + Send>>;
type Handler = Arc<dyn Fn(Request<Bytes>) -> Handling + Send + Sync>;

/// A running server; ends with its owner.
pub struct Upstream {
    address: Address,
    task: JoinHandle<()>,
}

impl Upstream {
    /// Serves on this address; a port of 0 is left to the kernel.
    ///
    /// # Errors
    /// When nothing can listen there.
    pub async fn start<F, H>(address: impl Into<Address>, handler: H) -> Result<Self>
    where
        F: Future<Output = Response<Bytes>> + Send + 'static,
        H: Fn(Request<Bytes>) -> F + Send + Sync + 'static,
    {
        let handler: Handler = Arc::new(move |request| Box::pin(handler(request)));
        let listener = Listener::open(&address.into()).await?;
        let address = listener.address()?;
        Ok(Self {
            address,
            task: tokio::spawn(accept_all(listener, handler)),
        })
    }

    /// Where it listens.
    #[must_use]
    pub fn address(&self) -> &Address {
        &self.address
    }
}

impl Drop for Upstream {
    fn drop(&mut self) {
        self.task.abort();
    }
}

impl fmt::Debug for Upstream {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Upstream")
            .field("address", &self.address)
            .finish_non_exhaustive()
    }
}

/// A plain-text response.
#[must_use]
pub fn respond(status: StatusCode, body: impl Into<Bytes>) -> Response<Bytes> {
    let mut response = Response::new(body.into());
    *response.status_mut() = status;
    response
}

enum Listener {
    Tcp(TcpListener),
    Unix(UnixListener, PathBuf),
}

impl Listener {
    async fn open(address: &Address) -> Result<Self> {
        let opened = match address {
            Address::Tcp(address) => TcpListener::bind(address).await.map(Self::Tcp),
            Address::Unix(path) => {
                UnixListener::bind(path).map(|listener| Self::Unix(listener, path.clone()))
            }
        };
        opened.with_context(|| format!("cannot listen on {address}"))
    }

    fn address(&self) -> Result<Address> {
        Ok(match self {
            Self::Tcp(listener) => listener.local_addr()?.into(),
            Self::Unix(_, path) => path.clone().into(),
        })
    }

    async fn accept(&self) -> io::Result<Box<dyn Stream>> {
        Ok(match self {
            Self::Tcp(listener) => Box::new(listener.accept().await?.0),
            Self::Unix(listener, _) => Box::new(listener.accept().await?.0),
        })
    }
}

/// Runs until aborted, which ends the connections too.
async fn accept_all(listener: Listener, handler: Handler) {
    let mut connections = JoinSet::new();
    loop {
        tokio::select! {
            Ok(stream) = listener.accept() => {
                connections.spawn(serve(stream, Arc::clone(&handler)));
            }
            Some(_) = connections.join_next() => {}
            else => return,
        }
    }
}

async fn serve(stream: Box<dyn Stream>, handler: Handler) {
    let service = service_fn(move |request: Request<Incoming>| {
        let handler = Arc::clone(&handler);
        async move {
            let (head, body) = request.into_parts();
            // A body that breaks off is the client's loss; nobody waits for the response.
            let body = body
                .collect()
                .await
                .map(|body| body.to_bytes())
                .unwrap_or_default();
            let response = handler(Request::from_parts(head, body)).await;
            Ok::<_, Infallible>(response.map(Full::new))
        }
    });
    // How a connection ends is the client's business.
    drop(
        http1::Builder::new()
            .serve_connection(TokioIo::new(stream), service)
            .await,
    );
}
