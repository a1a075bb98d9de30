//! `heliast serve` as it is meant to be used: mutual TLS, signed, and to each sidecar its own
//! pruned bundle.

use std::fs;

use anyhow::{Context, Result, ensure};
use heliast_envoy_tests::{Authority, Cluster, Identity, Leaf, Server, pki};
use serde_json::{Value, json};

use crate::quiet;
use crate::sidecar::{CLUSTER, PATIENCE, Setup, Sidecar};
use crate::traffic::{ALICE_ALONE, ALICE_PERHAPS, NOBODY, Traffic};
use crate::world::{ORIGIN, World, pods, policy};

/// The certificate of the server, and the name in it.
fn certificate(authority: &Authority) -> Result<(Identity, String)> {
    let name = pki::spiffe("cluster.local", "heliast", "serve");
    let leaf = Leaf::with_uris([name.clone()]);
    Ok((authority.sign("serve", &leaf)?, name))
}

/// A policy that lets in this account alone.
fn lets_in(account: &str) -> Value {
    let rule = json!([{"action": "Allow", "source": {"serviceAccounts": {"names": [account]}}}]);
    policy("door", &rule)
}

/// Serves the mesh, and what is none of the server's business; as the caller's identity.
async fn start(identity: impl FnOnce(&World) -> &Identity) -> Result<Sidecar<Server>> {
    let world = World::new()?;
    let turn = quiet::beside_others().await;
    let (serves, name) = certificate(&world.authority)?;
    let (key, public) = signing_key(&world)?;
    let path = |path: &std::path::Path| path.display().to_string();
    let arguments = [
        "--tls-cert",
        &path(&serves.certificate_file),
        "--tls-key",
        &path(&serves.key_file),
        "--client-ca",
        &path(world.authority.file()),
        "--own-bundle-only",
        "--signing-key",
        &path(&key),
    ];
    let others: Vec<Value> = (0..50)
        .map(|number| {
            let rule = json!([{"action": "Allow"}]);
            let mut idle = policy(&format!("idle-{number}"), &rule);
            if let Some(selector) = idle.pointer_mut("/spec/selector") {
                *selector = "app == 'somebody-else'".into();
            }
            idle
        })
        .collect();
    let server = Server::start(
        ORIGIN,
        &[
            ("pods.yaml", &pods()),
            ("others.yaml", &others),
            ("door.yaml", &[lets_in("alice")]),
        ],
        &arguments,
    )
    .await?;
    let setup = Setup {
        source: json!({
            "path": "/v1/bundle/shop/server?wait=20s",
            "timeout": "25s",
            "publicKeys": [public],
        }),
        ..Setup::default()
    };
    let cluster = Cluster::new(CLUSTER, server.address());
    let cluster = cluster.mutual_tls(identity(&world), &world.authority, &name);
    setup.start_from(turn, world, &cluster, server).await
}

/// An ed25519 key as a file, and its public half as `publicKeys` takes it.
fn signing_key(world: &World) -> Result<(std::path::PathBuf, String)> {
    let key = pki::ed25519()?;
    let folder = world.authority.file().parent().context("no folder")?;
    let file = folder.join("bundle.key");
    fs::write(&file, &key.private_pem)?;
    Ok((file, key.public_pem))
}

#[tokio::test]
async fn a_sidecar_gets_its_own_bundle_signed_over_mutual_tls() -> Result<()> {
    let mut sidecar = start(|world| &world.server).await?;
    let traffic = Traffic::start(&sidecar, ALICE_PERHAPS)?;
    sidecar.comes_to(200, 403).await?;
    traffic.expect(ALICE_ALONE);
    let state = sidecar.envoy.bundle_state().await?;
    ensure!(state.error_count() == 0, "{state:?}");
    ensure!(state.rules == 1, "what came was not pruned: {state:?}");
    // What does not concern the server changes nothing for it.
    let everybody = policy("nobody", &json!([{"action": "Allow"}]));
    let mut elsewhere = everybody.clone();
    if let Some(selector) = elsewhere.pointer_mut("/spec/selector") {
        *selector = "app == 'somebody-else'".into();
    }
    sidecar.origin.put("others.yaml", &[elsewhere])?;
    sidecar
        .origin
        .put("door.yaml", &[lets_in("alice"), policy("idle", &json!([]))])?;
    let revision = state.revision;
    sidecar
        .envoy
        .shows("another revision", PATIENCE, |state| {
            state.revision != revision && state.error == 0
        })
        .await?;
    sidecar.expect(200, 403).await?;
    traffic.finish().await?;
    sidecar.is_well().await
}

/// Mallory's sidecar may not fetch the server's policy, and has none.
#[tokio::test]
async fn a_sidecar_does_not_get_the_bundle_of_another() -> Result<()> {
    let mut sidecar = start(|world| &world.mallory).await?;
    let traffic = Traffic::start(&sidecar, NOBODY)?;
    let refused = |state: &heliast_envoy_tests::BundleState| {
        state.errors.get("status").is_some_and(|count| *count >= 2)
    };
    let state = sidecar.envoy.shows("a 403", PATIENCE, refused).await?;
    ensure!(state.revision == 0, "{state:?}");
    sidecar.envoy.logged("answered 403", PATIENCE).await?;
    traffic.finish().await?;
    sidecar.is_well().await
}
