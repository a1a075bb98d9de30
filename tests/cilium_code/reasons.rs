//! Why heliast refuses what Cilium lets through: the reasons that docs/semantics/cilium.md names.

use crate::worlds::{Ask, World};
use serde_json::Value;

/// The first reason that there may be in a world; none if there is none.
pub(crate) fn narrower(world: &World, _ask: &Ask) -> Option<&'static str> {
    let policies = || {
        let objects = world.objects.iter();
        objects.filter(|object| object["kind"].as_str().unwrap().starts_with("Cilium"))
    };
    let says = |what: &str| policies().any(|policy| policy.to_string().contains(what));
    if says("\"mode\":\"disabled\"") && (says("\"required\"") || says("\"test-always-fail\"")) {
        return Some("authentication that one rule disables and another requires");
    }
    let asks_for_proof = says("\"required\"") || says("\"test-always-fail\"");
    if asks_for_proof && says("\"http\":") {
        return Some("authentication that Cilium forgets where a port is redirected");
    }
    if says("pod-template-hash") {
        return Some("a label that Cilium leaves out");
    }
    if policies().any(keeps_http_without_isolation) {
        return Some("HTTP rules of a policy that does not isolate");
    }
    None
}

/// The specs of a policy.
fn specs(policy: &Value) -> impl Iterator<Item = &Value> {
    let list = policy["specs"].as_array().into_iter().flatten();
    list.chain(policy.get("spec"))
}

fn keeps_http_without_isolation(policy: &Value) -> bool {
    specs(policy).any(|spec| {
        let said = &spec["enableDefaultDeny"];
        let is_off = said["ingress"] == false || said["egress"] == false;
        is_off && spec.to_string().contains("\"http\":")
    })
}
