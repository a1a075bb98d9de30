//! What can only be seen of several objects, and the objects around policy.

use crate::resources::Strictness;
use crate::resources::tests::{check, findings, load};
use serde_json::{Value, json};

fn cluster(name: &str, tier: &str, priority: u32, directions: &Value) -> Value {
    let mut spec = json!({"tier": tier, "priority": priority, "subject": {"namespaces": {"matchLabels": {"team": "a"}}}});
    for (key, rules) in directions.as_object().unwrap() {
        spec[key] = rules.clone();
    }
    json!({
        "apiVersion": "policy.networking.k8s.io/v1alpha2", "kind": "ClusterNetworkPolicy",
        "metadata": {"name": name}, "spec": spec,
    })
}

fn policy(namespace: &str, spec: &Value) -> Value {
    json!({
        "apiVersion": "networking.k8s.io/v1", "kind": "NetworkPolicy",
        "metadata": {"name": "np", "namespace": namespace}, "spec": spec,
    })
}

fn namespace(name: &str, team: &str) -> Value {
    json!({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": name, "labels": {"team": team}}})
}

fn found(objects: &[Value]) -> Vec<String> {
    findings(objects, Strictness::Heliast)
}

#[test]
fn equal_priorities_are_warned_of() {
    let none = json!({});
    let objects = [
        cluster("a", "Admin", 5, &none),
        cluster("b", "Admin", 5, &none),
        cluster("c", "Baseline", 5, &none),
        cluster("d", "Admin", 6, &none),
    ];
    assert_eq!(
        found(&objects),
        ["warning kubernetes-equal-priority spec.priority"]
    );
}

#[test]
fn egress_is_warned_of_once() {
    let rules = json!({"egress": [{"action": "Accept", "to": [{"namespaces": {}}]}]});
    let objects = [
        policy("x", &json!({"policyTypes": ["Egress"]})),
        cluster("a", "Admin", 5, &rules),
    ];
    assert_eq!(found(&objects), ["warning kubernetes-egress spec.egress"]);
}

#[test]
fn baseline_beside_network_policy_is_warned_of() {
    let rules = json!({"ingress": [{"action": "Accept", "from": [{"namespaces": {}}]}]});
    let baseline = cluster("base", "Baseline", 0, &rules);
    let isolating = json!({"policyTypes": ["Ingress"]});
    let warned = "warning kubernetes-baseline-ignored spec.ingress";
    let cases = [
        (namespace("x", "a"), isolating.clone(), vec![warned]),
        (namespace("x", "b"), isolating, vec![]),
        (
            namespace("x", "a"),
            json!({"policyTypes": ["Egress"]}),
            vec!["warning kubernetes-egress spec.egress"],
        ),
    ];
    for (namespace, spec, expected) in cases {
        let objects = [baseline.clone(), namespace, policy("x", &spec)];
        assert_eq!(found(&objects), expected, "{spec}");
    }
}

#[test]
fn peers_that_are_nodes_need_nodes() {
    let rules =
        json!({"egress": [{"action": "Accept", "to": [{"namespaces": {}}, {"nodes": {}}]}]});
    let policy = cluster("a", "Admin", 5, &rules);
    let egress = "warning kubernetes-egress spec.egress";
    let missing = "warning kubernetes-no-nodes spec.egress[0].to[1]";
    assert_eq!(found(std::slice::from_ref(&policy)), [egress, missing]);
    let node = json!({"apiVersion": "v1", "kind": "Node", "metadata": {"name": "n"}});
    assert_eq!(found(&[policy, node]), [egress]);
}

#[test]
fn ports_that_nobody_serves_are_warned_of() {
    let pod = json!({
        "apiVersion": "v1", "kind": "Pod", "metadata": {"name": "p", "namespace": "x"},
        "spec": {"containers": [{"name": "c", "ports": [{"name": "web", "containerPort": 80}]}]},
    });
    let spec = json!({"ingress": [{"ports": [{"port": "web"}, {"port": "wbe"}]}]});
    let rules = json!({"ingress": [{"action": "Accept", "from": [{"namespaces": {}}], "protocols": [{"destinationNamedPort": "wbe"}]}]});
    let objects = [policy("x", &spec), cluster("a", "Admin", 5, &rules), pod];
    assert_eq!(
        found(&objects),
        [
            "warning kubernetes-unserved-port spec.ingress[0].ports[1]",
            "warning kubernetes-unserved-port spec.ingress[0].protocols[0]",
        ]
    );
    assert!(found(&objects[..2]).is_empty(), "no pod is known at all");
}

#[test]
fn calico_and_kubernetes_have_names_of_their_own() {
    let spec = json!({});
    let calico = json!({
        "apiVersion": "projectcalico.org/v3", "kind": "NetworkPolicy",
        "metadata": {"name": "np", "namespace": "x"}, "spec": {"types": ["Ingress"]},
    });
    assert!(found(&[calico.clone(), policy("x", &spec)]).is_empty());
    let twice = [policy("x", &spec), calico, policy("x", &spec)];
    assert_eq!(found(&twice), ["error duplicate-object metadata.name"]);
    let staged = json!({
        "apiVersion": "projectcalico.org/v3", "kind": "StagedKubernetesNetworkPolicy",
        "metadata": {"name": "np", "namespace": "x"}, "spec": {"stagedAction": "Delete"},
    });
    let mut kept = staged.clone();
    kept["spec"] = json!({"stagedAction": "Set", "podSelector": {}});
    assert!(load(&[kept.clone()]).resources.network_policies[0].staged);
    assert_eq!(
        found(&[kept, staged]),
        ["error duplicate-object metadata.name"]
    );
}

#[test]
fn nodes_have_addresses() {
    let table = r#"
        {"type": "InternalIP", "address": "10.0.0.1"} ->
        {"type": "Hostname", "address": "node-a"} ->
        {"type": "InternalDNS", "address": "node-a"} ->
        {"type": "InternalIP", "address": "node-a"} -> error bad-address status.addresses[0].address
        {"type": "ExternalIP"} -> error missing-field status.addresses[0]
    "#;
    let template = r#"{"apiVersion": "v1", "kind": "Node", "metadata": {"name": "a"}, "spec": {"podCIDR": "10.0.0.0/24"}, "status": {"addresses": [$]}}"#;
    check(template, table);
    let text = template.replace('$', r#"{"type": "Hostname", "address": "a"}, {"type": "ExternalIP", "address": "::ffff:10.0.0.1"}"#);
    let loaded = load(&[serde_json::from_str(&text).unwrap()]);
    let expected: std::net::IpAddr = "10.0.0.1".parse().unwrap();
    assert_eq!(loaded.resources.nodes[0].addresses, [expected]);
}

#[test]
fn pods_know_their_hosts() {
    let pod = |status: Value| json!({"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "a"}, "status": status});
    let read = |status: Value| load(&[pod(status)]).resources.pods.remove(0).node_addresses;
    let addresses = |texts: &[&str]| -> Vec<std::net::IpAddr> {
        texts.iter().map(|text| text.parse().unwrap()).collect()
    };
    assert_eq!(
        read(json!({"hostIP": "10.0.0.1"})),
        addresses(&["10.0.0.1"])
    );
    assert_eq!(
        read(json!({"hostIP": "10.0.0.1", "hostIPs": [{"ip": "10.0.0.1"}, {"ip": "fd00::1"}]})),
        addresses(&["10.0.0.1", "fd00::1"])
    );
    assert_eq!(read(json!({})), addresses(&[]));
}
