//! The client: a fixed number of requests under way, each answered before the next is sent.

mod http1;
mod http2;

use std::fmt;
use std::net::{IpAddr, SocketAddr};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, ensure};
use heliast_envoy_tests::{Call, Dial, Identity, Protocol};
use tokio::task::JoinSet;
use tokio::time::timeout;

use self::http1::Http1;
use self::http2::Http2;
use crate::mesh::{self, Mesh};

/// Requests under way at any time.
pub(crate) const CONCURRENCY: usize = 8;
/// How much longer than its window a round may take: no answer takes so long.
const GRACE: Duration = Duration::from_secs(20);

/// How requests come.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Wire {
    /// HTTP/1.1, a connection for each request under way, kept alive.
    Http1,
    /// HTTP/2, all of them on one connection.
    Http2,
    /// HTTP/1.1 over mutual TLS, connections kept alive.
    MutualTls,
}

/// Open connections to one sidecar.
#[derive(Debug)]
pub(crate) struct Load {
    sessions: Vec<Session>,
}

/// What came of one round.
#[derive(Debug)]
pub(crate) struct Round {
    /// From the first request to the last answer.
    pub(crate) elapsed: Duration,
    /// Of every request.
    pub(crate) latencies: Vec<Duration>,
}

#[derive(Debug)]
enum Session {
    Http1(Http1),
    Http2(Http2),
}

impl Load {
    /// Connects as the client of the mesh.
    ///
    /// # Errors
    /// When a connection fails.
    pub(crate) async fn connect(
        to: SocketAddr,
        wire: Wire,
        mesh: &Mesh,
        path: &str,
    ) -> Result<Self> {
        let dial = wire.dial(to, mesh::CLIENT, &mesh.client, mesh)?;
        let mut sessions = Vec::new();
        if wire == Wire::Http2 {
            let first = Http2::connect(&dial, path).await?;
            sessions.extend((0..CONCURRENCY).map(|_| Session::Http2(first.clone())));
        } else {
            for _ in 0..CONCURRENCY {
                sessions.push(Session::Http1(Http1::connect(&dial, path).await?));
            }
        }
        let mut load = Self { sessions };
        // One request each: Envoy ends connections on which nothing comes for 15 seconds.
        load.run(Duration::from_millis(1)).await?;
        Ok(load)
    }

    /// Asks for so long, and on each connection at least once.
    ///
    /// # Errors
    /// When an answer is not 200, or does not come.
    pub(crate) async fn run(&mut self, window: Duration) -> Result<Round> {
        let begun = Instant::now();
        let mut tasks = JoinSet::new();
        for session in self.sessions.drain(..) {
            tasks.spawn(session.ask_until(begun + window));
        }
        let mut latencies = Vec::new();
        let all = async {
            while let Some(done) = tasks.join_next().await {
                let (session, times) = done??;
                self.sessions.push(session);
                latencies.extend(times);
            }
            anyhow::Ok(())
        };
        timeout(window + GRACE, all).await.context("no answer")??;
        ensure!(!latencies.is_empty(), "no requests in {window:?}");
        Ok(Round {
            elapsed: begun.elapsed(),
            latencies,
        })
    }
}

impl Session {
    async fn ask_until(mut self, deadline: Instant) -> Result<(Self, Vec<Duration>)> {
        let mut times = Vec::new();
        loop {
            let begun = Instant::now();
            match &mut self {
                Self::Http1(session) => session.ask().await?,
                Self::Http2(session) => session.ask().await?,
            }
            times.push(begun.elapsed());
            if Instant::now() >= deadline {
                return Ok((self, times));
            }
        }
    }
}

impl Wire {
    /// Every kind.
    pub(crate) const ALL: [Self; 3] = [Self::Http1, Self::Http2, Self::MutualTls];

    fn dial(self, to: SocketAddr, from: IpAddr, identity: &Identity, mesh: &Mesh) -> Result<Dial> {
        let dial = Dial::new(to).from(from);
        if self == Self::MutualTls {
            return dial.mutual_tls(identity, &mesh.authority);
        }
        Ok(dial)
    }

    /// The status that a stranger gets for a path.
    ///
    /// # Errors
    /// When there is no answer.
    pub(crate) async fn stranger(self, to: SocketAddr, mesh: &Mesh, path: &str) -> Result<u16> {
        let dial = self.dial(to, mesh::STRANGER, &mesh.stranger, mesh)?;
        let protocol = match self {
            Self::Http1 | Self::MutualTls => Protocol::Http1,
            Self::Http2 => Protocol::Http2,
        };
        Ok(dial
            .call(protocol, &Call::get("server", path))
            .await?
            .status)
    }
}

impl fmt::Display for Wire {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Self::Http1 => "HTTP/1.1",
            Self::Http2 => "HTTP/2",
            Self::MutualTls => "mutual TLS",
        })
    }
}
