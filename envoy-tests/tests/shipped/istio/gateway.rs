//! The manifest for gateways, whose listeners are marked as outbound ones.

use std::net::{IpAddr, Ipv4Addr, SocketAddr};

use anyhow::{Context, Result, ensure};
use heliast_envoy_tests::{Authority, Bootstrap, Call, Dial, Envoy, Inbound, Node, Protocol};
use serde_json::{Value, json};

use super::GATEWAY;
use super::agent::Agent;
use super::patch::Patches;
use crate::pieces;
use crate::tree::{list, object, set, text, text_or_empty};

const INGRESS: IpAddr = IpAddr::V4(Ipv4Addr::new(127, 83, 1, 1));
const CLIENT: IpAddr = IpAddr::V4(Ipv4Addr::new(127, 83, 1, 2));

#[test]
fn it_is_for_gateways_alone_and_says_which_policy_counts() -> Result<()> {
    let object = object(GATEWAY)?;
    for patch in list(&object, "/spec/configPatches") {
        ensure!(text(patch, "/match/context")? == "GATEWAY", "{patch}");
    }
    let last = list(&object, "/spec/configPatches")
        .last()
        .context("no patch")?;
    pieces::is_guard(last.pointer("/patch/value").context("no value")?)?;
    let extensions = Patches::of(&[object]).extensions()?;
    let typed = extensions.get("heliast").context("no configuration")?;
    let config = pieces::plugin_configuration(typed)?;
    ensure!(
        config.get("direction") == Some(&json!("Ingress")),
        "{config}"
    );
    let _enforcer = crate::engine::accepts(&config)?;
    Ok(())
}

#[tokio::test]
async fn policy_for_requests_that_come_in_is_enforced_where_they_come_in() -> Result<()> {
    let authority = Authority::new("gateway")?;
    let server = authority.sign_workload("cluster.local", "istio-ingress", "ingress")?;
    let labels = json!({"istio": "ingressgateway"});
    let node = Node::pod(
        "istio-ingress",
        "ingress",
        "ingress",
        &labels,
        &INGRESS.to_string(),
    );
    let mut bootstrap = Bootstrap::new(node)?;
    let inbound = |name: &str| {
        Inbound::new(name, SocketAddr::new(INGRESS, 0)).mutual_tls(&server, &authority)
    };
    let shipped = object(GATEWAY)?;
    let listener = Agent::default().render_gateway(
        &bootstrap,
        &inbound("shipped"),
        std::slice::from_ref(&shipped),
    )?;
    ensure!(text_or_empty(&listener, "/traffic_direction") == "OUTBOUND");
    bootstrap.listener(listener);
    // The same without the direction: nothing decides there, and the log says so.
    let listener = Agent::default().render_gateway(
        &bootstrap,
        &inbound("undirected"),
        &[undirected(shipped)?],
    )?;
    bootstrap.listener(listener);
    let envoy = Envoy::start(bootstrap).await?;
    for (listener, path, expected) in [
        ("shipped", "/public/a", 200),
        ("shipped", "/admin", 403),
        ("undirected", "/admin", 200),
        ("undirected", "/admin", 200),
    ] {
        let dial = Dial::new(envoy.admin().listener(listener).await?).from(CLIENT);
        let call = Call::get("shop.example", path);
        let answer = dial.call(Protocol::Http1, &call).await?;
        ensure!(
            answer.status == expected,
            "{listener} {path}: {}",
            answer.status
        );
    }
    let log = envoy.log()?;
    let told = log.matches("nothing decides here").count();
    ensure!(told == 1, "told {told} times:\n{log}");
    Ok(())
}

/// The manifest as it would be without the one key that a gateway needs, under another name.
fn undirected(mut shipped: Value) -> Result<Value> {
    let patches = list(&shipped, "/spec/configPatches");
    let is_configuration = |patch: &Value| text_or_empty(patch, "/applyTo") == "EXTENSION_CONFIG";
    let at = patches.iter().position(is_configuration);
    let at = at.context("no configuration")?;
    let inside = format!("/spec/configPatches/{at}/patch/value/typed_config/config/configuration");
    let value = text(&shipped, &format!("{inside}/value"))?;
    let without = value.replace("\"direction\": \"Ingress\",", "");
    ensure!(without != value, "no direction in {value}");
    set(&mut shipped, &inside, "value", without.into())?;
    let renamed = shipped
        .to_string()
        .replace(r#""name":"heliast""#, r#""name":"undirected""#);
    Ok(serde_json::from_str(&renamed)?)
}
