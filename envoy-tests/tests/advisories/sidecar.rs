//! A sidecar under AuthorizationPolicies, in the ways Istio's are set up.

use std::net::{IpAddr, SocketAddr};

use anyhow::{Result, ensure};
use heliast_envoy_tests::{Dial, Envoy, Identity, Inbound, Leaf, Plugin, guard, install};
use serde_json::{Value, json};

use crate::ask::Ask;
use crate::claims;
use crate::tweak;
use crate::world::{self, ALICE, MALLORY, World};

/// The one listener's name.
pub(crate) const NAME: &str = "in";

pub(crate) struct Sidecar {
    pub(crate) world: World,
    pub(crate) envoy: Envoy,
    pub(crate) at: SocketAddr,
}

/// How a sidecar is started.
pub(crate) struct Setting {
    /// Settings of the HTTP connection manager.
    pub(crate) http: Value,
    /// Switches of Envoy's runtime.
    pub(crate) runtime: Vec<(&'static str, bool)>,
    /// A listener filter in front of all others.
    pub(crate) ahead: Option<Value>,
    /// Further objects of the bundle.
    pub(crate) objects: Vec<Value>,
}

impl Default for Setting {
    fn default() -> Self {
        Self {
            http: json!({}),
            runtime: Vec::new(),
            ahead: None,
            objects: Vec::new(),
        }
    }
}

impl Sidecar {
    /// Under one policy, whose specification is given in YAML.
    pub(crate) async fn under(spec: &str) -> Result<Self> {
        Self::with(spec, Setting::default()).await
    }

    /// Under one policy, and set up in a way of its own.
    pub(crate) async fn with(spec: &str, setting: Setting) -> Result<Self> {
        let world = World::new()?;
        let mut bootstrap = world::bootstrap()?;
        for (key, value) in &setting.runtime {
            bootstrap.runtime(&format!("envoy.reloadable_features.{key}"), *value);
        }
        let mut objects = setting.objects;
        objects.push(policy(spec)?);
        let inbound = inbound(&world, &objects)?;
        let mut listener = tweak::with_http(&inbound, bootstrap.folder(), &setting.http);
        let filters = listener
            .get_mut("listener_filters")
            .and_then(Value::as_array_mut);
        if let (Some(filters), Some(ahead)) = (filters, setting.ahead) {
            filters.insert(0, ahead);
        }
        bootstrap.listener(listener);
        let envoy = Envoy::start(bootstrap).await?;
        let at = envoy.admin().listener(NAME).await?;
        Ok(Self { world, envoy, at })
    }

    /// Alice without a certificate.
    pub(crate) fn plain(&self) -> Dial {
        Dial::new(self.at).from(ALICE)
    }

    pub(crate) fn alice(&self) -> Result<Dial> {
        self.world.mutual(self.at, ALICE, &self.world.alice)
    }

    pub(crate) fn mallory(&self) -> Result<Dial> {
        self.world.mutual(self.at, MALLORY, &self.world.mallory)
    }

    /// Somebody with a certificate of these names.
    pub(crate) fn named(&self, name: &str, leaf: &Leaf) -> Result<Dial> {
        let identity: Identity = self.world.authority.sign(name, leaf)?;
        self.world.mutual(self.at, ALICE, &identity)
    }

    /// Nobody gets through with this: neither with a certificate nor without.
    pub(crate) async fn refuses(&self, ask: &Ask) -> Result<()> {
        for dial in [self.plain(), self.alice()?] {
            ask.is_refused(&dial).await?;
        }
        Ok(())
    }

    /// Everybody gets through with this.
    pub(crate) async fn passes(&self, ask: &Ask) -> Result<()> {
        for dial in [self.plain(), self.alice()?] {
            ask.passes(&dial).await?;
        }
        Ok(())
    }

    /// The module fell over nothing.
    pub(crate) async fn is_well(&self) -> Result<()> {
        let reloads = self.envoy.admin().stat_sum("vm_reload").await?;
        ensure!(reloads == 0, "the module was reloaded: {reloads}");
        Ok(())
    }
}

/// The listener of the server under these objects; a header of the test may stand in for a token.
pub(crate) fn inbound(world: &World, objects: &[Value]) -> Result<Inbound> {
    let configuration = configuration(objects);
    let plugin = Plugin::new(install::module()?, &configuration);
    let inbound = world.inbound(NAME).filter(claims::filter());
    Ok(inbound.filter(plugin.filter()).filter(guard()))
}

pub(crate) fn configuration(objects: &[Value]) -> Value {
    json!({
        "workload": {"namespace": "shop", "name": "server", "labels": {"app": "server"}},
        "peerBinding": "Principal",
        "bundle": {"inline": {"resources": objects}},
    })
}

/// An AuthorizationPolicy of the server's namespace.
pub(crate) fn policy(spec: &str) -> Result<Value> {
    Ok(json!({
        "apiVersion": "security.istio.io/v1",
        "kind": "AuthorizationPolicy",
        "metadata": {"name": "p", "namespace": "shop"},
        "spec": yaml_serde::from_str::<Value>(spec)?,
    }))
}

/// What a PROXY protocol listener filter needs.
pub(crate) fn proxy_protocol(rules: &Value) -> Value {
    let kind =
        "type.googleapis.com/envoy.extensions.filters.listener.proxy_protocol.v3.ProxyProtocol";
    json!({
        "name": "envoy.filters.listener.proxy_protocol",
        "typed_config": {"@type": kind, "rules": rules},
    })
}

/// A port at an address.
pub(crate) fn port(ip: &str) -> Result<SocketAddr> {
    Ok(SocketAddr::new(ip.parse::<IpAddr>()?, 4000))
}
