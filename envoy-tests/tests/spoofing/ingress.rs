//! Requests that come in.

use std::net::{IpAddr, SocketAddr};

use anyhow::{Result, ensure};
use heliast_envoy_tests::{Call, Dial, Envoy, PeerRecord, Protocol, guard};
use serde_json::{Value, json};

use crate::headers::lies;
use crate::world::{self, ALICE, MALLORY, World};

/// Each a way to know Alice from Mallory. Only Alice may pass, and to `/private` nobody.
fn policies() -> Vec<(&'static str, Value)> {
    let private = json!({"action": "Deny", "http": {"paths": [{"prefix": "/private"}]}});
    let source = |action: &str, source: Value| json!({"action": action, "source": source});
    vec![
        (
            "allow-account",
            json!([
                private,
                source("Allow", json!({"serviceAccounts": {"names": ["alice"]}}))
            ]),
        ),
        (
            "allow-net",
            json!([
                private,
                source("Allow", json!({"nets": [format!("{ALICE}/32")]}))
            ]),
        ),
        (
            "allow-label",
            json!([
                private,
                source("Allow", json!({"selector": "app == 'alice'"}))
            ]),
        ),
        (
            "deny-account",
            json!([
                private,
                source("Deny", json!({"serviceAccounts": {"names": ["mallory"]}})),
                {"action": "Allow"},
            ]),
        ),
        (
            "deny-net",
            json!([private, source("Deny", json!({"nets": [format!("{MALLORY}/32")]})), {"action": "Allow"}]),
        ),
    ]
}

/// Listeners that do not record the peer's address have this at the end of their name.
const UNRECORDED: &str = "-unrecorded";

async fn start(world: &World) -> Result<(Envoy, Vec<String>)> {
    let mut bootstrap = world::bootstrap()?;
    let mut names = Vec::new();
    for (policy, rules) in policies() {
        for (suffix, record) in [("", PeerRecord::Direct), (UNRECORDED, PeerRecord::Absent)] {
            let name = format!("{policy}{suffix}");
            let plugin = world::plugin(&rules)?;
            let inbound = world.inbound(&name).record(record);
            bootstrap.inbound(&inbound.filter(plugin.filter()).filter(guard()));
            names.push(name);
        }
    }
    Ok((Envoy::start(bootstrap).await?, names))
}

/// The ways one peer can come.
fn ways(world: &World, at: SocketAddr, ip: IpAddr) -> Result<Vec<(Dial, Protocol)>> {
    let identity = if ip == ALICE {
        &world.alice
    } else {
        &world.mallory
    };
    let plain = Dial::new(at).from(ip);
    let mutual = world.mutual(at, ip, identity)?;
    Ok([plain, mutual]
        .into_iter()
        .flat_map(|dial| [(dial.clone(), Protocol::Http1), (dial, Protocol::Http2)])
        .collect())
}

async fn status(dial: &Dial, protocol: Protocol, call: &Call) -> Result<u16> {
    let answer = dial.call(protocol, call).await?;
    ensure!(
        matches!(answer.status, 200 | 403),
        "answered {}: {}",
        answer.status,
        answer.text()
    );
    Ok(answer.status)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn no_header_changes_the_verdict_where_the_peer_is_recorded() -> Result<()> {
    let world = World::new()?;
    let (envoy, names) = start(&world).await?;
    for name in names.iter().filter(|name| !name.ends_with(UNRECORDED)) {
        let at = envoy.admin().listener(name).await?;
        for (ip, path, expected) in [
            (ALICE, "/", 200),
            (ALICE, "/private", 403),
            (MALLORY, "/", 403),
        ] {
            let (other, account) = if ip == ALICE {
                (MALLORY, "mallory")
            } else {
                (ALICE, "alice")
            };
            for (dial, protocol) in ways(&world, at, ip)? {
                let call = Call::get("server", path);
                ensure!(
                    status(&dial, protocol, &call).await? == expected,
                    "{name}: {ip} {path}"
                );
                for (header, value) in lies(&other.to_string(), account) {
                    let lie = call.clone().header(header, value.clone());
                    let got = status(&dial, protocol, &lie).await?;
                    ensure!(
                        got == expected,
                        "{name}: {ip} {path} over {protocol:?} with {header}: {value} got {got}"
                    );
                }
            }
        }
    }
    Ok(())
}

/// There the peer's address is lost to `x-forwarded-for`, and with it Alice; nobody gains.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn no_header_lets_anybody_in_where_the_peer_is_not_recorded() -> Result<()> {
    let world = World::new()?;
    let (envoy, names) = start(&world).await?;
    for name in names.iter().filter(|name| name.ends_with(UNRECORDED)) {
        let at = envoy.admin().listener(name).await?;
        for (dial, protocol) in ways(&world, at, ALICE)? {
            let call = Call::get("server", "/");
            ensure!(
                status(&dial, protocol, &call).await? == 200,
                "{name}: Alice"
            );
            for (header, value) in lies(&MALLORY.to_string(), "mallory") {
                if header != "x-forwarded-for" {
                    let lie = call.clone().header(header, value);
                    ensure!(
                        status(&dial, protocol, &lie).await? == 200,
                        "{name}: {header}"
                    );
                }
            }
        }
        for (dial, protocol) in ways(&world, at, MALLORY)? {
            for (header, value) in lies(&ALICE.to_string(), "alice") {
                let lie = Call::get("server", "/").header(header, value.clone());
                let got = status(&dial, protocol, &lie).await?;
                ensure!(
                    got == 403,
                    "{name}: {protocol:?} with {header}: {value} got {got}"
                );
            }
        }
    }
    Ok(())
}

/// Every lie at once, and each twice: no combination is better than its parts.
#[tokio::test]
async fn all_headers_together_change_nothing_either() -> Result<()> {
    let world = World::new()?;
    let (envoy, names) = start(&world).await?;
    for name in &names {
        let at = envoy.admin().listener(name).await?;
        let lies = lies(&ALICE.to_string(), "alice");
        let call = lies
            .iter()
            .chain(&lies)
            .fold(Call::get("server", "/"), |call, (header, value)| {
                call.header(header, value.clone())
            });
        for (dial, protocol) in ways(&world, at, MALLORY)? {
            ensure!(
                status(&dial, protocol, &call).await? == 403,
                "{name}: {protocol:?}"
            );
        }
    }
    Ok(())
}
