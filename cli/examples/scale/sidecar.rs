//! A sidecar as far as the server sees one: it polls, and counts what comes. A thousand of them
//! cost one thread.

use anyhow::{Context, Result};
use heliast::bundle::DELTA_MEDIA_TYPE;
use std::net::{Ipv4Addr, SocketAddr};
use std::time::Instant;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpSocket, TcpStream};
use tokio::sync::mpsc;

/// A bundle or delta came.
#[derive(Debug)]
pub(crate) struct Arrival {
    pub(crate) at: Instant,
    pub(crate) bytes: usize,
    pub(crate) is_delta: bool,
}

/// An answer of the server.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) tag: String,
    pub(crate) is_delta: bool,
    pub(crate) bytes: Vec<u8>,
}

#[derive(Debug)]
pub(crate) struct Sidecar {
    server: SocketAddr,
    address: Ipv4Addr,
    path: String,
    tag: Option<String>,
}

impl Sidecar {
    /// One of many, each with an address of its own, which counts for the server's limits.
    pub(crate) fn new(server: SocketAddr, number: u32, path: String, tag: Option<String>) -> Self {
        let [_, _, high, low] = number.to_be_bytes();
        Self {
            server,
            address: Ipv4Addr::new(127, 1, high, low),
            path,
            tag,
        }
    }

    /// Follows its bundle until nobody listens any more.
    pub(crate) async fn follow(mut self, arrivals: mpsc::UnboundedSender<Arrival>) {
        if let Err(error) = self.run(&arrivals).await {
            eprintln!("sidecar {}: {error:#}", self.address);
        }
    }

    async fn run(&mut self, arrivals: &mpsc::UnboundedSender<Arrival>) -> Result<()> {
        let socket = TcpSocket::new_v4()?;
        socket.bind((self.address, 0).into())?;
        let mut stream = socket.connect(self.server).await?;
        stream.set_nodelay(true)?;
        loop {
            let mut headers = vec![("accept", DELTA_MEDIA_TYPE), ("accept-encoding", "gzip")];
            headers.extend(self.tag.as_deref().map(|tag| ("if-none-match", tag)));
            let path = format!("{}?wait=300s", self.path);
            let answer = ask(&mut stream, &path, &headers).await?;
            if answer.status == 304 {
                continue;
            }
            anyhow::ensure!(answer.status == 200, "{} for {path}", answer.status);
            self.tag = Some(answer.tag);
            let arrival = Arrival {
                at: Instant::now(),
                bytes: answer.bytes.len(),
                is_delta: answer.is_delta,
            };
            if arrivals.send(arrival).is_err() {
                return Ok(());
            }
        }
    }
}

/// Sends one request, and reads its answer.
pub(crate) async fn ask(
    stream: &mut TcpStream,
    path: &str,
    headers: &[(&str, &str)],
) -> Result<Answer> {
    let mut text = format!("GET {path} HTTP/1.1\r\nhost: heliast\r\n");
    for (name, value) in headers {
        text.push_str(&format!("{name}: {value}\r\n"));
    }
    text.push_str("\r\n");
    stream.write_all(text.as_bytes()).await?;
    let mut bytes = Vec::new();
    let end = loop {
        if let Some(end) = bytes.windows(4).position(|window| window == b"\r\n\r\n") {
            break end + 4;
        }
        let read = stream.read_buf(&mut bytes).await?;
        anyhow::ensure!(read > 0, "the server has hung up");
    };
    let mut rest = bytes.split_off(end);
    let head = String::from_utf8(bytes)?;
    let header = |name: &str| {
        let mut lines = head.lines().filter_map(|line| line.split_once(':'));
        let found = lines.find(|(key, _)| key.eq_ignore_ascii_case(name));
        found.map(|(_, value)| value.trim().to_owned())
    };
    let status = head.split(' ').nth(1).context("no status")?.parse()?;
    let length = match header("content-length") {
        Some(length) if status != 304 => length.parse()?,
        _ => 0,
    };
    let came = rest.len();
    rest.resize(length, 0);
    if let Some(missing) = rest.get_mut(came..) {
        stream.read_exact(missing).await?;
    }
    Ok(Answer {
        status,
        tag: header("etag").unwrap_or_default(),
        is_delta: header("content-type").as_deref() == Some(DELTA_MEDIA_TYPE),
        bytes: rest,
    })
}
