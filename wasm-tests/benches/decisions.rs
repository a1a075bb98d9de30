//! What decisions cost in the real module: fuel, which is the same every time, and time, which is
//! that of this machine and has the fake host's share in it. It prints, and asserts nothing.
//! `cargo bench -p heliast-wasm-tests`, after `cargo xtask build`.
#![allow(
    clippy::indexing_slicing,
    clippy::expect_used,
    clippy::panic,
    reason = "a measurement: what is not there ends it"
)]

#[path = "../tests/support/mod.rs"]
mod support;
#[path = "../../benches/engine/worlds.rs"]
mod worlds;

use heliast_wasm_tests::{Connection, Host, Outcome, Plugin, PluginConfig};
use serde_json::json;
use std::time::{Duration, Instant};
use worlds::World;

/// Where the stories are.
pub(crate) const POLICIES: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../policies");

/// Requests on a known connection that are timed.
const TIMED: usize = 200;

fn main() -> anyhow::Result<()> {
    println!(
        "{:<20} {:>12} {:>12} {:>12} {:>10} {:>10} {:>10}",
        "figure: world", "new peer", "connection", "known", "best", "median", "p90"
    );
    for name in worlds::NAMES {
        measure(name)?;
    }
    Ok(())
}

fn measure(name: &str) -> anyhow::Result<()> {
    let world = World::named(name);
    let host = Host::new(support::module());
    let (namespace, pod) = world.pod;
    let config =
        json!({"direction": "Ingress", "bundle": {"inline": {"resources": world.objects}}});
    let config = PluginConfig::new(config.to_string().into_bytes())
        .node_metadata(json!({"NAMESPACE": namespace, "NAME": pod}));
    let plugin = host.configure(config)?;
    let connection = connection(&world);
    let first = ask(&plugin, &connection, &world);
    let new_connection = ask(&plugin, &self::connection(&world), &world);
    let known = ask(&plugin, &connection, &world);
    let mut times: Vec<Duration> = (0..TIMED)
        .map(|_| {
            let start = Instant::now();
            let outcome = ask(&plugin, &connection, &world);
            let taken = start.elapsed();
            drop(outcome);
            taken
        })
        .collect();
    times.sort_unstable();
    let at = |percent: usize| format!("{:.1?}", times[TIMED * percent / 100]);
    println!(
        "{:<20} {:>12} {:>12} {:>12} {:>10} {:>10} {:>10}",
        name,
        first.fuel(),
        new_connection.fuel(),
        known.fuel(),
        at(0),
        at(50),
        at(90)
    );
    Ok(())
}

fn connection(world: &World) -> Connection {
    let (address, principal) = (world.address, world.principal.as_str());
    let to = format!("127.0.10.3:{}", world.port);
    Connection::mtls(&format!("{address}:40000"), &to, principal)
        .filter_state("heliast.peer_address", address.to_owned())
        .filter_state("heliast.peer_uri_sans", principal.to_owned())
}

fn ask(plugin: &Plugin, connection: &Connection, world: &World) -> Outcome {
    let headers = [
        (":authority", "database:2379"),
        (":path", world.path.as_str()),
        (":method", world.method),
        (":scheme", "http"),
        ("user-agent", "curl/8.9.1"),
        ("accept", "*/*"),
        ("x-forwarded-proto", "https"),
        ("x-request-id", "f7b6fd2f-4c35-9c3b-8a6e-1d2f3a4b5c6d"),
    ];
    let mut stream = plugin.worker(0).open_stream(connection);
    stream.request_headers(headers, true)
}
