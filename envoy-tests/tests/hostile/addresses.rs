//! Peers whose address is none, or of another family.

use std::net::{IpAddr, SocketAddr};
use std::path::PathBuf;

use anyhow::{Context, Result, ensure};
use heliast_envoy_tests::{Address, Call, Dial, Envoy, PeerRecord, Protocol, guard};
use serde_json::{Value, json};

use crate::sidecar::{NAME, bore_it};
use crate::tweak;
use crate::world::{self, ALICE, World};

/// Rules about addresses alone.
fn allow(net: &str) -> Value {
    json!([{"action": "Allow", "source": {"nets": [net]}}])
}

fn all_but(net: &str) -> Value {
    json!([{"action": "Deny", "source": {"nets": [net]}}, {"action": "Allow"}])
}

async fn start(world: &World, rules: &Value, record: PeerRecord, at: Value) -> Result<Envoy> {
    let mut bootstrap = world::bootstrap()?;
    let plugin = world::plugin(rules)?;
    let inbound = world.inbound(NAME).record(record);
    let inbound = inbound.filter(plugin.filter()).filter(guard());
    bootstrap.listener(tweak::at(inbound.listener(bootstrap.folder()), &at));
    Envoy::start(bootstrap).await
}

fn socket(address: &str, also_ipv4: bool) -> Value {
    json!({"socket_address": {"address": address, "port_value": 0, "ipv4_compat": also_ipv4}})
}

async fn status(dial: &Dial, protocol: Protocol) -> Result<u16> {
    Ok(dial.call(protocol, &Call::get("server", "/")).await?.status)
}

/// A pipe has no address: it matches nothing in an Allow and everything in a Deny.
#[tokio::test]
async fn a_peer_behind_a_pipe_has_no_address() -> Result<()> {
    let world = World::new()?;
    let folder = tempfile::tempdir()?;
    for (number, record) in [PeerRecord::Direct, PeerRecord::Absent]
        .into_iter()
        .enumerate()
    {
        for (kind, rules) in [
            ("allow", allow("0.0.0.0/0")),
            ("deny", all_but("10.0.0.0/8")),
        ] {
            let path: PathBuf = folder.path().join(format!("{kind}-{number}"));
            let at = Address::from(path.clone()).to_envoy();
            let envoy = start(&world, &rules, record, at).await?;
            for protocol in [Protocol::Http1, Protocol::Http2] {
                let got = status(&Dial::new(path.clone()), protocol).await?;
                ensure!(
                    got == 403,
                    "{record:?} {kind} {protocol:?}: a pipe got {got}"
                );
            }
            let lie = Call::get("server", "/").header("x-forwarded-for", "127.80.0.2");
            let got = Dial::new(path).call(Protocol::Http1, &lie).await?.status;
            ensure!(got == 403, "{record:?} {kind}: a pipe that lies got {got}");
            bore_it(&envoy).await?;
        }
    }
    Ok(())
}

#[tokio::test]
async fn an_ipv6_peer_is_matched_by_ipv6_nets_alone() -> Result<()> {
    let world = World::new()?;
    let six: IpAddr = "::1".parse()?;
    for (rules, expected) in [
        (allow("::1/128"), 200),
        (allow("::/0"), 200),
        (allow("0.0.0.0/0"), 403),
        (all_but("::1/128"), 403),
        (all_but("127.0.0.0/8"), 200),
    ] {
        let envoy = start(&world, &rules, PeerRecord::Direct, socket("::1", false)).await?;
        let at = envoy.admin().listener(NAME).await?;
        let plain = Dial::new(at).from(six);
        let mutual = world.mutual(at, six, &world.alice)?;
        for dial in [plain, mutual] {
            for protocol in [Protocol::Http1, Protocol::Http2] {
                let got = status(&dial, protocol).await?;
                ensure!(got == expected, "{rules}: ::1 got {got}");
            }
        }
        bore_it(&envoy).await?;
    }
    Ok(())
}

/// On a listener for both families an IPv4 peer is an IPv4 peer.
#[tokio::test]
async fn an_ipv4_peer_inside_ipv6_is_the_ipv4_peer() -> Result<()> {
    let world = World::new()?;
    for (rules, expected) in [
        (allow(&format!("{ALICE}/32")), 200),
        (allow("::/0"), 403),
        (all_but(&format!("{ALICE}/32")), 403),
    ] {
        let envoy = start(&world, &rules, PeerRecord::Direct, socket("::", true)).await?;
        let port = envoy.admin().listener(NAME).await?.port();
        let at = SocketAddr::new(world::SERVER, port);
        let got = status(&Dial::new(at).from(ALICE), Protocol::Http1).await?;
        ensure!(got == expected, "{rules}: Alice got {got}");
        // Said by a proxy, in the other spelling.
        bore_it(&envoy).await?;
    }
    let rules = allow(&format!("{ALICE}/32"));
    let plain = socket("127.80.0.1", false);
    let envoy = start(&world, &rules, PeerRecord::ProxyProtocol, plain).await?;
    let at = envoy.admin().listener(NAME).await?;
    for (source, expected) in [
        ("::ffff:127.80.0.2", 200),
        ("::ffff:127.80.0.3", 403),
        ("::127.80.0.2", 403),
    ] {
        let source = source.parse().context("no address")?;
        let dial = Dial::new(at).announce(SocketAddr::new(source, 4000), "[fd00::1]:80".parse()?);
        let got = status(&dial, Protocol::Http1).await?;
        ensure!(got == expected, "{source} got {got}");
    }
    bore_it(&envoy).await
}
