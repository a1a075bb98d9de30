//! The worst policies and the worst request that the budgets let through.

use serde_json::{Value, json};
use std::net::Ipv4Addr;

/// More than 2,000 steps, nearly all of which a value of letters is in at once.
const WIDE: &str = ".*[a-z]{1,999}-x";
/// As many of them as an object may have.
pub(crate) const MOST: usize = 124;
/// The longest header that Envoy hands on is a little longer, in bytes.
pub(crate) const HEADER_BYTES: usize = 56 << 10;

/// A policy of Calico's for every pod of this namespace, with so many of the expressions.
pub(crate) fn policy(name: &str, namespace: &str, expressions: usize) -> Value {
    let values: Vec<String> = (0..expressions).map(|n| format!("{WIDE}{n}")).collect();
    let clauses = values.chunks(50).map(
        |values| json!({"header": "user-agent", "operator": "MatchesRegex", "values": values}),
    );
    let rules: Vec<Value> = clauses
        .map(|clause| json!({"action": "Deny", "http": {"headers": [clause]}}))
        .chain([json!({"action": "Allow"})])
        .collect();
    json!({"apiVersion": "projectcalico.org/v3", "kind": "NetworkPolicy",
        "metadata": {"name": name, "namespace": namespace},
        "spec": {"selector": "all()", "types": ["Ingress"], "ingress": rules}})
}

/// The pod `default/database`, and so many policies of this namespace, each as large as may be.
pub(crate) fn objects(namespace: &str, policies: usize) -> Vec<Value> {
    let pod = json!({"apiVersion": "v1", "kind": "Pod",
        "metadata": {"namespace": "default", "name": "database", "labels": {"app": "database"}},
        "spec": {"serviceAccountName": "database"}, "status": {"podIP": "127.0.10.3"}});
    let policies = (0..policies).map(|n| policy(&format!("slow-{n}"), namespace, MOST));
    std::iter::once(pod).chain(policies).collect()
}

/// The pod `default/database`, a group of so many networks, and so many policies that name it, each
/// in twenty rules once they are spelt out.
#[allow(dead_code, reason = "envoy-tests takes the expressions alone")]
pub(crate) fn groups(nets: u32, policies: usize) -> Vec<Value> {
    let nets: Vec<String> = (0..nets)
        .map(|net| format!("{}/32", Ipv4Addr::from(net.saturating_mul(2))))
        .collect();
    let group = json!({"apiVersion": "cilium.io/v2", "kind": "CiliumCIDRGroup",
        "metadata": {"name": "partners"}, "spec": {"externalCIDRs": nets}});
    let ports: Vec<Value> = (1..=20)
        .map(|port| json!({"ports": [{"port": port.to_string(), "protocol": "TCP"}]}))
        .collect();
    let policy = |n| {
        json!({"apiVersion": "cilium.io/v2", "kind": "CiliumClusterwideNetworkPolicy",
            "metadata": {"name": format!("partners-{n}")},
            "spec": {"endpointSelector": {}, "ingressDeny": [
                {"fromCIDRSet": [{"cidrGroupRef": "partners"}], "toPorts": ports}]}})
    };
    let objects = objects("default", 0).into_iter().chain([group]);
    objects.chain((0..policies).map(policy)).collect()
}
