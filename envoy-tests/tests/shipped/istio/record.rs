//! The record of the peer, with and without.

use std::net::{IpAddr, SocketAddr};

use anyhow::{Context, Result, ensure};
use heliast_envoy_tests::{
    Address, Call, Dial, Envoy, Inbound, Leaf, Protocol, Target, Upstream, pki, upstream,
};
use hyper::StatusCode;
use serde_json::{Value, json};

use super::agent::Agent;
use super::chain;
use super::patch::Patches;
use super::sidecar::{Bank, CUSTOMER, DATABASE, SUMMARY, ask, is_decided, objects};
use super::{ENVOY_FILTER, GUARD, PEER, WASM_PLUGIN};
use crate::pieces;
use crate::tree::{list, list_mut, object, set};

#[tokio::test]
async fn connections_that_are_not_http_pass_the_record_unharmed() -> Result<()> {
    let mut bootstrap = Bank::bootstrap()?;
    let app: Address = bootstrap.folder().join("app").into();
    let workload =
        Upstream::start(app, async |_| upstream::respond(StatusCode::OK, "unharmed")).await?;
    let inbound = Inbound::new("app", SocketAddr::new(DATABASE, 0));
    let inbound = inbound.target(Target::Upstream(workload.address().clone()));
    bootstrap.cluster(inbound.cluster().context("no cluster")?);
    let at = Address::from(SocketAddr::new(DATABASE, 0)).to_envoy();
    let all = objects(&[PEER, GUARD, ENVOY_FILTER])?;
    for (name, objects) in [("apart", &all[..2]), ("together", &all[2..])] {
        let mut listener = chain::opaque(name, &at, "app-workload");
        Patches::of(objects).apply(&mut listener)?;
        let [record, _] = list(&listener, "/filter_chains/0/filters") else {
            anyhow::bail!("not one more filter than before: {listener}");
        };
        pieces::is_peer_record(record)?;
        bootstrap.listener(listener);
    }
    let envoy = Envoy::start(bootstrap).await?;
    for name in ["apart", "together"] {
        let dial = Dial::new(envoy.admin().listener(name).await?);
        let answer = dial.call(Protocol::Http1, &Call::get("app", "/")).await?;
        ensure!(answer.text() == "unharmed");
    }
    Ok(())
}

/// wasmplugin.yaml bound to addresses, as step 6 of install.md has it.
fn bound() -> Result<Value> {
    let mut plugin = object(WASM_PLUGIN)?;
    let config = plugin
        .pointer_mut("/spec/pluginConfig")
        .and_then(Value::as_object_mut);
    config.context("no pluginConfig")?.remove("peerBinding");
    let group = |name: &str, ip: IpAddr| {
        json!({
            "apiVersion": "heliast.dev/v1alpha1",
            "kind": "WorkloadGroup",
            "metadata": {"name": name},
            "spec": {
                "namespace": "default",
                "serviceAccount": name,
                "labels": {"app": name},
                "addresses": [ip],
            },
        })
    };
    let resources = list_mut(&mut plugin, "/spec/pluginConfig/bundle/inline/resources")?;
    resources.extend([group("summary", SUMMARY), group("customer", CUSTOMER)]);
    set(&mut plugin, "/metadata", "name", "bound".into())?;
    Ok(plugin)
}

/// Why peer-address.yaml is applied first: what it, and install.md, say of its absence.
#[tokio::test]
async fn without_the_record_a_header_and_a_second_name_are_not_seen_through() -> Result<()> {
    let bank = Bank::new()?;
    let mut bootstrap = Bank::bootstrap()?;
    let mut agent = Agent::default();
    let (peer, guard, plugin) = (object(PEER)?, object(GUARD)?, object(WASM_PLUGIN)?);
    for (name, objects) in [
        ("bound", vec![peer, bound()?, guard.clone()]),
        ("bound-unrecorded", vec![bound()?, guard.clone()]),
        ("unrecorded", vec![plugin, guard]),
    ] {
        let listener = agent.render(&bootstrap, &bank.inbound(name), true, &objects)?;
        bootstrap.listener(listener);
    }
    let envoy = Envoy::start(bootstrap).await?;
    let two = ["summary", "customer"].map(|name| pki::spiffe("cluster.local", "default", name));
    let two = bank.authority.sign("two", &Leaf::with_uris(two))?;
    let address = SUMMARY.to_string();
    let header = Some(("x-forwarded-for", address.as_str()));
    // With a header; with two names; with a stolen key from another pod, with a header and without.
    for (name, forwarded, named_twice, stolen) in [
        ("bound", true, false, false),
        ("bound-unrecorded", false, true, false),
        ("unrecorded", true, true, true),
    ] {
        let summary = bank.dial(&envoy, name, SUMMARY, &bank.summary).await?;
        let twice = bank.dial(&envoy, name, SUMMARY, &two).await?;
        let thief = bank.dial(&envoy, name, CUSTOMER, &bank.summary).await?;
        for (what, dial, header, allowed) in [
            ("as it is", &summary, None, true),
            ("a header", &summary, header, forwarded),
            ("two names", &twice, None, named_twice),
            ("stolen", &thief, None, stolen),
            ("stolen, with a header", &thief, header, stolen),
        ] {
            let seen = ask(&envoy, name, dial, what, header).await?;
            is_decided(&seen, allowed).with_context(|| format!("{name}: {what}"))?;
        }
    }
    Ok(())
}
