//! One connection of an origin, byte by byte: what a library would refuse to send is the point.

use std::io;
use std::time::Duration;

use anyhow::{Context, Result, bail};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::time::{Instant, sleep, timeout};

use super::asked::Asked;
use super::reply::{Reply, Step};
use super::shelf::Shelf;

/// More than any request of ours has.
const MAX_HEAD: usize = 64 * 1024;
/// How long a client may take to leave once its answer is complete.
const LINGER: Duration = Duration::from_secs(1);

/// Answers requests until one of the two has enough.
pub(super) async fn serve(mut stream: TcpStream, shelf: &Shelf) -> Result<()> {
    stream.set_nodelay(true)?;
    let (mut unread, mut beyond) = (Vec::new(), [0]);
    while let Some(asked) = request(&mut stream, &mut unread).await? {
        shelf.remember(asked.clone());
        let reply = tokio::select! {
            reply = shelf.reply(&asked) => reply,
            // The client has left, or speaks out of turn.
            _ = stream.peek(&mut beyond) => return Ok(()),
        };
        if !play(&mut stream, &reply).await? {
            return Ok(());
        }
    }
    Ok(())
}

/// The next request; none when the client has left between two. Bodies are not expected.
async fn request(stream: &mut TcpStream, unread: &mut Vec<u8>) -> Result<Option<Asked>> {
    loop {
        let mut headers = [httparse::EMPTY_HEADER; 128];
        let mut head = httparse::Request::new(&mut headers);
        if let httparse::Status::Complete(length) = head.parse(unread)? {
            let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
            let pair = |header: &httparse::Header<'_>| {
                (header.name.to_ascii_lowercase(), text(header.value))
            };
            let asked = Asked {
                at: Instant::now(),
                method: head.method.context("no method")?.to_owned(),
                path: head.path.context("no path")?.to_owned(),
                headers: head.headers.iter().map(pair).collect(),
            };
            drop(unread.drain(..length));
            return Ok(Some(asked));
        }
        if unread.len() > MAX_HEAD {
            bail!("an endless request");
        }
        if stream.read_buf(unread).await? == 0 {
            return Ok(None);
        }
    }
}

/// Does one thing after the other; answers whether the connection goes on.
async fn play(stream: &mut TcpStream, reply: &Reply) -> io::Result<bool> {
    for step in &reply.steps {
        match step {
            Step::Send(bytes) => stream.write_all(bytes).await?,
            Step::Rest(pause) => sleep(*pause).await,
            Step::Forever(bytes, pause) => loop {
                stream.write_all(bytes).await?;
                sleep(*pause).await;
            },
            Step::Wait => {
                // Until the client leaves or speaks out of turn.
                stream.peek(&mut [0]).await?;
                return Ok(false);
            }
            Step::Reset => {
                stream.set_zero_linger()?;
                return Ok(false);
            }
            // Was waited for before.
            Step::Hold => {}
        }
    }
    if !reply.keeps {
        stream.shutdown().await?;
        // A client that is still sending must not have its answer destroyed by a reset.
        let mut byte = [0];
        let left = stream.peek(&mut byte);
        drop(timeout(LINGER, left).await);
    }
    Ok(reply.keeps)
}
