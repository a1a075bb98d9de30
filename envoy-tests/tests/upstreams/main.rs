//! What real servers make of a request (docs/semantics/envoy.md): each request here reaches a handler
//! that a Deny is meant to keep shut, and does not reach it where that Deny is enforced.
//!
//! Needs what people run: Python with Flask, Node with Express, nginx. `cargo xtask upstreams`
//! installs what it can; a server that is not there is left out, with a line that says so.

#[expect(dead_code, reason = "the mesh, of which only the server is asked")]
#[path = "../mesh/world.rs"]
mod world;

mod reading;
mod software;

use std::net::SocketAddr;

use anyhow::{Context, Result, ensure};
use heliast_envoy_tests::address::free;
use heliast_envoy_tests::{Dial, Envoy, ForeignServer, Protocol, Target, figure, guard};
use serde_json::{Value, json};
use tempfile::TempDir;

use reading::READINGS;
use software::Software;
use world::{ALICE, SERVER, World};

/// The listener in front of one server under these rules.
struct Door {
    name: String,
    rules: Value,
    server: SocketAddr,
}

async fn open(world: &World, doors: &[Door]) -> Result<Envoy> {
    let mut bootstrap = world::bootstrap()?;
    for door in doors {
        let plugin = world::plugin(&door.rules)?;
        let inbound = world
            .inbound(&door.name)
            .target(Target::Upstream(door.server.into()));
        bootstrap.inbound(&inbound.filter(plugin.filter()).filter(guard()));
    }
    Envoy::start(bootstrap).await
}

#[tokio::test]
async fn what_a_server_reads_into_a_request_meets_a_deny() -> Result<()> {
    let folder = TempDir::with_prefix("heliast-upstreams-")?;
    let mut servers = Vec::new();
    for software in Software::ALL {
        let address = free(SERVER, None)?;
        let Some(mut command) = software.command(address, folder.path())? else {
            println!("left out: {software:?}, {}", software.missing());
            continue;
        };
        let log = folder.path().join(format!("{software:?}.log"));
        let server = ForeignServer::start(&mut command, address, &log).await;
        let server = server.with_context(|| format!("{software:?}"))?;
        servers.push((software, server));
    }
    let mut doors = Vec::new();
    let mut asked = Vec::new();
    for (index, reading) in READINGS.iter().enumerate() {
        let known = servers
            .iter()
            .find(|(software, _)| *software == reading.software);
        let Some((_, server)) = known else { continue };
        let deny = json!([{"action": "Deny", "http": reading.denied()}, {"action": "Allow"}]);
        let rules = [("open", json!([{"action": "Allow"}])), ("shut", deny)];
        doors.extend(rules.map(|(name, rules)| Door {
            name: format!("{name}-{index}"),
            rules,
            server: server.address(),
        }));
        asked.push((index, reading));
    }
    let world = World::new()?;
    let envoy = open(&world, &doors).await?;
    for (index, reading) in &asked {
        for (name, reaches) in [("open", true), ("shut", false)] {
            let at = envoy.admin().listener(&format!("{name}-{index}")).await?;
            let dial = Dial::new(at).from(ALICE);
            let answer = if reading.over_http2 {
                dial.call(Protocol::Http2, &reading.call()).await?
            } else {
                dial.raw(&reading.bytes()).await?
            };
            let said = (answer.status, answer.text());
            let reached = answer.text().contains(reading.reached);
            ensure!(reached == reaches, "{name}: {reading:?} got {said:?}");
            ensure!(reaches || answer.status == 403, "{reading:?} got {said:?}");
        }
    }
    figure(&format!(
        "readings of real servers that reach a handler, and do not with the Deny: {} of {}, on {} of {} servers",
        asked.len(),
        READINGS.len(),
        servers.len(),
        Software::ALL.len(),
    ))?;
    Ok(())
}
