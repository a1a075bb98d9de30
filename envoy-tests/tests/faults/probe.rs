//! Asking a sidecar what it lets through.

use std::net::SocketAddr;

use anyhow::{Result, ensure};
use heliast_envoy_tests::{Call, Dial, Envoy, Protocol};

use crate::world::{ALICE, MALLORY, World};

/// The status of a plain request from Alice's address.
pub(crate) async fn status(at: SocketAddr, path: &str) -> Result<u16> {
    let call = Call::get("server", path);
    let answer = Dial::new(at)
        .from(ALICE)
        .call(Protocol::Http1, &call)
        .await?;
    Ok(answer.status)
}

/// What Alice and Mallory get, with and without their certificates, over both protocols.
pub(crate) async fn expect(world: &World, at: SocketAddr, alice: u16, mallory: u16) -> Result<()> {
    for (who, ip, identity, expected) in [
        ("Alice", ALICE, &world.alice, alice),
        ("Mallory", MALLORY, &world.mallory, mallory),
    ] {
        for dial in [Dial::new(at).from(ip), world.mutual(at, ip, identity)?] {
            for protocol in [Protocol::Http1, Protocol::Http2] {
                let got = dial.call(protocol, &Call::get("server", "/")).await?.status;
                ensure!(got == expected, "{who} got {got}, not {expected}");
            }
        }
    }
    Ok(())
}

/// That nothing passes, whatever else it gets.
pub(crate) async fn nothing_passes(world: &World, at: SocketAddr) -> Result<()> {
    for (ip, identity) in [(ALICE, &world.alice), (MALLORY, &world.mallory)] {
        for dial in [Dial::new(at).from(ip), world.mutual(at, ip, identity)?] {
            for protocol in [Protocol::Http1, Protocol::Http2] {
                let answer = dial.call(protocol, &Call::get("server", "/")).await;
                ensure!(
                    !answer.as_ref().is_ok_and(|answer| answer.status == 200),
                    "a request passed: {answer:?}"
                );
            }
        }
    }
    Ok(())
}

/// Where this listener is.
pub(crate) async fn at(envoy: &Envoy, name: &str) -> Result<SocketAddr> {
    envoy.admin().listener(name).await
}
