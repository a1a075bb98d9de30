//! Opening a connection as somebody.

use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context, Result};
use rustls::ClientConfig;
use rustls::pki_types::ServerName;
use tokio::io::{AsyncRead, AsyncWrite, AsyncWriteExt};
use tokio::net::{TcpSocket, TcpStream, UnixStream};
use tokio::time::timeout;
use tokio_rustls::TlsConnector;

use super::session::Session;
use super::{Answer, Call, raw, trust};
use crate::address::Address;
use crate::pki::{Authority, Identity};

/// What is spoken on a connection.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Protocol {
    /// HTTP/1.1.
    Http1,
    /// HTTP/2, with prior knowledge where there is no TLS to agree on it.
    Http2,
}

/// A connection, with or without TLS.
pub trait Stream: AsyncRead + AsyncWrite + Send + Unpin {}

impl<T: AsyncRead + AsyncWrite + Send + Unpin> Stream for T {}

/// Whom to connect to, and as whom.
#[derive(Clone, Debug)]
pub struct Dial {
    to: Address,
    from: Option<IpAddr>,
    announced: Option<(SocketAddr, SocketAddr)>,
    client_tls: Option<ClientConfig>,
    server_name: Option<ServerName<'static>>,
    patience: Duration,
}

impl Dial {
    /// Plaintext, from whatever address the kernel picks.
    #[must_use]
    pub fn new(to: impl Into<Address>) -> Self {
        let patience = Duration::from_secs(10);
        Self {
            to: to.into(),
            from: None,
            announced: None,
            client_tls: None,
            server_name: None,
            patience,
        }
    }

    /// Comes from this address.
    #[must_use]
    pub fn from(mut self, ip: IpAddr) -> Self {
        self.from = Some(ip);
        self
    }

    /// Begins with a PROXY protocol line that names this source and this destination.
    #[must_use]
    pub fn announce(mut self, source: SocketAddr, destination: SocketAddr) -> Self {
        self.announced = Some((source, destination));
        self
    }

    /// Mutual TLS with this certificate; the server's must come from this authority.
    ///
    /// # Errors
    /// When the certificate does not fit its key.
    pub fn mutual_tls(mut self, identity: &Identity, authority: &Authority) -> Result<Self> {
        self.client_tls = Some(trust::with_certificate(identity, authority)?);
        Ok(self)
    }

    /// TLS without a certificate of our own.
    ///
    /// # Errors
    /// When the authority's certificate is unusable.
    pub fn anonymous_tls(mut self, authority: &Authority) -> Result<Self> {
        self.client_tls = Some(trust::anonymous(authority)?);
        Ok(self)
    }

    /// Names the server that is wanted (SNI); nobody is held to it.
    ///
    /// # Errors
    /// When this is no name.
    pub fn server_name(mut self, name: &str) -> Result<Self> {
        self.server_name = Some(ServerName::try_from(name.to_owned())?);
        Ok(self)
    }

    /// How long connecting, and then each call, may take.
    #[must_use]
    pub fn patience(mut self, patience: Duration) -> Self {
        self.patience = patience;
        self
    }

    /// Connects, and speaks HTTP from then on.
    ///
    /// # Errors
    /// When the connection or one of its handshakes fails.
    pub async fn session(&self, protocol: Protocol) -> Result<Session> {
        let stream = self.connect(protocol).await?;
        Session::start(stream, protocol, self.patience).await
    }

    /// One request on a connection of its own. What the HTTP library refuses to send is written
    /// byte by byte, in HTTP/1.1.
    ///
    /// # Errors
    /// When no answer comes: refused, reset, or too late.
    pub async fn call(&self, protocol: Protocol, call: &Call) -> Result<Answer> {
        match (protocol, super::session::request(protocol, call)) {
            (_, Ok(request)) => self.session(protocol).await?.send(request).await,
            (Protocol::Http1, Err(_)) => self.raw(&raw::request(call)).await,
            (Protocol::Http2, Err(error)) => Err(error),
        }
    }

    /// Sends these bytes and reads one HTTP/1.1 answer.
    ///
    /// # Errors
    /// When no answer comes: refused, reset, or too late.
    pub async fn raw(&self, bytes: &[u8]) -> Result<Answer> {
        let mut stream = self.connect(Protocol::Http1).await?;
        let exchange = async {
            stream.write_all(bytes).await.context("cannot send")?;
            raw::answer(&mut stream, bytes.starts_with(b"HEAD ")).await
        };
        timeout(self.patience, exchange)
            .await
            .context("no answer in time")?
    }

    /// Connects, TLS included, and leaves the rest to the caller.
    ///
    /// # Errors
    /// When the connection or the TLS handshake fails.
    pub async fn connect(&self, protocol: Protocol) -> Result<Box<dyn Stream>> {
        timeout(self.patience, self.open(protocol))
            .await
            .context("too late")
            .flatten()
            .with_context(|| format!("cannot connect to {}", self.to))
    }

    async fn open(&self, protocol: Protocol) -> Result<Box<dyn Stream>> {
        let to = match &self.to {
            Address::Tcp(to) => *to,
            Address::Unix(path) => return Ok(Box::new(UnixStream::connect(path).await?)),
        };
        let mut stream = self.open_tcp(to).await?;
        if let Some((source, destination)) = self.announced {
            stream
                .write_all(proxy_line(source, destination).as_bytes())
                .await?;
        }
        let Some(client_tls) = &self.client_tls else {
            return Ok(Box::new(stream));
        };
        let mut client_tls = client_tls.clone();
        client_tls.alpn_protocols = vec![protocol.alpn().to_vec()];
        let connector = TlsConnector::from(Arc::new(client_tls));
        // An address goes without being said.
        let name = self.server_name.clone().unwrap_or(to.ip().into());
        let stream = connector
            .connect(name, stream)
            .await
            .context("TLS failed")?;
        Ok(Box::new(stream))
    }

    async fn open_tcp(&self, to: SocketAddr) -> Result<TcpStream> {
        let socket = if to.is_ipv4() {
            TcpSocket::new_v4()?
        } else {
            TcpSocket::new_v6()?
        };
        if let Some(from) = self.from {
            socket
                .bind(SocketAddr::new(from, 0))
                .with_context(|| format!("cannot use {from}"))?;
        }
        let stream = socket.connect(to).await?;
        stream.set_nodelay(true)?;
        Ok(stream)
    }
}

impl Protocol {
    fn alpn(self) -> &'static [u8] {
        match self {
            Self::Http1 => b"http/1.1",
            Self::Http2 => b"h2",
        }
    }
}

fn proxy_line(source: SocketAddr, destination: SocketAddr) -> String {
    let family = if source.is_ipv4() { "TCP4" } else { "TCP6" };
    let (from, to) = (source.ip(), destination.ip());
    format!(
        "PROXY {family} {from} {to} {} {}\r\n",
        source.port(),
        destination.port()
    )
}
