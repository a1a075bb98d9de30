//! Configurations that the module refuses: first, later, and before there is any.

use std::fs;
use std::time::Duration;

use anyhow::{Result, ensure};
use heliast_envoy_tests::{Envoy, Plugin, guard, install};
use serde_json::{Value, json};

use crate::mix::Mix;
use crate::probe;
use crate::world::{self, World};

const PATIENCE: Duration = Duration::from_secs(5);

fn alice_only() -> Value {
    json!([{"action": "Allow", "source": {"serviceAccounts": {"names": ["alice"]}}}])
}

/// Configurations that must be refused, and what the log must say of each.
fn bad() -> Result<Vec<(Plugin, &'static str)>> {
    let plugin = |text: Option<&str>| -> Result<Plugin> {
        Ok(Plugin {
            configuration: text.map(str::to_owned),
            ..Plugin::new(install::module()?, &Value::Null)
        })
    };
    let mut wrong_policy = world::configuration(&json!([{"action": "Permit"}]));
    let mut nobody = world::configuration(&alice_only());
    if let (Some(wrong), Some(nobody)) = (wrong_policy.as_object_mut(), nobody.as_object_mut()) {
        wrong.insert("enforcement".into(), json!("Enforce"));
        nobody.remove("workload");
    }
    Ok(vec![
        (plugin(None)?, "is empty"),
        (plugin(Some(""))?, "is empty"),
        (plugin(Some("{"))?, "is not JSON"),
        (plugin(Some("{}"))?, "bundle"),
        (plugin(Some(&"[".repeat(100_000)))?, "is not JSON"),
        (plugin(Some(&wrong_policy.to_string()))?, "Permit"),
        (
            plugin(Some(&nobody.to_string()))?,
            "the enforcing workload has no namespace",
        ),
    ])
}

#[tokio::test]
async fn a_first_configuration_that_is_refused_lets_nothing_through_and_says_why() -> Result<()> {
    let world = World::new()?;
    let mut bootstrap = world::bootstrap()?;
    let mut extension = bootstrap.extension_file("heliast")?;
    bootstrap.inbound(
        &world
            .inbound("in")
            .filter(extension.filter())
            .filter(guard()),
    );
    let envoy = Envoy::start(bootstrap).await?;
    let at = probe::at(&envoy, "in").await?;
    for (plugin, reason) in bad()? {
        let before = envoy.log()?.len();
        let refused = envoy
            .push_extension(&mut extension, &plugin.typed_config())
            .await;
        ensure!(refused.is_err(), "taken, though {reason}");
        probe::expect(&world, at, 403, 403).await?;
        let log = envoy.log()?;
        let said = log.get(before..).unwrap_or_default();
        let is_said = |line: &str| line.contains("configuration refused") && line.contains(reason);
        ensure!(
            said.lines().any(is_said),
            "`{reason}` is not in the log:\n{said}"
        );
    }
    let good = world::plugin(&alice_only())?;
    envoy
        .push_extension(&mut extension, &good.typed_config())
        .await?;
    probe::expect(&world, at, 200, 403).await
}

#[tokio::test]
async fn a_static_configuration_that_is_refused_keeps_envoy_from_starting() -> Result<()> {
    let world = World::new()?;
    let mut bootstrap = world::bootstrap()?;
    let plugin = Plugin::new(install::module()?, &json!({"enforcment": "Observe"}));
    bootstrap.inbound(&world.inbound("in").filter(plugin.filter()).filter(guard()));
    let started = Envoy::start(bootstrap).await.map(drop);
    let error = started
        .err()
        .map(|error| format!("{error:#}"))
        .unwrap_or_default();
    ensure!(
        error.contains("configuration refused") && error.contains("enforcment"),
        "Envoy started, or did not say why it did not: {error}"
    );
    Ok(())
}

/// Good and bad updates in turn, under steady requests, none of which notices.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn updates_good_and_bad_go_unnoticed_by_requests_in_flight() -> Result<()> {
    let world = World::new()?;
    let mut bootstrap = world::bootstrap()?;
    let mut extension = bootstrap.extension_file("heliast")?;
    bootstrap.inbound(
        &world
            .inbound("in")
            .filter(extension.filter())
            .filter(guard()),
    );
    let envoy = Envoy::start(bootstrap).await?;
    let at = probe::at(&envoy, "in").await?;
    envoy
        .push_extension(
            &mut extension,
            &world::plugin(&alice_only())?.typed_config(),
        )
        .await?;
    let mix = Mix::start(&world, at)?;
    for (round, (bad, reason)) in bad()?.iter().enumerate() {
        let refused = envoy
            .push_extension(&mut extension, &bad.typed_config())
            .await;
        ensure!(refused.is_err(), "taken, though {reason}");
        // The same policy in other words, so that it is another configuration.
        let order = json!({"action": "Deny", "http": {"paths": [{"exact": format!("/{round}")}]}});
        let mut rules = alice_only();
        if let Some(rules) = rules.as_array_mut() {
            rules.insert(0, order);
        }
        envoy
            .push_extension(&mut extension, &world::plugin(&rules)?.typed_config())
            .await?;
        let denied = world.mutual(at, world::ALICE, &world.alice)?;
        let call = heliast_envoy_tests::Call::get("server", &format!("/{round}"));
        let got = denied
            .call(heliast_envoy_tests::Protocol::Http1, &call)
            .await?
            .status;
        ensure!(got == 403, "update {round} is not in force: {got}");
    }
    let requests = mix.finish().await?;
    ensure!(requests > 100, "only {requests} requests in all that time");
    println!("{requests} requests, each as expected");
    Ok(())
}

/// The workers have the new policy when the update is reported; nobody needs a new connection.
#[tokio::test]
async fn an_update_reaches_connections_that_are_open() -> Result<()> {
    let world = World::new()?;
    let mut bootstrap = world::bootstrap()?;
    let mut extension = bootstrap.extension_file("heliast")?;
    bootstrap.inbound(
        &world
            .inbound("in")
            .filter(extension.filter())
            .filter(guard()),
    );
    let envoy = Envoy::start(bootstrap).await?;
    let at = probe::at(&envoy, "in").await?;
    let call = heliast_envoy_tests::Call::get("server", "/");
    let mallory = world.mutual(at, world::MALLORY, &world.mallory)?;
    let mut session = mallory
        .session(heliast_envoy_tests::Protocol::Http2)
        .await?;
    for (rules, expected) in [
        (alice_only(), 403),
        (json!([{"action": "Allow"}]), 200),
        (alice_only(), 403),
    ] {
        let plugin = world::plugin(&rules)?;
        envoy
            .push_extension(&mut extension, &plugin.typed_config())
            .await?;
        let got = session.call(&call).await?.status;
        ensure!(got == expected, "under {rules} Mallory got {got}");
    }
    Ok(())
}

/// As when the control plane has not sent the filter's configuration yet.
#[tokio::test]
async fn before_any_configuration_the_default_denies() -> Result<()> {
    let world = World::new()?;
    let mut bootstrap = world::bootstrap()?;
    let mut extension = bootstrap.extension_file("heliast")?;
    let empty = json!({"version_info": "0", "resources": []}).to_string();
    let file = bootstrap.folder().join("extension-heliast/current.json");
    ensure!(file.is_file(), "the harness keeps it elsewhere");
    fs::write(file, empty)?;
    // Without the guard: the default alone has to do.
    bootstrap.inbound(&world.inbound("in").filter(extension.filter()));
    let envoy = Envoy::start(bootstrap).await?;
    let at = probe::at(&envoy, "in").await?;
    probe::expect(&world, at, 403, 403).await?;
    let good = world::plugin(&alice_only())?;
    envoy
        .push_extension(&mut extension, &good.typed_config())
        .await?;
    probe::expect(&world, at, 200, 403).await?;
    envoy.logged("revision", PATIENCE).await.map(drop)
}
