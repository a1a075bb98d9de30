//! Several workers: each has a virtual machine of its own, and each enforces.

use anyhow::{Context, Result, ensure};
use heliast_envoy_tests::{Call, Envoy, Options, Protocol, guard};
use serde_json::{Value, json};

use crate::probe;
use crate::world::{self, ALICE, MALLORY, World};

const WORKERS: u16 = 2;
const CONNECTIONS: usize = 20;

async fn start(world: &World) -> Result<Envoy> {
    let mut bootstrap = world::bootstrap()?;
    let alice = json!([{"action": "Allow", "source": {"serviceAccounts": {"names": ["alice"]}}}]);
    let plugin = world::plugin(&alice)?;
    let inbound = world.inbound("in").filter(plugin.filter()).filter(guard());
    let mut listener = inbound.listener(bootstrap.folder());
    // Else one of them may get no connection at all.
    let members = listener.as_object_mut().context("no listener")?;
    members.insert(
        "connection_balance_config".into(),
        json!({"exact_balance": {}}),
    );
    bootstrap.listener(listener);
    let options = Options {
        concurrency: WORKERS,
        ..Options::default()
    };
    Envoy::start_with(bootstrap, options).await
}

#[tokio::test]
async fn every_worker_enforces() -> Result<()> {
    let world = World::new()?;
    let envoy = start(&world).await?;
    let at = probe::at(&envoy, "in").await?;
    let mut sessions = Vec::new();
    for number in 0..CONNECTIONS {
        // In pairs, so that each worker gets some of both.
        let (dial, expected) = match number / 2 % 2 {
            0 => (world.mutual(at, ALICE, &world.alice)?, 200),
            _ => (world.mutual(at, MALLORY, &world.mallory)?, 403),
        };
        sessions.push((dial.session(Protocol::Http1).await?, expected));
    }
    for _ in 0..5 {
        for (session, expected) in &mut sessions {
            let got = session.call(&Call::get("server", "/")).await?.status;
            ensure!(got == *expected, "got {got}, not {expected}");
        }
    }
    let stats = envoy.admin().stats("downstream_cx_active").await?;
    for worker in 0..WORKERS {
        let name = format!("worker_{worker}.downstream_cx_active");
        let count = stats.iter().find(|(key, _)| key.ends_with(&name));
        let count = count.map(|(_, count)| *count).unwrap_or_default();
        ensure!(count >= 5, "worker {worker} has {count} connections");
    }
    let machines: Value = json!(envoy.admin().stats("wasm.runtime.v8").await?);
    println!("virtual machines with {WORKERS} workers: {machines}");
    Ok(())
}
