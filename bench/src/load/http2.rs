//! HTTP/2: streams of one connection.

use anyhow::{Result, ensure};
use bytes::Bytes;
use heliast_envoy_tests::{Dial, Protocol};
use http_body_util::{BodyExt, Empty};
use hyper::client::conn::http2::{SendRequest, handshake};
use hyper::{Request, Uri};
use hyper_util::rt::{TokioExecutor, TokioIo};

/// A connection that others share, and the request that is repeated on it.
#[derive(Clone, Debug)]
pub(super) struct Http2 {
    sender: SendRequest<Empty<Bytes>>,
    uri: Uri,
}

impl Http2 {
    pub(super) async fn connect(dial: &Dial, path: &str) -> Result<Self> {
        let stream = TokioIo::new(dial.connect(Protocol::Http2).await?);
        let (sender, connection) = handshake(TokioExecutor::new(), stream).await?;
        // It ends with its last sender; how is told by the requests on it.
        tokio::spawn(async { drop(connection.await) });
        Ok(Self {
            sender,
            uri: format!("http://server{path}").parse()?,
        })
    }

    pub(super) async fn ask(&mut self) -> Result<()> {
        let request = Request::get(self.uri.clone())
            .header("user-agent", "bench")
            .body(Empty::new())?;
        self.sender.ready().await?;
        let response = self.sender.send_request(request).await?;
        ensure!(response.status() == 200, "answered {}", response.status());
        response.into_body().collect().await?;
        Ok(())
    }
}
