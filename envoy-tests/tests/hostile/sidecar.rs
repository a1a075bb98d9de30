//! A sidecar to be ill-treated, and the question whether it bore it.

use std::net::SocketAddr;

use anyhow::{Result, ensure};
use heliast_envoy_tests::{Answer, Call, Dial, Envoy, Protocol, guard};
use serde_json::{Value, json};

use crate::tweak;
use crate::world::{self, World};

/// The one listener's name.
pub(crate) const NAME: &str = "in";

/// A sidecar that lets in Alice alone, unless one of its Deny rules is met.
pub(crate) struct Sidecar {
    pub(crate) world: World,
    pub(crate) envoy: Envoy,
    pub(crate) at: SocketAddr,
}

/// Uses every part of a request: peer, path, method and headers.
pub(crate) fn rules() -> Value {
    json!([
        {"action": "Deny", "http": {"paths": [{"prefix": "/admin"}]}},
        {"action": "Deny", "http": {"headers": [{"header": "x-role", "operator": "In", "values": ["admin"]}]}},
        {"action": "Allow", "source": {"serviceAccounts": {"names": ["alice"]}}},
    ])
}

impl Sidecar {
    pub(crate) async fn start() -> Result<Self> {
        Self::with_http(&json!({})).await
    }

    /// With these settings of HTTP.
    pub(crate) async fn with_http(settings: &Value) -> Result<Self> {
        let world = World::new()?;
        let mut bootstrap = world::bootstrap()?;
        let plugin = world::plugin(&rules())?;
        let inbound = world.inbound(NAME).filter(plugin.filter()).filter(guard());
        bootstrap.listener(tweak::with_http(&inbound, bootstrap.folder(), settings));
        let envoy = Envoy::start(bootstrap).await?;
        let at = envoy.admin().listener(NAME).await?;
        Ok(Self { world, envoy, at })
    }

    pub(crate) fn alice(&self) -> Result<Dial> {
        self.world.mutual(self.at, world::ALICE, &self.world.alice)
    }

    pub(crate) fn mallory(&self) -> Result<Dial> {
        self.world
            .mutual(self.at, world::MALLORY, &self.world.mallory)
    }

    /// Still deciding, and without having fallen over in between.
    pub(crate) async fn is_well(&self) -> Result<()> {
        for protocol in [Protocol::Http1, Protocol::Http2] {
            let call = Call::get("server", "/");
            let alice = self.alice()?.call(protocol, &call).await?;
            let mallory = self.mallory()?.call(protocol, &call).await?;
            ensure!(
                (alice.status, mallory.status) == (200, 403),
                "Alice gets {}, Mallory {}",
                alice.status,
                mallory.status
            );
        }
        bore_it(&self.envoy).await
    }
}

/// No virtual machine was lost.
pub(crate) async fn bore_it(envoy: &Envoy) -> Result<()> {
    let reloads = envoy.admin().stat_sum("vm_reload").await?;
    ensure!(reloads == 0, "the module was reloaded: {reloads}");
    let log = envoy.log()?;
    let trap = log
        .lines()
        .find(|line| line.contains("Function: proxy_on") || line.contains("Uncaught"));
    ensure!(trap.is_none(), "the module trapped: {trap:?}");
    let records = envoy.access_log(NAME).records()?;
    let failed = records
        .iter()
        .find(|record| record.text("details") == Some("wasm_fail_stream"));
    ensure!(failed.is_none(), "the module failed: {failed:?}");
    Ok(())
}

/// An answer that no request got past the filter with.
pub(crate) fn is_refusal(answer: &Answer) -> bool {
    answer.status != 200 || answer.header("grpc-status") == Some(b"7")
}
