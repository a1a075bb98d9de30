//! What a follower asks of the process it runs in.

use std::time::Duration;

/// A value that the process shares, and the number that a conditional write needs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Shared {
    /// The bytes. Other modules may have written them.
    pub value: Vec<u8>,
    /// Changes with every write.
    pub version: u32,
}

/// A request to the server of bundles.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Poll {
    /// The cluster in Envoy's configuration.
    pub cluster: String,
    /// Its headers, pseudo headers included.
    pub headers: Vec<(&'static str, String)>,
    /// How long it may take.
    pub timeout: Duration,
}

/// Why a request cannot even be sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Uncallable {
    /// Envoy does not know the cluster.
    NoCluster,
    /// The cluster has no host.
    NoHost,
}

/// The process: its clock, what its workers share, and its way to the server.
pub trait Process {
    /// Milliseconds since 1970.
    fn now(&self) -> u64;

    /// A number that nobody can guess.
    fn random(&self) -> u64;

    /// What is shared under a key; none if nothing is, or if the process does not say.
    fn shared(&self, key: &str) -> Option<Shared>;

    /// Shares a value; with a version, only if it is still that one. Whether it was done.
    ///
    /// For a key that nothing is shared under, the version means nothing (envoy-wasm.md 1.8).
    fn share(&self, key: &str, value: &[u8], version: Option<u32>) -> bool;

    /// Sends a request; its answer is told to [`super::Follower::answered`] under the number.
    ///
    /// # Errors
    ///
    /// Why it cannot be sent.
    fn call(&self, poll: &Poll) -> Result<u32, Uncallable>;
}
