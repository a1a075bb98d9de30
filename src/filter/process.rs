//! The process that Envoy is, as a follower of bundles asks for it.

use super::{hostcalls, pairs};
use crate::fetch::{Poll, Process, Shared, Uncallable};
use std::cell::Cell;
use std::time::Duration;

/// Envoy's process, asked from one root context.
#[derive(Debug, Default)]
pub(super) struct EnvoyProcess {
    /// The last call that this root context has made: its answer comes to no other.
    pub(super) called: Cell<Option<u32>>,
}

impl EnvoyProcess {
    /// The time since 1970; none if the host does not say.
    pub(super) fn time(&self) -> Option<Duration> {
        hostcalls::time()
    }
}

impl Process for EnvoyProcess {
    /// Without a clock it is always 1970: whoever asks how old something is, asks [`Self::time`].
    fn now(&self) -> u64 {
        let milliseconds = self.time().unwrap_or_default().as_millis();
        u64::try_from(milliseconds).unwrap_or(u64::MAX)
    }

    /// Where the host has none to give, workers are taken for one another: each of them follows.
    fn random(&self) -> u64 {
        hostcalls::random().unwrap_or_default()
    }

    fn shared(&self, key: &str) -> Option<Shared> {
        let (value, version) = hostcalls::shared_data(key)?;
        Some(Shared { value, version })
    }

    fn share(&self, key: &str, value: &[u8], version: Option<u32>) -> bool {
        hostcalls::set_shared_data(key, value, version.unwrap_or(0)).is_ok()
    }

    /// The answer comes to the root context that has called, and to no other.
    fn call(&self, poll: &Poll) -> Result<u32, Uncallable> {
        let headers = poll.headers.iter();
        let headers = pairs::encode(headers.map(|(name, value)| (*name, value.as_str())));
        match hostcalls::http_call(&poll.cluster, &headers, poll.timeout) {
            Ok(token) => {
                self.called.set(Some(token));
                Ok(token)
            }
            Err(hostcalls::BAD_ARGUMENT) => Err(Uncallable::NoCluster),
            Err(_) => Err(Uncallable::NoHost),
        }
    }
}
