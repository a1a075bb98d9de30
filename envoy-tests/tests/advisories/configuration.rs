//! Configuration that was read wrong, and policy that was not where the request went.

use std::time::Duration;

use anyhow::{Context, Result, ensure};
use heliast_envoy_tests::{Dial, Envoy, ListenerFile};
use serde_json::Value;

use crate::ask::Ask;
use crate::sidecar::{NAME, Sidecar, inbound, policy};
use crate::world::{self, ALICE, World};

/// How long Envoy may keep a reason to itself.
const PATIENCE: Duration = Duration::from_secs(5);
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

/// A sidecar with a good configuration, which may be given another at run time.
struct Configured {
    /// Its certificates are read again with every configuration.
    _world: World,
    envoy: Envoy,
    listeners: ListenerFile,
    good: Value,
}

impl Configured {
    async fn start() -> Result<Self> {
        let world = World::new()?;
        let mut bootstrap = world::bootstrap()?;
        let mut listeners = bootstrap.listener_file()?;
        let good = policy("{action: DENY, rules: [{to: [{operation: {hosts: [secret.com]}}]}]}")?;
        let good = inbound(&world, &[good])?.listener(bootstrap.folder());
        // There from the start, because compiling the module takes long.
        listeners.write(std::slice::from_ref(&good))?;
        let envoy = Envoy::start(bootstrap).await?;
        Ok(Self {
            _world: world,
            envoy,
            listeners,
            good,
        })
    }

    /// Another configuration is refused for this reason, and the one before it still decides.
    async fn refuses(&mut self, reason: &str, change: impl Fn(&str) -> String) -> Result<()> {
        let mut bad = self.good.clone();
        let chains = bad.get_mut("filter_chains").and_then(Value::as_array_mut);
        for chain in chains.into_iter().flatten() {
            let text = chain.pointer_mut(CONFIGURATION);
            let text = text.context("no configuration")?;
            *text = change(text.as_str().unwrap_or_default()).into();
        }
        let pushed = self.envoy.push_listeners(&mut self.listeners, &[bad]).await;
        let error = pushed.err().context("it was taken")?;
        self.envoy.logged(reason, PATIENCE).await.context(error)?;
        ensure!(self.envoy.is_alive()?, "Envoy fell over");
        let dial = Dial::new(self.envoy.admin().listener(NAME).await?).from(ALICE);
        for (host, expected) in [("secret.com", 403), ("open.com", 200)] {
            Ask::get("/").host(host).gets(&dial, expected).await?;
        }
        Ok(())
    }
}

#[tokio::test]
async fn row_13_a_field_that_is_not_known() -> Result<()> {
    let mut sidecar = Configured::start().await?;
    let future = |known: &str| known.replace("\"hosts\"", "\"hostsOfTheFuture\"");
    sidecar.refuses("hostsOfTheFuture", future).await
}

#[tokio::test]
async fn row_33_nesting_without_end() -> Result<()> {
    let mut sidecar = Configured::start().await?;
    let deep = "[".repeat(100_000);
    let closed = format!("{deep}{}", "]".repeat(100_000));
    for text in [
        deep.clone(),
        closed.clone(),
        format!(r#"{{"bundle": {{"inline": {{"resources": {closed}}}}}}}"#),
        "{\"a\":".repeat(100_000),
    ] {
        sidecar.refuses("recursion limit", |_| text.clone()).await?;
    }
    Ok(())
}
