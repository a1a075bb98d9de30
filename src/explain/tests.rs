//! The walk tier by tier (calico.md C13, C14 and C32).

use super::{Explanation, explain};
use crate::bundle::Bundle;
use crate::config::WorkloadConfig;
use crate::peer::{Identity, Peer};
use crate::program::{Local, Node, Program};
use crate::request::{Http, Request};
use crate::settings::Settings;
use crate::terms::{Protocol, TierDefault};
use crate::verdict::Direction;
use serde_json::{Value, json};
use std::sync::Arc;

fn tier(name: &str, order: u32, end: &str) -> Value {
    json!({"apiVersion": "projectcalico.org/v3", "kind": "Tier",
        "metadata": {"name": name}, "spec": {"order": order, "defaultAction": end}})
}

fn policy(kind: &str, tier: &str, action: &str, method: &str) -> Value {
    json!({"apiVersion": "projectcalico.org/v3", "kind": kind,
        "metadata": {"name": format!("of-{tier}")},
        "spec": {"tier": tier, "types": ["Ingress"],
            "ingress": [{"action": action, "http": {"methods": [method]}}]}})
}

/// A GET from outside, under these objects.
fn walk(objects: &[Value]) -> Explanation {
    let bundle = Bundle::load(objects).unwrap();
    let config = WorkloadConfig {
        namespace: Some("shop".to_owned()),
        ..WorkloadConfig::default()
    };
    let local = Local::resolve(&config, &Node::default(), &bundle.model).unwrap();
    let model = Arc::clone(&bundle.model);
    let program = Program::compile(model, local, Direction::Ingress, Settings::default());
    let peer = Peer {
        address: "127.9.0.1".parse().ok(),
        identity: Identity::Plaintext,
    };
    let lines = [(b":method".as_slice(), b"GET".as_slice()), (b":path", b"/")];
    let http = Some(Http::new(&lines));
    explain(&program, &peer, &Request::new(Protocol::TCP, http))
}

#[test]
fn a_tier_that_passes_at_its_end_is_followed_by_one_that_denies() {
    let walk = walk(&[
        tier("t1", 1, "Pass"),
        tier("t2", 2, "Deny"),
        policy("GlobalNetworkPolicy", "t1", "Allow", "PUT"),
        policy("GlobalNetworkPolicy", "t2", "Allow", "POST"),
    ]);
    let ends: Vec<_> = walk
        .tiers
        .iter()
        .map(|tier| (tier.name.as_str(), tier.end))
        .collect();
    assert_eq!(ends, [("t1", TierDefault::Pass), ("t2", TierDefault::Deny)]);
    let rule = walk.verdict.enforced.rule.to_string();
    assert_eq!(
        rule,
        "calico/t2/GlobalNetworkPolicy/-/of-t2/ingress/default"
    );
    let nearest = walk.nearest().unwrap();
    let unmet: Vec<_> = nearest
        .unmet()
        .map(|clause| clause.field.as_str())
        .collect();
    assert_eq!(unmet, ["http.methods"]);
}

#[test]
fn the_pending_verdict_names_the_staged_rule_alone() {
    let walk = walk(&[
        tier("t1", 1, "Deny"),
        tier("t2", 2, "Deny"),
        policy("StagedGlobalNetworkPolicy", "t1", "Deny", "GET"),
        policy("GlobalNetworkPolicy", "t2", "Allow", "GET"),
    ]);
    let enforced = walk.verdict.enforced.rule.to_string();
    assert_eq!(enforced, "calico/t2/GlobalNetworkPolicy/-/of-t2/ingress/0");
    let pending = walk.verdict.pending().rule.to_string();
    assert_eq!(
        pending,
        "calico/t1/StagedGlobalNetworkPolicy/-/of-t1/ingress/0"
    );
    assert!(
        walk.tiers
            .iter()
            .flat_map(|tier| &tier.policies)
            .any(|policy| policy.staged)
    );
}
