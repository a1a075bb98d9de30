//! Names, pods, network sets, tiers and workload groups (calico.md 1.4, 1.6, 2.2).

use super::{check, each_line, load};
use crate::terms::{Protocol, TierDefault};
use serde_json::{Value, json};

const CALICO: &str = r#"{"apiVersion": "projectcalico.org/v3", $}"#;
const CORE: &str = r#"{"apiVersion": "v1", $}"#;

fn calico(kind: &str, spec: &Value) -> Value {
    json!({
        "apiVersion": "projectcalico.org/v3",
        "kind": kind,
        "metadata": {"name": "a"},
        "spec": spec,
    })
}

/// calico.md 1.6 rows 7 and 8.
#[test]
fn names_and_namespaces_are_checked() {
    let table = r#"
        "kind": "NetworkPolicy", "metadata": {"name": "security.web", "namespace": "dev"} ->
        "kind": "NetworkPolicy", "metadata": {"name": "knp.default.a.b.c"} ->
        "kind": "NetworkPolicy", "metadata": {"name": "a.b.c"} -> error bad-name metadata.name
        "kind": "NetworkPolicy", "metadata": {"name": "a/b"} -> error bad-name metadata.name
        "kind": "NetworkPolicy", "metadata": {"name": 1} -> error wrong-type metadata.name
        "kind": "NetworkPolicy", "metadata": {} -> error missing-field metadata
        "kind": "NetworkPolicy", "metadata": {"name": "a", "namespace": ""} ->
        "kind": "NetworkPolicy", "metadata": {"name": "a", "namespace": "A"} -> error bad-name metadata.namespace
        "kind": "GlobalNetworkPolicy", "metadata": {"name": "default.a"} ->
        "kind": "GlobalNetworkPolicy", "metadata": {"name": "knp.default.a"} -> error bad-name metadata.name
        "kind": "GlobalNetworkPolicy", "metadata": {"name": "a", "namespace": "b"} -> error unexpected-namespace metadata.namespace
    "#;
    check(
        &CALICO.replace('$', r#""spec": {"types": ["Ingress"]}, $"#),
        table,
    );
    let table = r#"
        "kind": "Pod" -> error missing-field
        "kind": "Pod", "metadata": {"name": "a.b.c", "labels": {"a": 1}} -> error wrong-type metadata.labels.a
        "kind": "Pod", "metadata": {"name": "a", "annotations": 7, "ownerReferences": 7, "uid": {}} ->
        "kind": "Namespace", "metadata": {"name": "a.b"} -> error bad-name metadata.name
        "kind": "ServiceAccount", "metadata": {"name": "a.b"} ->
        "kind": "Node", "metadata": 7 -> error wrong-type metadata
    "#;
    check(CORE, table);
}

/// calico.md 1.4.
#[test]
fn tiers() {
    let table = r#"
        {"name": "a"} ->
        {"name": "a.b"} -> error bad-name metadata.name
        {"name": "a"}, "spec": {"order": 1.5, "defaultAction": "Pass"} ->
        {"name": "a"}, "spec": {"order": "1"} -> error wrong-type spec.order
        {"name": "a"}, "spec": {"defaultAction": "pass"} -> error unknown-value spec.defaultAction
        {"name": "a"}, "spec": {"defaultaction": "Pass"} -> error unknown-field spec.defaultaction
        {"name": "default"}, "spec": {"order": 1000000, "defaultAction": "Deny"} ->
        {"name": "default"}, "spec": {"order": 1e6} ->
        {"name": "default"}, "spec": {} -> error fixed-tier spec
        {"name": "default"} -> error fixed-tier
        {"name": "kube-admin"}, "spec": {"order": 1000, "defaultAction": "Deny"} -> error fixed-tier spec
    "#;
    check(
        &CALICO.replace('$', r#""kind": "Tier", "metadata": $"#),
        table,
    );
    let loaded = load(&[calico(
        "Tier",
        &json!({"order": 3, "defaultAction": "Pass"}),
    )]);
    let tier = &loaded.resources.tiers[0];
    assert_eq!(
        (tier.order, tier.default_action),
        (Some(3.0), TierDefault::Pass)
    );
}

/// calico.md 1.4.
#[test]
fn network_sets() {
    let table = r#"
        {"name": "a"} ->
        {"name": "a"}, "spec": {"nets": ["10.0.0"]} -> error bad-network spec.nets[0]
        {"name": "a"}, "spec": {"nets": ["::ffff:10.0.0.1"]} -> error bad-network spec.nets[0]
        {"name": "a"}, "spec": {"nets": [7]} -> error wrong-type spec.nets[0]
        {"name": "a"}, "spec": {"net": []} -> error unknown-field spec.net
        {"name": "a"}, "spec": {"allowedEgressDomains": ["a.com"]} -> error unsupported-field spec.allowedEgressDomains
        {"name": "a", "labels": {"projectcalico.org/namespace": "x"}} -> error reserved-label metadata.labels.projectcalico.org/namespace
        {"name": "a", "labels": {"projectcalico.org/namespace": null}} -> error wrong-type metadata.labels.projectcalico.org/namespace
    "#;
    check(
        &CALICO.replace('$', r#""kind": "NetworkSet", "metadata": $"#),
        table,
    );
    let nets = json!({"nets": ["10.0.0.1/8", "10.0.0.1", "2001:db8::1", "::/0"]});
    let loaded = load(&[
        calico("NetworkSet", &nets),
        calico("GlobalNetworkSet", &nets),
    ]);
    let [set, global] = &loaded.resources.network_sets[..] else {
        panic!("two sets")
    };
    let masked: Vec<String> = set.nets.iter().map(ToString::to_string).collect();
    assert_eq!(
        masked,
        ["10.0.0.0/8", "10.0.0.1/32", "2001:db8::1/128", "::/0"]
    );
    assert_eq!(set.metadata.id.namespace.as_deref(), Some("default"));
    assert_eq!(global.metadata.id.namespace, None);
}

/// calico.md 2.2: the object, and the addresses read from it.
#[test]
fn pods_have_the_addresses_that_are_theirs() {
    let table = r#"
        {"name": "a"}, "status": {"phase": "Running", "podIP": "10.0.0.1", "podIPs": [{"ip": "10.0.0.1"}, {"ip": "fd00::1"}]} -> 10.0.0.1 fd00::1
        {"name": "a"}, "status": {"podIP": "10.0.0.1"} -> 10.0.0.1
        {"name": "a"}, "status": {"podIP": "::ffff:10.0.0.1"} -> 10.0.0.1
        {"name": "a"}, "status": {"podIP": ""} ->
        {"name": "a"}, "status": {} ->
        {"name": "a"}, "status": null, "spec": null ->
        {"name": "a"}, "status": {"podIP": "10.0.0.1"}, "spec": {"hostNetwork": true} ->
        {"name": "a"}, "status": {"podIP": "10.0.0.1", "phase": "Succeeded"} ->
        {"name": "a"}, "status": {"podIP": "10.0.0.1", "phase": "Failed"} ->
        {"name": "a", "deletionTimestamp": "t"}, "status": {"podIP": "10.0.0.1"} -> 10.0.0.1
        {"name": "a", "deletionTimestamp": "t", "annotations": {"cni.projectcalico.org/podIP": ""}}, "status": {"podIP": "10.0.0.1"} ->
        {"name": "a", "deletionTimestamp": "t", "annotations": {"cni.projectcalico.org/podIP": "10.0.0.1/32"}}, "status": {"podIP": "10.0.0.1"} -> 10.0.0.1
        {"name": "a", "annotations": {"cni.projectcalico.org/podIP": ""}}, "status": {"podIP": "10.0.0.1"} -> 10.0.0.1
        {"name": "a", "annotations": {"cni.projectcalico.org/podIP": "10.0.0.9/32"}} ->
    "#;
    each_line(
        r#"{"apiVersion": "v1", "kind": "Pod", "metadata": $}"#,
        table,
        |pod, expected| {
            let loaded = load(std::slice::from_ref(pod));
            let addresses = &loaded.resources.pods[0].addresses;
            let found: Vec<String> = addresses.iter().map(ToString::to_string).collect();
            assert_eq!(found.join(" "), expected, "{pod}");
        },
    );
    let table = r#"
        "status": {"podIP": "10.0.0.256"} -> error bad-address status.podIP
        "status": {"podIPs": [{"ip": "x"}]} -> error bad-address status.podIPs[0].ip
        "spec": {"serviceAccountName": "a/b"} -> error bad-name spec.serviceAccountName
        "spec": {"hostNetwork": "true"} -> error wrong-type spec.hostNetwork
        "spec": {"volumes": 7} ->
    "#;
    check(
        &CORE.replace('$', r#""kind": "Pod", "metadata": {"name": "a"}, $"#),
        table,
    );
}

#[test]
fn pods_have_named_ports_and_a_service_account() {
    let pod = |name: &str, spec: &Value| json!({"apiVersion": "v1", "kind": "Pod", "metadata": {"name": name}, "spec": spec});
    let http = json!([{"containerPort": 80}, {"name": "http", "containerPort": 8080.0}]);
    let dns = json!([{"name": "dns", "containerPort": 53, "protocol": "UDP"}]);
    let spec = json!({
        "serviceAccount": "old",
        "containers": [{"name": "c", "ports": http}, {"name": "d"}],
        "initContainers": [{"ports": dns}],
    });
    let loaded = load(&[pod("a", &spec), pod("b", &Value::Null)]);
    let [first, second] = &loaded.resources.pods[..] else {
        panic!("two pods")
    };
    let ports = first.named_ports.iter();
    let found: Vec<_> = ports
        .map(|port| (&*port.name, port.port, port.protocol))
        .collect();
    assert_eq!(
        found,
        [("http", 8080, Protocol::TCP), ("dns", 53, Protocol::UDP)]
    );
    assert_eq!(
        (&*first.service_account, &*second.service_account),
        ("old", "default")
    );
    let table = r#"
        {"name": "a", "containerPort": 0} -> error out-of-range spec.containers[0].ports[0].containerPort
        {"name": "a"} -> error missing-field spec.containers[0].ports[0]
        {"name": "a", "containerPort": 1, "protocol": "tcp"} -> error unknown-value spec.containers[0].ports[0].protocol
        {"name": "", "containerPort": 0} ->
    "#;
    let spec =
        r#""kind": "Pod", "metadata": {"name": "a"}, "spec": {"containers": [{"ports": [$]}]}"#;
    check(&CORE.replace('$', spec), table);
}

/// design 6.2.
#[test]
fn workload_groups() {
    let template = r#"{
        "apiVersion": "heliast.dev/v1alpha1",
        "kind": "WorkloadGroup",
        "metadata": {"name": "a"},
        "spec": {$}
    }"#;
    let table = r#"
         -> error missing-field spec
        "namespace": "dev" ->
        "namespace": "dev", "addreses": [] -> error unknown-field spec.addreses
        "namespace": "dev", "addresses": ["10.0.0.0/8"] -> error bad-address spec.addresses[0]
        "namespace": "dev", "namedPorts": [{"port": 80}] -> error missing-field spec.namedPorts[0]
        "namespace": "dev", "serviceAccount": "a/b" -> error bad-name spec.serviceAccount
    "#;
    check(template, table);
    let spec = r#"
        "namespace": "dev",
        "serviceAccount": "web",
        "labels": {"app": "web"},
        "namedPorts": [{"name": "http", "port": 80}],
        "addresses": ["10.0.0.1", "fd00::1"]
    "#;
    let loaded = load(&[serde_json::from_str(&template.replace('$', spec)).unwrap()]);
    let group = &loaded.resources.workload_groups[0];
    assert_eq!((&*group.namespace, &*group.service_account), ("dev", "web"));
    assert_eq!((group.addresses.len(), group.named_ports[0].port), (2, 80));
    assert_eq!(group.labels[&"app".to_owned()], "web");
}
