//! A sidecar that fetches its policy.

use std::net::SocketAddr;
use std::time::Duration;

use anyhow::{Context, Result, ensure};
use heliast_envoy_tests::{
    Bootstrap, Call, Cluster, Dial, Edition, Envoy, Inbound, Node, Options, Origin, Plugin,
    Protocol, guard, install,
};
use serde_json::{Value, json};
use tokio::time::{Instant, sleep};

use crate::quiet::{self, Turn};
use crate::world::{ORIGIN, SERVER, World};

/// The listener, and the only one unless a test wants more.
pub(crate) const LISTENER: &str = "in";
/// The cluster of the origin.
pub(crate) const CLUSTER: &str = "origin";
/// More than anything takes, on a machine that does something else as well.
pub(crate) const PATIENCE: Duration = Duration::from_secs(30);

/// What a test wants to be different from the shipped configuration.
#[derive(Clone, Debug)]
pub(crate) struct Setup {
    pub(crate) workers: u16,
    /// Keys of `bundle.http`, over those of [`source`].
    pub(crate) source: Value,
    /// Keys of the plugin's configuration, beside `bundle`.
    pub(crate) plugin: Value,
}

impl Default for Setup {
    fn default() -> Self {
        Self {
            workers: 2,
            source: json!({}),
            plugin: json!({}),
        }
    }
}

/// What runs, with what it fetches from; all of it ends with its owner.
pub(crate) struct Sidecar<S = Origin> {
    pub(crate) envoy: Envoy,
    pub(crate) at: SocketAddr,
    pub(crate) world: World,
    pub(crate) origin: S,
    pub(crate) workers: u16,
    _turn: Turn,
}

impl Setup {
    /// Starts an origin that has nothing yet, and the sidecar.
    pub(crate) async fn start(self) -> Result<Sidecar> {
        let origin = origin().await?;
        self.start_at(origin).await
    }

    /// Starts the sidecar of this origin.
    pub(crate) async fn start_at(self, origin: Origin) -> Result<Sidecar> {
        let turn = quiet::beside_others().await;
        self.start_in(turn, origin).await
    }

    /// Starts the sidecar while no other test runs, so that it can be measured.
    pub(crate) async fn start_alone(self) -> Result<Sidecar> {
        let turn = quiet::alone().await;
        let origin = origin().await?;
        self.start_in(turn, origin).await
    }

    async fn start_in(self, turn: Turn, origin: Origin) -> Result<Sidecar> {
        let cluster = Cluster::new(CLUSTER, origin.address());
        self.start_from(turn, World::new()?, &cluster, origin).await
    }

    /// Starts the sidecar of whatever is behind the cluster.
    pub(crate) async fn start_from<S>(
        self,
        turn: Turn,
        world: World,
        cluster: &Cluster,
        source: S,
    ) -> Result<Sidecar<S>> {
        let mut bootstrap = Bootstrap::new(Node::default())?;
        bootstrap.cluster(cluster.to_envoy());
        let inbound = world.inbound(LISTENER).filter(self.plugin()?.filter());
        let listener = balanced(&inbound.filter(guard()), &bootstrap)?;
        bootstrap.listener(listener);
        let envoy = Envoy::start_with(bootstrap, self.options()).await?;
        Sidecar::new(envoy, world, source, self.workers, turn).await
    }

    /// As many workers as are wanted.
    pub(crate) fn options(&self) -> Options {
        Options {
            concurrency: self.workers,
            ..Options::default()
        }
    }

    /// The module with its configuration.
    pub(crate) fn plugin(&self) -> Result<Plugin> {
        let mut configuration = json!({
            "workload": {"namespace": "shop", "name": "server"},
            "bundle": {"http": merged(source(), &self.source)},
        });
        configuration = merged(configuration, &self.plugin);
        Ok(Plugin::new(install::module()?, &configuration))
    }
}

/// An origin that has nothing yet.
pub(crate) async fn origin() -> Result<Origin> {
    Origin::start(SocketAddr::new(ORIGIN, 0)).await
}

/// `bundle.http` as the tests have it: often, so that they are fast.
pub(crate) fn source() -> Value {
    json!({"cluster": CLUSTER, "path": "/v1/bundle", "pollInterval": "100ms", "timeout": "1s"})
}

/// The listener with its connections spread evenly: else a worker may get none at all.
pub(crate) fn balanced(inbound: &Inbound, bootstrap: &Bootstrap) -> Result<Value> {
    let mut listener = inbound.listener(bootstrap.folder());
    let members = listener.as_object_mut().context("no listener")?;
    members.insert(
        "connection_balance_config".into(),
        json!({"exact_balance": {}}),
    );
    Ok(listener)
}

fn merged(mut base: Value, over: &Value) -> Value {
    if let (Some(base), Some(over)) = (base.as_object_mut(), over.as_object()) {
        base.extend(over.clone());
    }
    base
}

impl World {
    /// The server's listener as it is shipped: mutual TLS and plaintext, peers recorded.
    pub(crate) fn inbound(&self, name: &str) -> Inbound {
        Inbound::new(name, SocketAddr::new(SERVER, 0)).mutual_tls(&self.server, &self.authority)
    }
}

impl<S> Sidecar<S> {
    /// What was started by other means, and asked at the listener of the usual name.
    pub(crate) async fn new(
        envoy: Envoy,
        world: World,
        origin: S,
        workers: u16,
        turn: Turn,
    ) -> Result<Self> {
        let at = envoy.admin().listener(LISTENER).await?;
        Ok(Self::on(envoy, at, world, origin, workers, turn))
    }

    /// What was started by other means, and is asked there.
    pub(crate) fn on(
        envoy: Envoy,
        at: SocketAddr,
        world: World,
        origin: S,
        workers: u16,
        turn: Turn,
    ) -> Self {
        Self {
            envoy,
            at,
            world,
            origin,
            workers,
            _turn: turn,
        }
    }

    /// Virtual machines that enforce: one for each worker, and the main thread's.
    pub(crate) fn machines(&self) -> u64 {
        u64::from(self.workers) + 1
    }

    /// Waits until this edition is in force everywhere; counts changes from `before`.
    pub(crate) async fn enforces(&self, edition: &Edition, before: u64) -> Result<()> {
        let number = edition.revision().number();
        let changes = before + self.machines();
        let short = edition.revision().short();
        let what = format!("{short} everywhere");
        self.envoy
            .shows(&what, PATIENCE, |state| {
                let is_current = state.current == [short.as_str()];
                let is_everywhere = state.revision == number && state.changes >= changes;
                is_everywhere && is_current && state.error == 0
            })
            .await?;
        Ok(())
    }

    /// What Alice and Mallory get, over both protocols and on every worker.
    pub(crate) async fn expect(&self, alice: u16, mallory: u16) -> Result<()> {
        for (who, dial, expected) in [
            ("Alice", self.world.alice(self.at)?, alice),
            ("Mallory", self.world.mallory(self.at)?, mallory),
        ] {
            for protocol in [Protocol::Http1, Protocol::Http2] {
                everywhere(&dial, protocol, self.workers, expected)
                    .await
                    .with_context(|| who.to_owned())?;
            }
        }
        Ok(())
    }

    /// Asks until Alice and Mallory get this everywhere.
    pub(crate) async fn comes_to(&self, alice: u16, mallory: u16) -> Result<()> {
        let deadline = Instant::now() + PATIENCE;
        loop {
            match self.expect(alice, mallory).await {
                Err(_) if Instant::now() < deadline => sleep(Duration::from_millis(50)).await,
                result => return result,
            }
        }
    }

    /// That nothing crashed, whatever happened.
    pub(crate) async fn is_well(&mut self) -> Result<()> {
        ensure!(self.envoy.is_alive()?, "Envoy has ended");
        let reloads = self.envoy.admin().stat_sum("vm_reload").await?;
        ensure!(reloads == 0, "the module was reloaded {reloads} times");
        let log = self.envoy.log()?;
        let is_trap = |line: &&str| {
            let marks = ["RuntimeError", "panicked at", "in-VM backtrace"];
            marks.iter().any(|mark| line.contains(mark))
        };
        let trap = log.lines().find(is_trap);
        ensure!(trap.is_none(), "the module trapped: {trap:?}");
        let records = self.envoy.access_log(LISTENER).records()?;
        let failed = |record: &heliast_envoy_tests::Record| {
            record.text("details") == Some("wasm_fail_stream")
        };
        ensure!(!records.iter().any(failed), "the module failed a request");
        Ok(())
    }
}

impl Sidecar {
    /// Publishes an edition, and waits until it is in force everywhere.
    pub(crate) async fn take(&self, edition: &Edition) -> Result<()> {
        let before = self.envoy.bundle_state().await?.changes;
        self.origin.publish(edition);
        self.enforces(edition, before).await
    }
}

/// On as many connections as there are workers: the listener gives each worker one.
async fn everywhere(dial: &Dial, protocol: Protocol, workers: u16, expected: u16) -> Result<()> {
    let mut sessions = Vec::new();
    for _ in 0..workers {
        sessions.push(dial.session(protocol).await?);
    }
    for session in &mut sessions {
        let got = session.call(&Call::get("server", "/")).await?.status;
        ensure!(got == expected, "got {got}, not {expected}");
    }
    Ok(())
}
