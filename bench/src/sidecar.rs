//! A running sidecar, and what it has used.

use std::net::SocketAddr;
use std::time::Duration;

use anyhow::Result;
use heliast_envoy_tests::{Bootstrap, Envoy, Options};

use crate::authorizer::Authorizer;
use crate::usage::{Memory, Process};

/// The only listener.
pub(crate) const LISTENER: &str = "inbound";
/// Native RBAC of 10,000 policies takes its time.
const PATIENCE: Duration = Duration::from_secs(120);

/// A running sidecar; ends with its owner.
#[derive(Debug)]
pub(crate) struct Sidecar {
    envoy: Envoy,
    authorizer: Option<Authorizer>,
    address: SocketAddr,
}

impl Sidecar {
    /// Starts Envoy with one worker.
    ///
    /// # Errors
    /// When it refuses the configuration.
    pub(crate) async fn start(
        bootstrap: Bootstrap,
        authorizer: Option<Authorizer>,
    ) -> Result<Self> {
        let options = Options {
            concurrency: 1,
            patience: PATIENCE,
        };
        let envoy = Envoy::start_with(bootstrap, options).await?;
        let address = envoy.admin().listener(LISTENER).await?;
        Ok(Self {
            envoy,
            authorizer,
            address,
        })
    }

    /// Where it listens.
    pub(crate) fn address(&self) -> SocketAddr {
        self.address
    }

    /// From the start of the process until it was ready.
    pub(crate) fn start_time(&self) -> Duration {
        self.envoy.start_time()
    }

    /// Processor time so far: Envoy's, and beside it the authorization server's.
    ///
    /// # Errors
    /// When one of them has ended.
    pub(crate) fn cpu(&self) -> Result<(Duration, Option<Duration>)> {
        let server = self.authorizer.as_ref().map(Authorizer::process);
        Ok((
            Process(self.envoy.id()).cpu()?,
            server.map(Process::cpu).transpose()?,
        ))
    }

    /// Envoy's memory.
    ///
    /// # Errors
    /// When it has ended.
    pub(crate) fn memory(&self) -> Result<Memory> {
        Process(self.envoy.id()).memory()
    }

    /// Waits until the filter enforces the bundle of this revision.
    ///
    /// # Errors
    /// When it does not within the given time.
    pub(crate) async fn enforces(&self, revision: &str, patience: Duration) -> Result<()> {
        let current = |shown: &String| revision.starts_with(shown.as_str());
        let shows = self.envoy.shows("the bundle", patience, |state| {
            state.current.iter().any(current)
        });
        shows.await.map(drop)
    }

    /// How often a virtual machine of it has changed to another bundle.
    ///
    /// # Errors
    /// When Envoy does not answer.
    pub(crate) async fn changes(&self) -> Result<u64> {
        Ok(self.envoy.bundle_state().await?.changes)
    }
}
