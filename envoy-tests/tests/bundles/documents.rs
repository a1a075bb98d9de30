//! Answers that arrive, and are refused for what they say.

use anyhow::{Context, Result};
use heliast_envoy_tests::{Edition, Reply, Response};
use serde_json::{Value, json};

use crate::fault::{Fault, survive};
use crate::world::{self, pods, policy};

fn body(body: impl Into<bytes::Bytes>) -> Reply {
    Response::json(body).reply()
}

#[tokio::test]
async fn what_is_no_bundle() -> Result<()> {
    let evil = world::evil()?.text();
    let cut = evil.get(..evil.len() - 40).context("too short")?.to_owned();
    let bytes: Vec<u8> = (0..=255).cycle().take(100_000).collect();
    let deep = format!("{}{}", "[".repeat(100_000), "]".repeat(100_000));
    let inside = format!("\"resources\":[{deep},");
    let inside = evil.replacen("\"resources\":[", &inside, 1);
    // What comes in another version is for another filter.
    let mut later: Value = serde_json::from_str(&evil)?;
    later["apiVersion"] = "heliast.dev/v2".into();
    let page = "<!doctype html><title>Sign in</title>";
    survive(&[
        Fault::new("garbage", body(page), "document", ""),
        Fault::new("not text", body(bytes), "document", ""),
        Fault::new("deep", body("[".repeat(100_000)), "document", ""),
        Fault::new("deep inside", body(inside), "document", ""),
        Fault::new("cut short", body(cut), "document", ""),
        Fault::new("later", body(later.to_string()), "document", "apiVersion"),
    ])
    .await
}

#[tokio::test]
async fn bundles_that_are_not_what_they_say() -> Result<()> {
    let lie = world::evil()?.claiming(world::next()?.revision());
    let delta = world::evil()?.since(&world::next()?);
    let (lie, delta) = (lie.response().reply(), delta.response().reply());
    survive(&[
        Fault::new("another's revision", lie, "revision", "it says that it is"),
        Fault::new("a delta on nothing", delta, "base", "not what we have"),
    ])
    .await
}

/// A typo must not open a hole.
#[tokio::test]
async fn policy_that_does_not_compile() -> Result<()> {
    let with = |ingress: Value| -> Result<Reply> {
        let mut objects = pods();
        objects.push(policy("evil", &ingress));
        Ok(Edition::new(&objects)?.response().reply())
    };
    let action = with(json!([{"action": "Permit"}]))?;
    let bob = json!({"serviceAccounts": {"names": ["bob"]}});
    let field = with(json!([{"action": "Allow", "sorce": bob}]))?;
    survive(&[
        Fault::new("unknown action", action, "policy", "Permit"),
        Fault::new("unknown field", field, "policy", "sorce"),
    ])
    .await
}

/// One expression or selector that is wrong refuses its object, the object refuses the bundle, and
/// the last good one keeps enforcing: in every dialect.
#[tokio::test]
async fn one_bad_object_of_any_dialect() -> Result<()> {
    let with = |object: Value| -> Result<Reply> {
        let mut objects = pods();
        objects.push(policy("evil", &json!([{"action": "Allow"}])));
        objects.push(object);
        Ok(Edition::new(&objects)?.response().reply())
    };
    let named = |api: &str, kind: &str, spec: Value| {
        let metadata = json!({"name": "bad", "namespace": "shop"});
        json!({"apiVersion": api, "kind": kind, "metadata": metadata, "spec": spec})
    };
    let calico = json!({"selector": "app == ", "types": ["Ingress"]});
    let calico = with(named("projectcalico.org/v3", "NetworkPolicy", calico))?;
    let requirement = json!({"key": "app", "operator": "Like", "values": ["a"]});
    let kubernetes = json!({"podSelector": {"matchExpressions": [requirement]}});
    let kubernetes = with(named("networking.k8s.io/v1", "NetworkPolicy", kubernetes))?;
    let http = json!([{"path": "/(unclosed"}]);
    let port = json!({"ports": [{"port": "80", "protocol": "TCP"}], "rules": {"http": http}});
    let cilium = json!({"endpointSelector": {}, "ingress": [{"toPorts": [port]}]});
    let cilium = with(named("cilium.io/v2", "CiliumNetworkPolicy", cilium))?;
    let istio = json!({"rules": [{"when": [{"key": "source.labels[app]", "values": ["a"]}]}]});
    let istio = with(named("security.istio.io/v1", "AuthorizationPolicy", istio))?;
    survive(&[
        Fault::new("Calico selector", calico, "policy", "spec.selector"),
        Fault::new("Kubernetes selector", kubernetes, "policy", "Like"),
        Fault::new("Cilium expression", cilium, "policy", "path"),
        Fault::new("Istio condition", istio, "policy", "source.labels"),
    ])
    .await
}

/// Nobody could be recognised, or it is somebody else's: refused, not enforced.
#[tokio::test]
async fn bundles_that_this_workload_cannot_enforce() -> Result<()> {
    let everybody = policy("evil", &json!([{"action": "Allow"}]));
    let nobody = Edition::new(&[everybody])?.response().reply();
    let other = world::evil()?.only_for("shop", "alice", false);
    let other = other.response().reply();
    survive(&[
        Fault::new("no workloads", nobody, "workload", "Pod or WorkloadGroup"),
        Fault::new("another pod's", other, "workload", "shop/alice"),
    ])
    .await
}
