//! Where the bundle is fetched, and how often (`bundle.http`).

use super::duration;
use crate::bundle::PublicKey;
use crate::decode::{Field, Fields};
use crate::limits;
use sha2::{Digest, Sha256};
use std::ops::RangeInclusive;
use std::time::Duration;

/// How long to wait between polls.
const POLL_INTERVALS: RangeInclusive<Duration> =
    Duration::from_millis(100)..=Duration::from_secs(3_600);
/// How long to wait for an answer. Zero would be for ever (envoy-wasm.md 1.7).
const TIMEOUTS: RangeInclusive<Duration> = Duration::from_millis(100)..=Duration::from_secs(600);
/// How old policy may become.
const STALENESS: RangeInclusive<Duration> =
    Duration::from_secs(1)..=Duration::from_secs(366 * 24 * 3_600);

/// A server of bundles, as one of Envoy's clusters.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HttpSource {
    /// The cluster in Envoy's configuration.
    pub cluster: String,
    /// The `:authority` that is asked; the cluster's name where none is given.
    pub authority: String,
    /// The `:path` that is asked, with its query.
    pub path: String,
    /// From the start of a poll to the next one, if the server did not make us wait for longer.
    pub poll_interval: Duration,
    /// How long the server may take to answer.
    pub timeout: Duration,
    /// How long policy is enforced after the server last said that it holds; none is for ever.
    pub max_staleness: Option<Duration>,
    /// The keys of which one must have signed a bundle; empty takes any bundle.
    pub public_keys: Vec<PublicKey>,
}

impl HttpSource {
    pub(super) fn decode(field: &Field<'_, '_>) -> Option<Self> {
        const KEYS: [&str; 7] = [
            "cluster",
            "authority",
            "path",
            "pollInterval",
            "timeout",
            "maxStaleness",
            "publicKeys",
        ];
        let fields = field.object(&KEYS)?;
        let cluster = fields.require("cluster").and_then(|field| header(&field));
        let authority = fields.get("authority").map(|field| header(&field));
        let path = fields.require("path").and_then(|field| path(&field));
        let timeout = period(&fields, "timeout", &TIMEOUTS, Duration::from_secs(5));
        let wait = path.as_deref().and_then(wait);
        if let Some(wait) = wait.filter(|wait| *wait >= timeout) {
            let message = format!(
                "the path has the server wait for {} before it answers, and the timeout is {}",
                duration::show(wait),
                duration::show(timeout)
            );
            let help = "make `timeout` longer than `wait`";
            fields.here().error("timeout-within-wait", message, help);
        }
        let poll_interval = period(
            &fields,
            "pollInterval",
            &POLL_INTERVALS,
            Duration::from_secs(10),
        );
        let max_staleness = fields
            .get("maxStaleness")
            .and_then(|field| duration::decode(&field, &STALENESS));
        let silence = poll_interval.max(wait.unwrap_or_default());
        if let Some(most) = max_staleness.filter(|most| *most <= silence) {
            let message = format!(
                "policy would be missing after {}, and a server in good health is silent for {}",
                duration::show(most),
                duration::show(silence)
            );
            let help =
                "make `maxStaleness` longer than `pollInterval`, and than the `wait` of the path";
            fields.here().error("staleness-within-poll", message, help);
        }
        Some(Self {
            authority: authority.unwrap_or_else(|| cluster.clone())?,
            cluster: cluster?,
            path: path?,
            poll_interval,
            timeout,
            max_staleness,
            public_keys: fields
                .get("publicKeys")
                .map(|field| public_keys(&field))
                .unwrap_or_default(),
        })
    }

    /// Whether the server is asked to hold its answer until there is something new.
    #[must_use]
    pub fn is_long_poll(&self) -> bool {
        wait(&self.path).is_some()
    }

    /// What sets this source apart from others of the same process: those that are alike share
    /// one poll and what it brings.
    #[must_use]
    pub fn fingerprint(&self) -> [u8; 8] {
        let mut hash = Sha256::new();
        let keys = self.public_keys.iter().map(PublicKey::id);
        let parts = [&*self.cluster, &*self.authority, &*self.path];
        for part in parts.into_iter().chain(keys) {
            hash.update(part.as_bytes());
            hash.update([0]);
        }
        let digest: [u8; 32] = hash.finalize().into();
        let mut first = [0; 8];
        first
            .iter_mut()
            .zip(digest)
            .for_each(|(to, from)| *to = from);
        first
    }
}

fn period(
    fields: &Fields<'_, '_>,
    key: &'static str,
    range: &RangeInclusive<Duration>,
    default: Duration,
) -> Duration {
    let given = fields.get(key);
    let given = given.and_then(|field| duration::decode(&field, range));
    given.unwrap_or(default)
}

/// Text that can stand in a header: the callout would fail on anything else, for ever.
fn header(field: &Field<'_, '_>) -> Option<String> {
    let text = field.string()?;
    let is_header = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_graphic());
    if !is_header {
        let message = format!("`{text}` is empty, or has characters that no header can have");
        field.error("header-text", message, "");
        return None;
    }
    Some(text.to_owned())
}

fn path(field: &Field<'_, '_>) -> Option<String> {
    let text = header(field)?;
    if !text.starts_with('/') || text.contains('#') {
        let message = format!("`{text}` is not the path of a request");
        field.error("request-path", message, "write it as `/v1/bundle?wait=30s`");
        return None;
    }
    Some(text)
}

/// How long the path asks the server to wait.
fn wait(path: &str) -> Option<Duration> {
    let (_, query) = path.split_once('?')?;
    let wait = query.split('&').find_map(|part| part.strip_prefix("wait="));
    wait.and_then(duration::parse)
}

fn public_keys(field: &Field<'_, '_>) -> Vec<PublicKey> {
    let keys = field.list(limits::PUBLIC_KEYS);
    let key = |field: &Field<'_, '_>| match PublicKey::parse(field.string()?) {
        Ok(key) => Some(key),
        Err(why) => {
            let help = "`heliast bundle keygen` prints the key that belongs here";
            field.error("public-key", why, help);
            None
        }
    };
    keys.iter().filter_map(key).collect()
}
