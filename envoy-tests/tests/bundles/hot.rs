//! Envoy's own configuration changes while bundles are fetched.

use anyhow::{Result, ensure};
use heliast_envoy_tests::{Bootstrap, Cluster, Envoy, Node, Reply, guard};
use serde_json::{Value, json};

use crate::quiet::{self, Turn};
use crate::sidecar::{CLUSTER, LISTENER, PATIENCE, Setup, Sidecar, balanced, origin};
use crate::traffic::{ALICE_ALONE, ALICE_PERHAPS, NOBODY, Traffic};
use crate::world::{self, World};

/// The same policy in other words, so that it is another configuration.
fn reworded(round: u64) -> Setup {
    Setup {
        plugin: json!({"deny": {"body": format!("no, for the {round}th time\n")}}),
        ..Setup::default()
    }
}

#[tokio::test]
async fn a_cluster_that_envoy_does_not_have() -> Result<()> {
    let world = World::new()?;
    let origin = origin().await?;
    origin.publish(&world::good()?);
    let turn = quiet::beside_others().await;
    let setup = Setup::default();
    let mut bootstrap = Bootstrap::new(Node::default())?;
    let mut clusters = bootstrap.cluster_file()?;
    let inbound = world.inbound(LISTENER).filter(setup.plugin()?.filter());
    bootstrap.listener(balanced(&inbound.filter(guard()), &bootstrap)?);
    let envoy = Envoy::start_with(bootstrap, setup.options()).await?;
    let mut sidecar = Sidecar::new(envoy, world, origin, setup.workers, turn).await?;
    let traffic = Traffic::start(&sidecar, NOBODY)?;
    let state = sidecar
        .envoy
        .shows("errors", PATIENCE, |state| {
            state.errors.get("cluster").is_some_and(|count| *count >= 2)
        })
        .await?;
    ensure!(state.error != 0 && state.revision == 0, "{state:?}");
    let line = "heliast: bundle refused (cluster)";
    let line = sidecar.envoy.logged(line, PATIENCE).await?;
    ensure!(line.contains(CLUSTER), "the cluster is not named: {line}");
    sidecar.expect(403, 403).await?;
    ensure!(sidecar.origin.count() == 0, "the origin was asked");

    // As when the control plane sends it late.
    traffic.expect(ALICE_PERHAPS);
    let cluster = Cluster::new(CLUSTER, sidecar.origin.address()).to_envoy();
    clusters.write(&[cluster])?;
    sidecar.enforces(&world::good()?, 0).await?;
    traffic.expect(ALICE_ALONE);
    // And takes it away again.
    clusters.write(&[])?;
    sidecar
        .envoy
        .shows("errors again", PATIENCE, |state| state.error != 0)
        .await?;
    sidecar.expect(200, 403).await?;
    traffic.finish().await?;
    sidecar.is_well().await
}

/// A new configuration of the filter, while a poll of the old one is under way: no request is
/// without policy for it.
#[tokio::test]
async fn a_new_configuration_by_ecds_during_a_fetch() -> Result<()> {
    let world = World::new()?;
    let turn = quiet::beside_others().await;
    let origin = origin().await?;
    let setup = reworded(0);
    let mut bootstrap = Bootstrap::new(Node::default())?;
    bootstrap.cluster(Cluster::new(CLUSTER, origin.address()).to_envoy());
    let mut extension = bootstrap.extension_file("heliast")?;
    extension.write(&setup.plugin()?.typed_config())?;
    let inbound = world.inbound(LISTENER).filter(extension.filter());
    bootstrap.listener(balanced(&inbound.filter(guard()), &bootstrap)?);
    let envoy = Envoy::start_with(bootstrap, setup.options()).await?;
    let mut sidecar = Sidecar::new(envoy, world, origin, setup.workers, turn).await?;
    sidecar.origin.answer(Reply::hold());
    sidecar.origin.more(1, PATIENCE).await?;
    sidecar
        .envoy
        .push_extension(&mut extension, &reworded(1).plugin()?.typed_config())
        .await?;
    sidecar.origin.publish(&world::good()?);
    sidecar.comes_to(200, 403).await?;

    let traffic = Traffic::start(&sidecar, ALICE_ALONE)?;
    for round in 2..8 {
        sidecar.origin.answer(Reply::hold());
        sidecar.origin.more(1, PATIENCE).await?;
        sidecar
            .envoy
            .push_extension(&mut extension, &reworded(round).plugin()?.typed_config())
            .await?;
        // The held poll is answered to a root that may be gone.
        let edition = world::lets_in("alice", &format!("round-{round}"))?;
        sidecar.origin.publish(&edition);
        let number = edition.revision().number();
        sidecar
            .envoy
            .shows("the new bundle", PATIENCE, |state| state.revision == number)
            .await?;
        sidecar.expect(200, 403).await?;
    }
    // Closed before, so that nothing is left of the roots of long ago.
    traffic.finish().await?;
    sidecar.is_well().await
}

/// Listeners come and go, and with them the root that polls for all of them.
#[tokio::test]
async fn the_root_that_polls_goes_away_and_another_takes_over() -> Result<()> {
    let mut pair = Pair::start().await?;
    pair.sidecar.origin.publish(&world::good()?);
    pair.sidecar.comes_to(200, 403).await?;
    // Whichever of the two polls, one of the rounds takes it away.
    for round in 0..8_usize {
        let stays = round % 2;
        if round >= 4 {
            // Its poll is under way: the answer comes to nobody.
            pair.sidecar.origin.answer(Reply::hold());
            pair.sidecar.origin.more(1, PATIENCE).await?;
        }
        pair.only(stays).await?;
        // Once Alice, once Mallory: that a change arrived is seen by what passes.
        for (account, alice, mallory) in [("mallory", 403, 200), ("alice", 200, 403)] {
            let edition = world::lets_in(account, &format!("round-{round}"))?;
            pair.sidecar.origin.publish(&edition);
            pair.sidecar.comes_to(alice, mallory).await?;
        }
        pair.both().await?;
        pair.sidecar.comes_to(200, 403).await?;
    }
    pair.sidecar.is_well().await
}

/// Processes come and go: each begins without a bundle, and asks for one.
#[tokio::test]
async fn many_starts_of_envoy() -> Result<()> {
    for _ in 0..4 {
        let mut sidecar = Setup::default().start().await?;
        let traffic = Traffic::start(&sidecar, NOBODY)?;
        sidecar.origin.more(1, PATIENCE).await?;
        traffic.expect(ALICE_PERHAPS);
        sidecar.take(&world::good()?).await?;
        traffic.expect(ALICE_ALONE);
        sidecar.expect(200, 403).await?;
        traffic.finish().await?;
        sidecar.is_well().await?;
    }
    Ok(())
}

/// Two listeners with a plugin configuration each and one source of bundles.
struct Pair {
    sidecar: Sidecar,
    file: heliast_envoy_tests::ListenerFile,
    listeners: [Value; 2],
}

impl Pair {
    async fn start() -> Result<Self> {
        let world = World::new()?;
        let turn: Turn = quiet::beside_others().await;
        let origin = origin().await?;
        let mut bootstrap = Bootstrap::new(Node::default())?;
        bootstrap.cluster(Cluster::new(CLUSTER, origin.address()).to_envoy());
        let mut file = bootstrap.listener_file()?;
        let listener = |number: u64| -> Result<Value> {
            let name = format!("{LISTENER}-{number}");
            let plugin = reworded(number).plugin()?;
            let inbound = world.inbound(&name).filter(plugin.filter()).filter(guard());
            balanced(&inbound, &bootstrap)
        };
        let listeners = [listener(0)?, listener(1)?];
        file.write(&listeners)?;
        let options = Setup::default().options();
        let envoy = Envoy::start_with(bootstrap, options).await?;
        let at = envoy.admin().listener("in-0").await?;
        let sidecar = Sidecar::on(envoy, at, world, origin, options.concurrency, turn);
        Ok(Self {
            sidecar,
            file,
            listeners,
        })
    }

    /// Takes the other listener away.
    async fn only(&mut self, number: usize) -> Result<()> {
        let stays: Vec<_> = self.listeners.get(number).cloned().into_iter().collect();
        self.push(&stays, number).await
    }

    async fn both(&mut self) -> Result<()> {
        let both = self.listeners.to_vec();
        self.push(&both, 0).await
    }

    async fn push(&mut self, listeners: &[Value], ask: usize) -> Result<()> {
        let envoy = &self.sidecar.envoy;
        envoy.push_listeners(&mut self.file, listeners).await?;
        let name = format!("{LISTENER}-{ask}");
        self.sidecar.at = envoy.admin().listener(&name).await?;
        Ok(())
    }
}
