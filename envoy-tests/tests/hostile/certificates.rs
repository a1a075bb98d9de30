//! Certificates that a workload should not have, signed all the same.

use anyhow::{Result, ensure};
use heliast_envoy_tests::{Call, Leaf, Protocol};

use crate::sidecar::Sidecar;
use crate::world::ALICE;

const ALICE_URI: &str = "spiffe://cluster.local/ns/shop/sa/alice";
const MALLORY_URI: &str = "spiffe://cluster.local/ns/shop/sa/mallory";

fn leaves() -> Vec<(&'static str, Leaf)> {
    let dns = |name: &str| Leaf {
        dns: vec![name.to_owned()],
        ..Leaf::default()
    };
    let mixed = Leaf {
        dns: vec!["alice.shop".into()],
        ..Leaf::with_uris([MALLORY_URI])
    };
    let mut leaves = vec![
        ("nothing", Leaf::default()),
        ("dns", dns("alice.shop.svc.cluster.local")),
        ("dns-and-uri", mixed),
        ("two", Leaf::with_uris([ALICE_URI, MALLORY_URI])),
        ("two-turned", Leaf::with_uris([MALLORY_URI, ALICE_URI])),
        ("twice", Leaf::with_uris([ALICE_URI, ALICE_URI])),
        ("many", Leaf::with_uris(vec![ALICE_URI; 200])),
        (
            "long",
            Leaf::with_uris([format!("{ALICE_URI}{}", "x".repeat(4000))]),
        ),
    ];
    for (name, uri) in [
        ("foreign", "spiffe://elsewhere.example/ns/shop/sa/alice"),
        ("no-scheme", "cluster.local/ns/shop/sa/alice"),
        ("other-scheme", "https://cluster.local/ns/shop/sa/alice"),
        ("capitals", "SPIFFE://CLUSTER.LOCAL/ns/shop/sa/alice"),
        ("tail", "spiffe://cluster.local/ns/shop/sa/alice/"),
        ("more", "spiffe://cluster.local/ns/shop/sa/alice/x"),
        ("query", "spiffe://cluster.local/ns/shop/sa/alice?x"),
        ("fragment", "spiffe://cluster.local/ns/shop/sa/alice#x"),
        ("escaped", "spiffe://cluster.local/ns/shop/sa/%61lice"),
        (
            "comma",
            "spiffe://cluster.local/ns/shop/sa/alice,spiffe://x",
        ),
        ("port", "spiffe://cluster.local:443/ns/shop/sa/alice"),
        ("user", "spiffe://x@cluster.local/ns/shop/sa/alice"),
        ("dots", "spiffe://cluster.local/ns/x/../shop/sa/alice"),
        ("empty-account", "spiffe://cluster.local/ns/shop/sa/"),
        ("blank", "spiffe://cluster.local/ns/shop/sa/alice "),
        ("dash", "-"),
        ("empty", ""),
    ] {
        leaves.push((name, Leaf::with_uris([uri])));
    }
    leaves
}

/// From Alice's own address, so that only the certificate is in question.
#[tokio::test]
async fn an_odd_certificate_is_nobodys() -> Result<()> {
    let sidecar = Sidecar::start().await?;
    for (name, leaf) in leaves() {
        let identity = sidecar.world.authority.sign(name, &leaf)?;
        let dial = sidecar.world.mutual(sidecar.at, ALICE, &identity)?;
        for protocol in [Protocol::Http1, Protocol::Http2] {
            // Envoy may refuse it at the handshake, which is as well.
            if let Ok(answer) = dial.call(protocol, &Call::get("server", "/")).await {
                ensure!(answer.status == 403, "{name} got {}", answer.status);
            }
        }
    }
    sidecar.is_well().await
}
