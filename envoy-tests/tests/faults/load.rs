//! A module that never loads: nothing passes, and a good configuration heals.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, ensure};
use heliast_envoy_tests::{Dial, Envoy, Plugin, Protocol, guard};
use serde_json::{Value, json};

use crate::probe;
use crate::world::{self, World};

/// Modules that are none.
fn broken(folder: &Path) -> Result<Vec<(&'static str, PathBuf)>> {
    let write = |name: &str, bytes: &[u8]| -> Result<PathBuf> {
        let file = folder.join(name);
        fs::write(&file, bytes)?;
        Ok(file)
    };
    let whole = fs::read(heliast_envoy_tests::install::module()?)?;
    let half = whole.get(..whole.len() / 2).context("no module")?;
    // A module, but of nothing that Envoy knows.
    let foreign = wat::parse_str("(module (import \"env\" \"no_such_thing\" (func)))")?;
    Ok(vec![
        ("missing", folder.join("missing.wasm")),
        ("empty", write("empty.wasm", b"")?),
        ("garbage", write("garbage.wasm", b"#!/bin/sh\necho no\n")?),
        ("half", write("half.wasm", half)?),
        ("foreign", write("foreign.wasm", &foreign)?),
    ])
}

fn good() -> Result<Plugin> {
    world::plugin(
        &json!([{"action": "Allow", "source": {"serviceAccounts": {"names": ["alice"]}}}]),
    )
}

#[tokio::test]
async fn by_ecds_everything_is_denied_until_a_module_loads() -> Result<()> {
    let world = World::new()?;
    let mut bootstrap = world::bootstrap()?;
    let broken = broken(bootstrap.folder())?;
    let mut extension = bootstrap.extension_file("heliast")?;
    bootstrap.inbound(
        &world
            .inbound("in")
            .filter(extension.filter())
            .filter(guard()),
    );
    let envoy = Envoy::start(bootstrap).await?;
    let at = probe::at(&envoy, "in").await?;
    probe::expect(&world, at, 403, 403).await?;
    for (what, module) in &broken {
        let plugin = Plugin {
            module: module.clone(),
            ..good()?
        };
        let refused = envoy
            .push_extension(&mut extension, &plugin.typed_config())
            .await;
        ensure!(refused.is_err(), "Envoy takes a module that is {what}");
        probe::expect(&world, at, 403, 403).await?;
    }
    envoy
        .push_extension(&mut extension, &good()?.typed_config())
        .await?;
    probe::expect(&world, at, 200, 403).await?;
    // And what was good stays when a broken one follows.
    for (what, module) in broken {
        let plugin = Plugin { module, ..good()? };
        let refused = envoy
            .push_extension(&mut extension, &plugin.typed_config())
            .await;
        ensure!(refused.is_err(), "Envoy takes a module that is {what}");
        probe::expect(&world, at, 200, 403).await?;
    }
    Ok(())
}

#[tokio::test]
async fn by_lds_nothing_listens_until_a_module_loads() -> Result<()> {
    let world = World::new()?;
    let mut bootstrap = world::bootstrap()?;
    let mut file = bootstrap.listener_file()?;
    let envoy = Envoy::start(bootstrap).await?;
    let listener = |plugin: &Plugin| -> Value {
        let inbound = world.inbound("in").filter(plugin.filter()).filter(guard());
        inbound.listener(envoy.folder())
    };
    for (what, module) in broken(envoy.folder())? {
        let plugin = Plugin { module, ..good()? };
        let refused = envoy.push_listeners(&mut file, &[listener(&plugin)]).await;
        ensure!(refused.is_err(), "Envoy takes a module that is {what}");
        ensure!(
            probe::at(&envoy, "in").await.is_err(),
            "{what}: there is a listener"
        );
    }
    envoy
        .push_listeners(&mut file, &[listener(&good()?)])
        .await?;
    let at = probe::at(&envoy, "in").await?;
    probe::expect(&world, at, 200, 403).await?;
    ensure!(
        Dial::new(at).connect(Protocol::Http1).await.is_ok(),
        "nothing listens"
    );
    Ok(())
}
