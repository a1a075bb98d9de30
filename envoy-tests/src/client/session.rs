//! HTTP by the book, many requests on one connection.

use std::time::Duration;

use anyhow::{Context, Result};
use bytes::Bytes;
use http_body_util::{BodyExt, Full};
use hyper::client::conn::{http1, http2};
use hyper::header::{HOST, HeaderName, HeaderValue};
use hyper::{Request, Response, Uri, body::Incoming};
use hyper_util::rt::{TokioExecutor, TokioIo};
use tokio::task::JoinHandle;
use tokio::time::timeout;

use super::dial::{Protocol, Stream};
use super::{Answer, Call};

/// An open HTTP connection.
#[derive(Debug)]
pub struct Session {
    sender: Sender,
    protocol: Protocol,
    connection: JoinHandle<()>,
    patience: Duration,
}

#[derive(Debug)]
enum Sender {
    Http1(http1::SendRequest<Full<Bytes>>),
    Http2(http2::SendRequest<Full<Bytes>>),
}

impl Session {
    pub(super) async fn start(
        stream: Box<dyn Stream>,
        protocol: Protocol,
        patience: Duration,
    ) -> Result<Self> {
        let stream = TokioIo::new(stream);
        // How a connection ended is told by the requests on it.
        let (sender, connection) = match protocol {
            Protocol::Http1 => {
                let (sender, connection) = timeout(patience, http1::handshake(stream)).await??;
                let connection = tokio::spawn(async { drop(connection.with_upgrades().await) });
                (Sender::Http1(sender), connection)
            }
            Protocol::Http2 => {
                let handshake = http2::handshake(TokioExecutor::new(), stream);
                let (sender, connection) = timeout(patience, handshake).await??;
                (
                    Sender::Http2(sender),
                    tokio::spawn(async { drop(connection.await) }),
                )
            }
        };
        Ok(Self {
            sender,
            protocol,
            connection,
            patience,
        })
    }

    /// Sends a request and reads the whole answer.
    ///
    /// # Errors
    /// When the request cannot be put in HTTP, or no answer comes.
    pub async fn call(&mut self, call: &Call) -> Result<Answer> {
        let request = request(self.protocol, call)?;
        self.send(request).await
    }

    pub(super) async fn send(&mut self, request: Request<Full<Bytes>>) -> Result<Answer> {
        let exchange = async {
            let response = match &mut self.sender {
                Sender::Http1(sender) => {
                    sender.ready().await?;
                    sender.send_request(request).await?
                }
                Sender::Http2(sender) => {
                    sender.ready().await?;
                    sender.send_request(request).await?
                }
            };
            answer(response).await
        };
        timeout(self.patience, exchange)
            .await
            .context("no answer in time")?
    }
}

impl Drop for Session {
    fn drop(&mut self) {
        self.connection.abort();
    }
}

/// The request as the HTTP library has it, if it will.
pub(super) fn request(protocol: Protocol, call: &Call) -> Result<Request<Full<Bytes>>> {
    let mut request = Request::builder().method(call.method.as_bytes());
    request = match protocol {
        Protocol::Http1 => {
            let uri: Uri = call.path.parse().context("a path that no URI has")?;
            // Else the library would send something else than it was given.
            anyhow::ensure!(
                uri.path_and_query()
                    .is_some_and(|path| path.as_str() == call.path)
            );
            request.uri(uri).header(HOST, call.host.as_str())
        }
        Protocol::Http2 => request.uri(
            Uri::builder()
                .scheme("http")
                .authority(call.host.as_str())
                .path_and_query(call.path.as_str())
                .build()
                .context("a path or a host that no URI has")?,
        ),
    };
    for (name, value) in &call.headers {
        let name = HeaderName::from_bytes(name.as_bytes())?;
        request = request.header(name, HeaderValue::from_bytes(value)?);
    }
    request
        .body(Full::new(Bytes::from(call.body.clone())))
        .context("no HTTP request")
}

async fn answer(response: Response<Incoming>) -> Result<Answer> {
    let (head, body) = response.into_parts();
    let pair = |(name, value): (&HeaderName, &HeaderValue)| {
        (name.as_str().to_owned(), value.as_bytes().to_vec())
    };
    Ok(Answer {
        status: head.status.as_u16(),
        headers: head.headers.iter().map(pair).collect(),
        body: body
            .collect()
            .await
            .context("the answer broke off")?
            .to_bytes()
            .to_vec(),
    })
}
