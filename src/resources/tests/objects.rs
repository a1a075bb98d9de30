//! Names, pods, network sets, tiers and workload groups (calico.md 1.4, 1.6, 2.2).

use super::{check, load};
use crate::resources::calico::{Protocol, TierDefault};
use serde_json::{Value, json};

fn object(kind: &str, metadata: &Value, spec: &Value) -> Value {
    let api_version = match kind {
        "Pod" | "Namespace" | "ServiceAccount" => "v1",
        "WorkloadGroup" => "heliast.dev/v1alpha1",
        _ => "projectcalico.org/v3",
    };
    json!({"apiVersion": api_version, "kind": kind, "metadata": metadata, "spec": spec})
}

fn named(kind: &str, spec: &Value) -> Value {
    object(kind, &json!({"name": "a"}), spec)
}

#[test]
fn names_and_namespaces_are_checked() {
    let with = |kind, metadata| object(kind, &metadata, &json!({"types": ["Ingress"]}));
    let other = |kind, metadata| object(kind, &metadata, &json!({}));
    check(&[
        (
            with(
                "NetworkPolicy",
                json!({"name": "security.web", "namespace": "dev"}),
            ),
            &[],
        ),
        (
            with("NetworkPolicy", json!({"name": "knp.default.a.b.c"})),
            &[],
        ),
        (
            with("NetworkPolicy", json!({"name": "a.b.c"})),
            &["error bad-name metadata.name"],
        ),
        (
            with("NetworkPolicy", json!({"name": "a/b"})),
            &["error bad-name metadata.name"],
        ),
        (
            with("NetworkPolicy", json!({"name": "a", "namespace": "A"})),
            &["error bad-name metadata.namespace"],
        ),
        (
            with("NetworkPolicy", json!({"name": "a", "namespace": ""})),
            &[],
        ),
        (
            with("NetworkPolicy", json!({})),
            &["error missing-field metadata"],
        ),
        (
            with("NetworkPolicy", json!({"name": 1})),
            &["error wrong-type metadata.name"],
        ),
        (
            with("GlobalNetworkPolicy", json!({"name": "default.a"})),
            &[],
        ),
        (
            with("GlobalNetworkPolicy", json!({"name": "knp.default.a"})),
            &["error bad-name metadata.name"],
        ),
        (
            with(
                "GlobalNetworkPolicy",
                json!({"name": "a", "namespace": "dev"}),
            ),
            &["error unexpected-namespace metadata.namespace"],
        ),
        (
            other("Tier", json!({"name": "a.b"})),
            &["error bad-name metadata.name"],
        ),
        (
            other("Pod", json!({"name": "a.b.c", "labels": {"a": 1}})),
            &["error wrong-type metadata.labels.a"],
        ),
        (
            other(
                "Pod",
                json!({"name": "a", "annotations": 7, "ownerReferences": 7, "uid": {}}),
            ),
            &["error wrong-type metadata.annotations"],
        ),
        (
            json!({"apiVersion": "v1", "kind": "Pod"}),
            &["error missing-field "],
        ),
    ]);
}

#[test]
fn tiers() {
    let fixed = |name: &str, spec: Value| object("Tier", &json!({"name": name}), &spec);
    check(&[
        (named("Tier", &Value::Null), &[]),
        (
            named("Tier", &json!({"order": 1.5, "defaultAction": "Pass"})),
            &[],
        ),
        (
            named("Tier", &json!({"order": "1"})),
            &["error wrong-type spec.order"],
        ),
        (
            named("Tier", &json!({"defaultAction": "pass"})),
            &["error unknown-value spec.defaultAction"],
        ),
        (
            named("Tier", &json!({"defaultaction": "Pass"})),
            &["error unknown-field spec.defaultaction"],
        ),
        (
            fixed(
                "default",
                json!({"order": 1_000_000, "defaultAction": "Deny"}),
            ),
            &[],
        ),
        (fixed("default", json!({"order": 1_000_000})), &[]),
        (fixed("default", json!({})), &["error fixed-tier spec"]),
        (
            fixed(
                "kube-admin",
                json!({"order": 1000, "defaultAction": "Deny"}),
            ),
            &["error fixed-tier spec"],
        ),
    ]);
    let loaded = load(&[named("Tier", &json!({"order": 3, "defaultAction": "Pass"}))]);
    let tier = &loaded.resources.tiers[0];
    assert_eq!(
        (tier.order, tier.default_action),
        (Some(3.0), TierDefault::Pass)
    );
}

#[test]
fn network_sets() {
    let nets = json!({"nets": ["10.0.0.1/8", "10.0.0.1", "2001:db8::1", "::/0"]});
    let domains = json!({"allowedEgressDomains": ["example.com"]});
    let labelled = json!({"name": "a", "labels": {"projectcalico.org/namespace": "x"}});
    check(&[
        (named("GlobalNetworkSet", &nets), &[]),
        (
            named("NetworkSet", &json!({"nets": ["10.0.0"]})),
            &["error bad-network spec.nets[0]"],
        ),
        (
            named("NetworkSet", &json!({"nets": ["::ffff:10.0.0.1"]})),
            &["error bad-network spec.nets[0]"],
        ),
        (
            named("NetworkSet", &json!({"nets": [7]})),
            &["error wrong-type spec.nets[0]"],
        ),
        (
            named("NetworkSet", &json!({"net": []})),
            &["error unknown-field spec.net"],
        ),
        (
            named("NetworkSet", &domains),
            &["error unsupported-field spec.allowedEgressDomains"],
        ),
        (
            object("NetworkSet", &labelled, &Value::Null),
            &["error reserved-label metadata.labels.projectcalico.org/namespace"],
        ),
    ]);
    let loaded = load(&[named("NetworkSet", &nets), named("GlobalNetworkSet", &nets)]);
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

fn pod(extra: &Value, spec: &Value, status: &Value) -> Value {
    let mut metadata = json!({"name": "a"});
    metadata
        .as_object_mut()
        .unwrap()
        .extend(extra.as_object().unwrap().clone());
    json!({"apiVersion": "v1", "kind": "Pod", "metadata": metadata, "spec": spec, "status": status})
}

#[test]
fn pods_have_the_addresses_that_are_theirs() {
    let running = json!({"phase": "Running", "podIP": "10.0.0.1", "podIPs": [{"ip": "10.0.0.1"}, {"ip": "fd00::1"}]});
    let single = json!({"podIP": "10.0.0.1"});
    let dying = |address: &str| json!({"deletionTimestamp": "2026-01-01T00:00:00Z", "annotations": {"cni.projectcalico.org/podIP": address}});
    let blanked = json!({"annotations": {"cni.projectcalico.org/podIP": ""}});
    let none = json!({});
    let cases: [(Value, &[&str]); 12] = [
        (pod(&none, &none, &running), &["10.0.0.1", "fd00::1"]),
        (pod(&none, &none, &single), &["10.0.0.1"]),
        (
            pod(&none, &none, &json!({"podIP": "::ffff:10.0.0.1"})),
            &["10.0.0.1"],
        ),
        (pod(&none, &none, &json!({"podIP": ""})), &[]),
        (pod(&none, &none, &none), &[]),
        (pod(&none, &Value::Null, &Value::Null), &[]),
        (pod(&none, &json!({"hostNetwork": true}), &running), &[]),
        (
            pod(
                &none,
                &none,
                &json!({"phase": "Succeeded", "podIP": "10.0.0.1"}),
            ),
            &[],
        ),
        (
            pod(
                &none,
                &none,
                &json!({"phase": "Failed", "podIP": "10.0.0.1"}),
            ),
            &[],
        ),
        (pod(&dying(""), &none, &single), &[]),
        (pod(&dying("10.0.0.1/32"), &none, &single), &["10.0.0.1"]),
        (pod(&blanked, &none, &single), &["10.0.0.1"]),
    ];
    for (object, expected) in cases {
        let loaded = load(std::slice::from_ref(&object));
        let found: Vec<String> = loaded.resources.pods[0]
            .addresses
            .iter()
            .map(ToString::to_string)
            .collect();
        assert_eq!(found, expected, "{object}");
    }
    check(&[
        (
            pod(&none, &none, &json!({"podIP": "10.0.0.256"})),
            &["error bad-address status.podIP"],
        ),
        (
            pod(&none, &none, &json!({"podIPs": [{"ip": "x"}]})),
            &["error bad-address status.podIPs[0].ip"],
        ),
        (
            pod(&none, &json!({"serviceAccountName": "a/b"}), &none),
            &["error bad-name spec.serviceAccountName"],
        ),
        (
            pod(&none, &json!({"volumes": 7, "hostNetwork": false}), &none),
            &[],
        ),
    ]);
}

#[test]
fn pods_have_named_ports_and_a_service_account() {
    let ports = |ports: Value| json!([{"name": "c", "ports": ports}]);
    let spec = json!({
        "serviceAccount": "old",
        "containers": ports(json!([{"containerPort": 80}, {"name": "http", "containerPort": 8080.0}])),
        "initContainers": ports(json!([{"name": "dns", "containerPort": 53, "protocol": "UDP"}])),
    });
    let loaded = load(&[
        named("Pod", &spec),
        object("Pod", &json!({"name": "b"}), &Value::Null),
    ]);
    let [first, second] = &loaded.resources.pods[..] else {
        panic!("two pods")
    };
    let found: Vec<_> = first
        .named_ports
        .iter()
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

    let one = |port: Value| named("Pod", &json!({"containers": ports(json!([port]))}));
    let at = "spec.containers[0].ports[0]";
    let error = |code: &str, field: &str| format!("error {code} {at}{field}");
    check(&[
        (
            one(json!({"name": "a", "containerPort": 0})),
            &[&error("out-of-range", ".containerPort")],
        ),
        (one(json!({"name": "a"})), &[&error("missing-field", "")]),
        (
            one(json!({"name": "a", "containerPort": 1, "protocol": "tcp"})),
            &[&error("unknown-value", ".protocol")],
        ),
    ]);
}

#[test]
fn workload_groups() {
    let spec = json!({
        "namespace": "dev",
        "serviceAccount": "web",
        "labels": {"app": "web"},
        "namedPorts": [{"name": "http", "port": 80}],
        "addresses": ["10.0.0.1", "fd00::1"],
    });
    let loaded = load(&[named("WorkloadGroup", &spec)]);
    let group = &loaded.resources.workload_groups[0];
    assert_eq!((&*group.namespace, &*group.service_account), ("dev", "web"));
    assert_eq!((group.addresses.len(), group.named_ports[0].port), (2, 80));
    check(&[
        (
            named("WorkloadGroup", &json!({})),
            &["error missing-field spec"],
        ),
        (
            named(
                "WorkloadGroup",
                &json!({"namespace": "dev", "addreses": []}),
            ),
            &["error unknown-field spec.addreses"],
        ),
        (
            named(
                "WorkloadGroup",
                &json!({"namespace": "dev", "addresses": ["10.0.0.0/8"]}),
            ),
            &["error bad-address spec.addresses[0]"],
        ),
        (
            named(
                "WorkloadGroup",
                &json!({"namespace": "dev", "namedPorts": [{"port": 80}]}),
            ),
            &["error missing-field spec.namedPorts[0]"],
        ),
    ]);
}
