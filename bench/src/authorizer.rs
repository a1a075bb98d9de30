//! An external authorization server that answers OK without looking: the least that any can cost.
//! A process of its own, so that its time is told apart from Envoy's.

use std::convert::Infallible;
use std::future::{Ready, ready};
use std::io::{BufRead, BufReader, Read, Write};
use std::path::{Path, PathBuf};
use std::pin::Pin;
use std::process::{Child, Command, Stdio};
use std::task::{self, Poll};

use anyhow::{Context, Result, ensure};
use hyper::{Request, Response};
use tokio::net::UnixListener;
use tokio_stream::wrappers::UnixListenerStream;
use tonic::Status;
use tonic::body::Body;
use tonic::codec::{Codec, DecodeBuf, Decoder, EncodeBuf, Encoder};
use tonic::server::{Grpc, UnaryService};
use tonic::transport::Server;

use crate::usage::Process;

/// What it prints once it listens.
const READY: &str = "ready";

/// A running server; ends with its owner.
#[derive(Debug)]
pub(crate) struct Authorizer {
    child: Child,
    socket: PathBuf,
}

impl Authorizer {
    /// Starts one that listens on this socket: this program again, by its hidden command.
    ///
    /// # Errors
    /// When it cannot be started.
    pub(crate) fn start(socket: &Path) -> Result<Self> {
        let mut child = Command::new(std::env::current_exe()?)
            .arg("authorizer")
            .arg(socket)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .context("cannot start the authorization server")?;
        let stdout = child.stdout.take().context("no output")?;
        let mut line = String::new();
        BufReader::new(stdout).read_line(&mut line)?;
        ensure!(
            line.trim() == READY,
            "the authorization server does not listen"
        );
        let socket = socket.to_owned();
        Ok(Self { child, socket })
    }

    /// Where it listens.
    pub(crate) fn socket(&self) -> &Path {
        &self.socket
    }

    /// Its process.
    pub(crate) fn process(&self) -> Process {
        Process(self.child.id())
    }
}

impl Drop for Authorizer {
    fn drop(&mut self) {
        // An error means that it has ended already.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Serves on this socket until standard input ends: with whoever started us.
///
/// # Errors
/// When nothing can listen there.
pub(crate) async fn serve(socket: &Path) -> Result<()> {
    let listener = UnixListener::bind(socket)
        .with_context(|| format!("cannot listen on {}", socket.display()))?;
    println!("{READY}");
    std::io::stdout().flush()?;
    let parent = tokio::task::spawn_blocking(|| std::io::stdin().read_to_end(&mut Vec::new()));
    tokio::select! {
        served = Server::builder().serve_with_incoming(Authorize, UnixListenerStream::new(listener)) => Ok(served?),
        _ended = parent => Ok(()),
    }
}

/// `envoy.service.auth.v3.Authorization/Check`, and whatever else is asked for.
#[derive(Clone, Copy, Debug)]
struct Authorize;

impl tower_service::Service<Request<Body>> for Authorize {
    type Response = Response<Body>;
    type Error = Infallible;
    type Future = Pin<Box<dyn Future<Output = Result<Self::Response, Infallible>> + Send>>;

    fn poll_ready(&mut self, _context: &mut task::Context<'_>) -> Poll<Result<(), Infallible>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: Request<Body>) -> Self::Future {
        Box::pin(async { Ok(Grpc::new(Unread).unary(Self, request).await) })
    }
}

impl UnaryService<()> for Authorize {
    type Response = ();
    type Future = Ready<Result<tonic::Response<()>, Status>>;

    fn call(&mut self, _request: tonic::Request<()>) -> Self::Future {
        ready(Ok(tonic::Response::new(())))
    }
}

/// Requests are dropped unread. The answer is the empty message: a `CheckResponse` of status OK.
#[derive(Clone, Copy, Debug)]
struct Unread;

impl Codec for Unread {
    type Encode = ();
    type Decode = ();
    type Encoder = Self;
    type Decoder = Self;

    fn encoder(&mut self) -> Self {
        Self
    }

    fn decoder(&mut self) -> Self {
        Self
    }
}

impl Encoder for Unread {
    type Item = ();
    type Error = Status;

    fn encode(&mut self, (): (), _buffer: &mut EncodeBuf<'_>) -> Result<(), Status> {
        Ok(())
    }
}

impl Decoder for Unread {
    type Item = ();
    type Error = Status;

    fn decode(&mut self, buffer: &mut DecodeBuf<'_>) -> Result<Option<()>, Status> {
        use bytes::Buf;
        buffer.advance(buffer.remaining());
        Ok(Some(()))
    }
}
