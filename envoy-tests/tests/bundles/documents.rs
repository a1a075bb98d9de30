//! Answers that arrive, and are refused for what they say.

use anyhow::{Context, Result};
use heliast_envoy_tests::{Edition, Reply, Response};
use serde_json::{Value, json};

use crate::fault::Fault;
use crate::world::{self, pods, policy};

async fn refused(
    body: impl Into<bytes::Bytes>,
    kind: &'static str,
    says: &'static str,
) -> Result<()> {
    let reply = Response::json(body).reply();
    Fault::answer(reply, kind, says)?.survived().await
}

#[tokio::test]
async fn garbage() -> Result<()> {
    refused("<!doctype html><title>Sign in</title>", "document", "").await
}

#[tokio::test]
async fn bytes_that_are_no_text() -> Result<()> {
    let bytes: Vec<u8> = (0..=255).cycle().take(100_000).collect();
    refused(bytes, "document", "").await
}

#[tokio::test]
async fn json_100_000_deep() -> Result<()> {
    refused("[".repeat(100_000), "document", "").await
}

#[tokio::test]
async fn an_object_100_000_deep() -> Result<()> {
    let deep = format!("{}{}", "[".repeat(100_000), "]".repeat(100_000));
    let text = world::evil()?.text();
    let body = text.replacen("\"resources\":[", &format!("\"resources\":[{deep},"), 1);
    refused(body, "document", "").await
}

#[tokio::test]
async fn json_that_is_cut_short() -> Result<()> {
    let text = world::evil()?.text();
    let cut = text.get(..text.len() - 40).context("too short")?.to_owned();
    refused(cut, "document", "").await
}

#[tokio::test]
async fn a_revision_that_is_another_bundles() -> Result<()> {
    let lie = world::evil()?.claiming(world::next()?.revision());
    let reply = lie.response().reply();
    Fault::answer(reply, "revision", "")?.survived().await
}

#[tokio::test]
async fn a_policy_that_does_not_compile() -> Result<()> {
    let mut objects = pods();
    objects.push(policy("evil", &json!([{"action": "Permit"}])));
    let reply = Edition::new(&objects)?.response().reply();
    Fault::answer(reply, "policy", "Permit")?.survived().await
}

/// A typo must not open a hole.
#[tokio::test]
async fn a_policy_with_an_unknown_field() -> Result<()> {
    let ingress = json!([{"action": "Allow", "sorce": {"serviceAccounts": {"names": ["bob"]}}}]);
    let mut objects = pods();
    objects.push(policy("evil", &ingress));
    let reply = Edition::new(&objects)?.response().reply();
    Fault::answer(reply, "policy", "sorce")?.survived().await
}

/// Nobody could be recognised: refused, not enforced against everybody.
#[tokio::test]
async fn a_bundle_without_workloads() -> Result<()> {
    let everybody = policy("evil", &json!([{"action": "Allow"}]));
    let reply = Edition::new(&[everybody])?.response().reply();
    Fault::answer(reply, "workload", "Pod or WorkloadGroup")?
        .survived()
        .await
}

#[tokio::test]
async fn a_bundle_that_was_pruned_for_another_pod() -> Result<()> {
    let other = world::evil()?.only_for("shop", "alice", false);
    let reply = other.response().reply();
    Fault::answer(reply, "workload", "shop/alice")?
        .survived()
        .await
}

#[tokio::test]
async fn a_delta_where_nothing_was_asked_for_but_a_bundle() -> Result<()> {
    let delta = world::evil()?.since(&world::next()?);
    let reply: Reply = delta.response().reply();
    Fault::answer(reply, "base", "")?.survived().await
}

/// What comes in another version is for another filter.
#[tokio::test]
async fn a_bundle_of_a_version_to_come() -> Result<()> {
    let mut bundle: Value = serde_json::from_str(&world::evil()?.text())?;
    bundle["apiVersion"] = "heliast.dev/v2".into();
    refused(bundle.to_string(), "document", "apiVersion").await
}
