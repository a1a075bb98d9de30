//! Where bundles come from: a server that does as it is told, well or badly, and remembers what it
//! was asked.

mod asked;
mod connection;
mod edition;
mod gzip;
mod reply;
mod response;
mod shelf;
mod signer;

use std::net::SocketAddr;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use anyhow::{Context, Result, bail};
use tokio::net::TcpListener;
use tokio::task::{JoinHandle, JoinSet};
use tokio::time::{Instant, sleep};

pub use asked::Asked;
pub use edition::{Delta, Edition};
pub use reply::Reply;
pub use response::Response;
pub use signer::Signer;

use shelf::Shelf;

/// A bundle server on loopback; ends with its owner.
#[derive(Debug)]
pub struct Origin {
    address: SocketAddr,
    shelf: Arc<Shelf>,
    task: Mutex<Option<JoinHandle<()>>>,
}

impl Origin {
    /// Serves on this address, port 0 being left to the kernel; there is nothing to be had yet, so
    /// every request gets 404.
    ///
    /// # Errors
    /// When nothing can listen there.
    pub async fn start(address: SocketAddr) -> Result<Self> {
        let listener = TcpListener::bind(address)
            .await
            .with_context(|| format!("cannot listen on {address}"))?;
        let origin = Self {
            address: listener.local_addr()?,
            shelf: Arc::new(Shelf::new(Reply::status(404))),
            task: Mutex::new(None),
        };
        origin.accept(listener);
        Ok(origin)
    }

    /// Where it listens.
    #[must_use]
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Serves this edition as a good server does: ETag and 304, long polls, gzip, and deltas from
    /// the editions published before. Whoever waits for news gets it now.
    pub fn publish(&self, edition: &Edition) {
        self.shelf.publish(edition.clone());
    }

    /// As [`Origin::publish`], and forgets the editions before: there are no deltas from them.
    pub fn publish_alone(&self, edition: &Edition) {
        self.shelf.forget();
        self.shelf.publish(edition.clone());
    }

    /// Answers every request so from now on, whatever was published.
    pub fn answer(&self, reply: Reply) {
        self.shelf.answer(reply);
    }

    /// Answers the next request so, once.
    pub fn answer_once(&self, reply: Reply) {
        self.shelf.answer_once(reply);
    }

    /// Serves what was published last again.
    pub fn recover(&self) {
        self.shelf.recover();
    }

    /// All requests so far.
    #[must_use]
    pub fn asked(&self) -> Vec<Asked> {
        self.shelf.asked()
    }

    /// How many requests there were so far.
    #[must_use]
    pub fn count(&self) -> usize {
        self.shelf.count()
    }

    /// Waits for so many more requests.
    ///
    /// # Errors
    /// When they do not come within the given time.
    pub async fn more(&self, requests: usize, patience: Duration) -> Result<()> {
        let (before, deadline) = (self.count(), Instant::now() + patience);
        while self.count() < before + requests {
            if Instant::now() > deadline {
                let came = self.count() - before;
                bail!("{came} of {requests} requests came to the origin in {patience:?}");
            }
            sleep(Duration::from_millis(5)).await;
        }
        Ok(())
    }

    /// Stops listening and breaks every connection off.
    pub async fn stop(&self) {
        let task = self.task().take();
        if let Some(task) = task {
            task.abort();
            // Gone when it says so: aborted, which is what was asked for.
            let _aborted = task.await;
        }
    }

    /// Listens again where it did before.
    ///
    /// # Errors
    /// When somebody else has taken the port.
    pub async fn restart(&self) -> Result<()> {
        self.stop().await;
        let listener = TcpListener::bind(self.address)
            .await
            .with_context(|| format!("cannot listen on {} again", self.address))?;
        self.accept(listener);
        Ok(())
    }

    fn accept(&self, listener: TcpListener) {
        let shelf = Arc::clone(&self.shelf);
        *self.task() = Some(tokio::spawn(accept_all(listener, shelf)));
    }

    fn task(&self) -> MutexGuard<'_, Option<JoinHandle<()>>> {
        self.task.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Origin {
    fn drop(&mut self) {
        if let Some(task) = self.task().take() {
            task.abort();
        }
    }
}

/// Runs until aborted, which ends the connections too.
async fn accept_all(listener: TcpListener, shelf: Arc<Shelf>) {
    let mut connections = JoinSet::new();
    loop {
        tokio::select! {
            Ok((stream, _)) = listener.accept() => {
                let shelf = Arc::clone(&shelf);
                // How a connection ends is the client's business.
                connections.spawn(async move { drop(connection::serve(stream, &shelf).await) });
            }
            Some(_) = connections.join_next() => {}
            else => return,
        }
    }
}
