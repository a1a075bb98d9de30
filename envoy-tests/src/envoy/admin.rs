//! The administration interface of a running Envoy.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::time::Duration;

use anyhow::{Context, Result, bail};
use serde_json::Value;

use crate::client::{Call, Dial, Protocol};

/// Where to ask, and what.
#[derive(Clone, Debug)]
pub struct Admin {
    address: SocketAddr,
}

impl Admin {
    pub(super) fn new(address: SocketAddr) -> Self {
        Self { address }
    }

    /// Where it listens.
    #[must_use]
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// What a page says.
    ///
    /// # Errors
    /// When Envoy does not answer 200.
    pub async fn page(&self, path: &str) -> Result<String> {
        self.ask(&Call::get("admin", path)).await
    }

    /// Does what a page is for: `/logging?wasm=debug`, `/quitquitquit`.
    ///
    /// # Errors
    /// When Envoy does not answer 200.
    pub async fn act(&self, path: &str) -> Result<String> {
        self.ask(&Call::new("POST", "admin", path)).await
    }

    async fn ask(&self, call: &Call) -> Result<String> {
        let answer = Dial::new(self.address).call(Protocol::Http1, call).await?;
        if answer.status != 200 {
            bail!(
                "{} answered {}: {}",
                call.path,
                answer.status,
                answer.text()
            );
        }
        Ok(answer.text())
    }

    pub(super) async fn ready(&self) -> bool {
        self.page("/ready").await.is_ok()
    }

    /// Counters and gauges whose name contains this text.
    ///
    /// # Errors
    /// When Envoy does not answer.
    pub async fn stats(&self, name: &str) -> Result<BTreeMap<String, u64>> {
        // Filtered here: what the interface's own filter takes is a regular expression.
        let mut stats = numbers(&self.page("/stats").await?);
        stats.retain(|key, _| key.contains(name));
        Ok(stats)
    }

    /// Counters and gauges of modules.
    pub(super) async fn module_stats(&self) -> Result<BTreeMap<String, u64>> {
        // Filtered there: asked for often, and only a few of very many.
        Ok(numbers(&self.page("/stats?filter=^wasmcustom").await?))
    }

    /// The sum of the counters and gauges whose name contains this text.
    ///
    /// # Errors
    /// When Envoy does not answer.
    pub async fn stat_sum(&self, name: &str) -> Result<u64> {
        Ok(self.stats(name).await?.values().sum())
    }

    /// The longest that a thread was busy between two looks at its sockets, in the second before
    /// statistics were last flushed: `server` is the main thread, `listener_manager.worker_0` the
    /// first worker. Exact to some hundredths; none if it never was.
    ///
    /// # Errors
    /// When Envoy does not answer, or does not count ([`Bootstrap::count_turns`]).
    ///
    /// [`Bootstrap::count_turns`]: crate::Bootstrap::count_turns
    pub async fn longest_turn(&self, thread: &str) -> Result<Option<Duration>> {
        let page = self.page("/stats?filter=loop_duration_us").await?;
        let name = format!("{thread}.dispatcher.loop_duration_us: ");
        let quantiles = page.lines().find_map(|line| line.strip_prefix(&name));
        // `P100(of the last interval,of all)`
        let longest = quantiles.and_then(|line| line.rsplit_once("P100("));
        let longest = longest.and_then(|(_, both)| both.split_once(','));
        let (longest, _) = longest.with_context(|| format!("no turns of {thread}: {page}"))?;
        let microseconds: f64 = longest.parse()?;
        Ok((!microseconds.is_nan()).then(|| Duration::from_secs_f64(microseconds / 1e6)))
    }

    /// The address a listener really has, where its port was left to the kernel.
    ///
    /// # Errors
    /// When there is no such listener.
    pub async fn listener(&self, name: &str) -> Result<SocketAddr> {
        let listeners = self.listeners().await?;
        let address = listeners.get(name).copied();
        address.with_context(|| format!("no listener {name} on a port"))
    }

    /// The address of every listener that has one, by name.
    ///
    /// # Errors
    /// When Envoy does not answer.
    pub async fn listeners(&self) -> Result<BTreeMap<String, SocketAddr>> {
        let page: Value = serde_json::from_str(&self.page("/listeners?format=json").await?)?;
        let address = |status: &Value| {
            let ip = text(status, "/local_address/socket_address/address")
                .parse()
                .ok()?;
            let port = status.pointer("/local_address/socket_address/port_value")?;
            let port = u16::try_from(port.as_u64()?).ok()?;
            Some((text(status, "/name").to_owned(), SocketAddr::new(ip, port)))
        };
        let statuses = list(&page, "listener_statuses");
        Ok(statuses.iter().filter_map(address).collect())
    }

    /// The version of a filter's configuration that is in force.
    ///
    /// # Errors
    /// When Envoy does not answer.
    pub async fn extension_version(&self, name: &str) -> Result<Option<String>> {
        let dump = self.config_dump("ecds_filters").await?;
        let filter = dump
            .iter()
            .find(|filter| text(filter, "/ecds_filter/name") == name);
        Ok(filter.map(|filter| text(filter, "/version_info").to_owned()))
    }

    /// The version of the listeners that is in force, once none of them is warming up.
    ///
    /// # Errors
    /// When Envoy does not answer.
    pub async fn listeners_version(&self) -> Result<Option<String>> {
        let page = self.page("/stats").await?;
        let line = |name: &str| page.lines().find_map(|line| line.strip_prefix(name));
        let warming = line("listener_manager.total_listeners_warming: ");
        let version = line("listener_manager.lds.version_text: ");
        let settled = version.filter(|_| warming == Some("0"));
        Ok(settled.map(|version| version.trim_matches('"').to_owned()))
    }

    /// Listeners that were refused, with the reasons: the name may be empty.
    ///
    /// # Errors
    /// When Envoy does not answer.
    pub async fn refused_listeners(&self) -> Result<Vec<(String, String)>> {
        let dump = self.config_dump("dynamic_listeners").await?;
        let refused = dump
            .iter()
            .filter(|listener| listener.get("error_state").is_some());
        let pair = |listener: &Value| {
            (
                text(listener, "/name").to_owned(),
                text(listener, "/error_state/details").to_owned(),
            )
        };
        Ok(refused.map(pair).collect())
    }

    async fn config_dump(&self, resource: &str) -> Result<Vec<Value>> {
        let page = self
            .page(&format!("/config_dump?resource={resource}"))
            .await?;
        Ok(list(&serde_json::from_str(&page)?, "configs").to_vec())
    }
}

fn numbers(page: &str) -> BTreeMap<String, u64> {
    let pairs = page.lines().filter_map(|line| line.rsplit_once(": "));
    pairs
        .filter_map(|(key, value)| Some((key.to_owned(), value.parse().ok()?)))
        .collect()
}

fn text<'a>(value: &'a Value, pointer: &str) -> &'a str {
    value
        .pointer(pointer)
        .and_then(Value::as_str)
        .unwrap_or_default()
}

fn list<'a>(value: &'a Value, key: &str) -> &'a [Value] {
    value
        .get(key)
        .and_then(Value::as_array)
        .map(Vec::as_slice)
        .unwrap_or_default()
}
