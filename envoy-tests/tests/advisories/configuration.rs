//! Configuration that was read wrong, and policy that was not where the request went.

use anyhow::{Context, Result, ensure};
use heliast_envoy_tests::{Bootstrap, Call, Dial, Envoy, Protocol};
use serde_json::{Value, json};

use crate::ask::Ask;
use crate::sidecar::{NAME, Sidecar, inbound, policy};
use crate::world::{self, ALICE, World};

/// The plugin's configuration in a filter chain, behind the peer's record and the claims.
const CONFIGURATION: &str =
    "/filters/1/typed_config/http_filters/1/typed_config/config/configuration/value";

/// The gateway in front may choose the service by SNI; the destination decides all the same.
#[tokio::test]
async fn row_07_any_server_name_ends_at_the_same_policy() -> Result<()> {
    let spec = "rules: [{from: [{source: {principals: [cluster.local/ns/shop/sa/alice]}}]}]";
    let sidecar = Sidecar::under(spec).await?;
    for name in [
        "server.shop.svc.cluster.local",
        "outbound_.8000_._.server.shop.svc.cluster.local",
        "outbound_.443_._.other.internal.svc.cluster.local",
    ] {
        let mallory = sidecar.mallory()?.server_name(name)?;
        Ask::get("/").is_refused(&mallory).await?;
        let alice = sidecar.alice()?.server_name(name)?;
        Ask::get("/").passes(&alice).await?;
    }
    Ok(())
}

/// A sidecar that serves one good configuration, and is then given another.
async fn after(change: impl Fn(&mut Value)) -> Result<(Envoy, Result<()>)> {
    let world = World::new()?;
    let mut bootstrap: Bootstrap = world::bootstrap()?;
    let mut listeners = bootstrap.listener_file()?;
    let envoy = Envoy::start(bootstrap).await?;
    let good = policy("{action: DENY, rules: [{to: [{operation: {hosts: [secret.com]}}]}]}")?;
    let good = inbound(&world, &[good])?.listener(envoy.folder());
    envoy
        .push_listeners(&mut listeners, std::slice::from_ref(&good))
        .await?;
    let mut bad = good;
    let chains = bad.get_mut("filter_chains").and_then(Value::as_array_mut);
    for chain in chains.into_iter().flatten() {
        let text = chain.pointer_mut(CONFIGURATION);
        change(text.context("no configuration")?);
    }
    let pushed = envoy.push_listeners(&mut listeners, &[bad]).await;
    Ok((envoy, pushed))
}

/// The configuration before the bad one still decides.
async fn keeps_its_last(envoy: &Envoy) -> Result<()> {
    let dial = Dial::new(envoy.admin().listener(NAME).await?).from(ALICE);
    for (host, expected) in [("secret.com", 403), ("open.com", 200)] {
        let got = dial
            .call(Protocol::Http1, &Call::get(host, "/"))
            .await?
            .status;
        ensure!(got == expected, "{host} got {got}");
    }
    Ok(())
}

#[tokio::test]
async fn row_13_a_field_that_is_not_known() -> Result<()> {
    let (envoy, pushed) = after(|text| {
        let known = text.as_str().unwrap_or_default();
        *text = known.replace("\"hosts\"", "\"hostsOfTheFuture\"").into();
    })
    .await?;
    ensure!(pushed.is_err(), "a field of the future was taken");
    let log = envoy.log()?;
    ensure!(log.contains("hostsOfTheFuture"), "{log}");
    keeps_its_last(&envoy).await
}

#[tokio::test]
async fn row_33_nesting_without_end() -> Result<()> {
    let deep = "[".repeat(100_000);
    for text in [deep.clone(), json!({"bundle": deep}).to_string()] {
        let (mut envoy, pushed) =
            after(|configuration| *configuration = text.clone().into()).await?;
        ensure!(pushed.is_err(), "a hundred thousand brackets were taken");
        ensure!(envoy.is_alive()?, "Envoy fell over");
        keeps_its_last(&envoy).await?;
    }
    let resources = format!(
        r#"{{"bundle": {{"inline": {{"resources": {}}}}}}}"#,
        "[".repeat(100_000)
    );
    let (mut envoy, pushed) =
        after(|configuration| *configuration = resources.clone().into()).await?;
    ensure!(pushed.is_err() && envoy.is_alive()?);
    keeps_its_last(&envoy).await
}
