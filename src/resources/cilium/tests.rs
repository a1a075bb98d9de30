use crate::problem::{Problems, Severity};
use crate::resources::{Loaded, Strictness, decode};
use serde_json::{Value, json};

fn policy(spec: &Value) -> Value {
    json!({"apiVersion": "cilium.io/v2", "kind": "CiliumNetworkPolicy", "metadata": {"name": "p", "namespace": "default"}, "spec": spec})
}

fn clusterwide(spec: &Value) -> Value {
    json!({"apiVersion": "cilium.io/v2", "kind": "CiliumClusterwideNetworkPolicy", "metadata": {"name": "p"}, "spec": spec})
}

fn load(objects: &[Value]) -> Result<Loaded, Problems> {
    decode(objects, Strictness::Heliast)
}

#[track_caller]
fn codes(objects: &[Value]) -> Vec<&'static str> {
    let loaded = load(objects).unwrap();
    loaded.warnings.list.iter().map(|one| one.code).collect()
}

/// A policy that allows this at ingress.
fn ingress(rule: &Value) -> Value {
    policy(&json!({"endpointSelector": {}, "ingress": [rule]}))
}

/// A policy that allows these requests on port 80.
fn http(rule: &Value) -> Value {
    let ports = json!([{"port": "80", "protocol": "TCP"}]);
    ingress(&json!({"toPorts": [{"ports": ports, "rules": {"http": [rule]}}]}))
}

#[test]
fn what_is_plain_gets_no_warning() {
    let rule = json!({"fromEndpoints": [{"matchLabels": {"app": "a"}}], "toPorts": [{"ports": [{"port": "80", "protocol": "TCP"}], "rules": {"http": [{"method": "POST", "path": "/v1/.*", "host": "a[.]example", "headers": ["X-Token: 1"]}]}}]});
    assert_eq!(codes(&[ingress(&rule)]), [""; 0]);
    let world = json!({"fromEntities": ["world"]});
    let node = json!({"apiVersion": "v1", "kind": "Node", "metadata": {"name": "n"}});
    assert_eq!(codes(&[node, ingress(&world)]), [""; 0]);
}

#[track_caller]
fn check(cases: &[(&str, Value)], object: fn(&Value) -> Value) {
    for (code, part) in cases {
        assert_eq!(codes(&[object(part)]), [*code], "{part}");
    }
}

#[test]
fn rules_are_warned_of() {
    let cases = [
        ("cilium-empty-rule", json!({})),
        ("cilium-empty-peers", json!({"fromEndpoints": []})),
        (
            "cilium-any-protocol",
            json!({"toPorts": [{"ports": [{"port": "80"}]}]}),
        ),
        (
            "cilium-not-tcp",
            json!({"toPorts": [{"ports": [{"port": "80", "protocol": "UDP"}]}]}),
        ),
        (
            "cilium-not-tcp",
            json!({"icmps": [{"fields": [{"family": "IPv4", "type": 8}, {"type": "EchoRequest"}]}]}),
        ),
        ("cilium-unsupported-peer", json!({"fromNodes": [{}]})),
        (
            "cilium-unsupported-peer",
            json!({"fromEntities": ["kube-apiserver"]}),
        ),
        (
            "cilium-unsupported-peer",
            json!({"fromEndpoints": [{"matchLabels": {"container:a": "b"}}]}),
        ),
        (
            "cilium-unsupported-peer",
            json!({"fromEndpoints": [{"matchLabels": {"kubernetes.io/metadata.name": "a"}}]}),
        ),
        (
            "cilium-unsupported-peer",
            json!({"fromEndpoints": [{"matchLabels": {"reserved:world": ""}}]}),
        ),
        ("cilium-no-nodes", json!({"fromEntities": ["cluster"]})),
        (
            "cilium-missing-group",
            json!({"fromCIDRSet": [{"cidrGroupRef": "nowhere"}]}),
        ),
    ];
    check(&cases, ingress);
}

#[test]
fn http_rules_are_warned_of() {
    let cases = [
        ("cilium-path-query", json!({"path": "/v1/users?id=1"})),
        ("cilium-get-without-head", json!({"method": "GET"})),
        ("cilium-host-dots", json!({"host": "api.example"})),
        (
            "cilium-secret",
            json!({"headerMatches": [{"name": "X", "value": "v", "secret": {"name": "s"}}]}),
        ),
    ];
    check(&cases, http);
}

#[test]
fn policies_are_warned_of() {
    let cases = [
        (
            "cilium-no-rules",
            json!({"endpointSelector": {}, "ingress": []}),
        ),
        (
            "cilium-other-namespace",
            json!({"endpointSelector": {"matchLabels": {"k8s:io.kubernetes.pod.namespace": "other"}}, "ingress": [{"fromEntities": ["all"]}]}),
        ),
        (
            "cilium-dns",
            json!({"endpointSelector": {}, "egress": [{"toPorts": [{"ports": [{"port": "53", "protocol": "ANY"}], "rules": {"dns": [{"matchPattern": "*"}]}}]}]}),
        ),
        (
            "cilium-domains",
            json!({"endpointSelector": {}, "egress": [{"toFQDNs": [{"matchName": "a.example"}]}]}),
        ),
        (
            "cilium-egress-authentication",
            json!({"endpointSelector": {}, "egress": [{"toEntities": ["all"], "authentication": {"mode": "required"}}]}),
        ),
        (
            "cilium-default-deny-http",
            json!({"endpointSelector": {}, "enableDefaultDeny": {"ingress": false}, "ingress": [{"toPorts": [{"ports": [{"port": "80", "protocol": "TCP"}], "rules": {"http": [{"path": "/"}]}}]}]}),
        ),
    ];
    check(&cases, policy);
    let not_in = json!({"key": "k8s:io.kubernetes.pod.namespace", "operator": "NotIn", "values": ["kube-system"]});
    let elsewhere =
        json!({"key": "io.cilium.k8s.policy.cluster", "operator": "NotIn", "values": ["default"]});
    let peers = json!([{"matchExpressions": [not_in, elsewhere]}]);
    let cases = [(
        "cilium-matches-world",
        json!({"endpointSelector": {}, "ingress": [{"fromEndpoints": peers}]}),
    )];
    check(&cases, clusterwide);
}

#[test]
fn get_is_warned_of_once() {
    let ports = json!([{"port": "80", "protocol": "TCP"}]);
    let rules = json!([{"method": "GET", "path": "/a"}, {"method": "GET", "path": "/b"}]);
    let rule = json!({"toPorts": [{"ports": ports, "rules": {"http": rules}}]});
    assert_eq!(codes(&[ingress(&rule)]), ["cilium-get-without-head"]);
}

#[test]
fn a_quantifier_is_no_query() {
    for path in [
        "/colou?r=x",
        "/a?b/c",
        "/a(?i)b=c",
        "/a[?]b=c",
        "/a\\?b=c",
        "/a*?b=c",
    ] {
        let expected: &[&str] = if path == "/colou?r=x" {
            &["cilium-path-query"]
        } else {
            &[]
        };
        assert_eq!(codes(&[http(&json!({"path": path}))]), expected, "{path}");
    }
}

#[test]
fn names_of_ports_that_nobody_has_are_warned_of() {
    let pod = json!({"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "a"}, "spec": {"containers": [{"name": "c", "ports": [{"name": "web", "containerPort": 80}]}]}, "status": {"podIP": "10.1.2.3"}});
    let deny = |name: &str| {
        let ports = json!([{"ports": [{"port": name, "protocol": "TCP"}]}]);
        policy(&json!({"endpointSelector": {}, "ingressDeny": [{"toPorts": ports}]}))
    };
    assert_eq!(codes(&[pod.clone(), deny("web")]), [""; 0]);
    assert_eq!(codes(&[pod, deny("wep")]), ["cilium-port-name"]);
    assert_eq!(codes(&[deny("wep")]), [""; 0]);
}

#[test]
fn networks_with_pods_in_them_are_warned_of() {
    let pod = json!({"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "a"}, "spec": {"containers": []}, "status": {"podIP": "10.1.2.3"}});
    for (peers, expected) in [
        (json!({"fromCIDR": ["10.0.0.0/8"]}), true),
        (json!({"fromCIDR": ["10.1.2.3/32"]}), true),
        (json!({"fromCIDR": ["0.0.0.0/0"]}), false),
        (json!({"fromCIDR": ["10.2.0.0/16", "::/64"]}), false),
        (
            json!({"fromCIDRSet": [{"cidr": "10.0.0.0/8", "except": ["10.1.0.0/16"]}]}),
            false,
        ),
    ] {
        let expected: &[&str] = if expected {
            &["cilium-network-of-pods"]
        } else {
            &[]
        };
        assert_eq!(codes(&[pod.clone(), ingress(&peers)]), expected, "{peers}");
    }
}

#[test]
fn http_rules_that_restrict_nothing_are_warned_of() {
    let peers = json!([{"matchLabels": {"app": "a"}}]);
    let port = |port: &str| json!([{"ports": [{"port": port, "protocol": "TCP"}]}]);
    let http = json!({"fromEndpoints": peers, "toPorts": [{"ports": [{"port": "80", "protocol": "TCP"}], "rules": {"http": [{"path": "/"}]}}]});
    for (other, expected) in [
        (json!({"fromEndpoints": peers, "toPorts": port("80")}), true),
        (json!({"fromEndpoints": peers}), true),
        (
            json!({"toPorts": [{"ports": [{"port": "1", "endPort": 90, "protocol": "ANY"}]}]}),
            true,
        ),
        (
            json!({"fromEndpoints": peers, "toPorts": port("81")}),
            false,
        ),
        (
            json!({"fromEndpoints": [{"matchLabels": {"app": "b"}}], "toPorts": port("80")}),
            false,
        ),
    ] {
        let mut object = policy(&json!({"endpointSelector": {}, "ingress": [http, other]}));
        let expected: &[&str] = if expected {
            &["cilium-http-neutralised"]
        } else {
            &[]
        };
        assert_eq!(codes(std::slice::from_ref(&object)), expected, "{other}");
        // In an object of its own, and in `specs`, it is the same.
        let mut second = policy(&json!({"endpointSelector": {}, "ingress": [other]}));
        *second.pointer_mut("/metadata/name").unwrap() = json!("q");
        object = json!({"apiVersion": "cilium.io/v2", "kind": "CiliumNetworkPolicy", "metadata": {"name": "p", "namespace": "default"}, "specs": [{"endpointSelector": {}, "ingress": [http]}]});
        let loaded = load(&[object, second.clone()]).unwrap();
        let list: Vec<String> = loaded
            .warnings
            .list
            .iter()
            .map(ToString::to_string)
            .collect();
        assert_eq!(list.len(), expected.len(), "{list:?}");
        assert!(
            list.iter()
                .all(|one| one.contains("specs[0].ingress[0]") && one.contains("default/q")),
            "{list:?}"
        );
    }
}

/// What no pod has would select nobody, or say of everybody what they are not: it is refused.
#[test]
fn labels_that_no_pod_has_are_refused() {
    let own = |selector: Value| policy(&json!({"endpointSelector": selector, "ingress": [{}]}));
    let peer = |selector: Value| ingress(&json!({"fromEndpoints": [selector]}));
    let deny = |selector: Value| {
        policy(&json!({"endpointSelector": {}, "ingressDeny": [{"fromEndpoints": [selector]}]}))
    };
    let label = |key: &str| json!({"matchLabels": {key: "a"}});
    let absent =
        |key: &str| json!({"matchExpressions": [{"key": key, "operator": "DoesNotExist"}]});
    for (object, refused) in [
        (own(label("app")), false),
        (own(label("container:app")), true),
        (own(label("reserved:init")), true),
        (own(label("pod-template-hash")), true),
        (own(label("io.cilium.k8s.policy.name")), true),
        (own(label("k8s.io.kubernetes.pod.namespace")), true),
        (own(label("k8s:io.kubernetes.pod.namespace")), false),
        (own(label("io.kubernetes.pod.namespace")), true),
        (own(label("any:io.kubernetes.pod.namespace")), true),
        (own(absent("k8s:io.kubernetes.pod.namespace")), true),
        (
            own(json!({"matchLabels": {"io.kubernetes.pod.namespace": "default"}})),
            false,
        ),
        (own(label("io.cilium.k8s.policy.cluster")), false),
        (
            own(json!({"matchLabels": {"app": "a", "any:app": "b"}})),
            true,
        ),
        (
            own(json!({"matchLabels": {"app": "a", "k8s:app": "a"}})),
            false,
        ),
        (peer(label("io.cilium.k8s.namespace.label.team")), true),
        (peer(absent("io.cilium.k8s.namespace.label.team")), true),
        (peer(absent("pod-template-hash")), false),
        (deny(label("k8s.io.cilium.k8s.namespace.labels.team")), true),
        (deny(label("container:app")), true),
        (deny(label("pod-template-hash")), false),
        (deny(absent("pod-template-hash")), false),
    ] {
        assert_eq!(
            load(std::slice::from_ref(&object)).is_err(),
            refused,
            "{object}"
        );
    }
}

#[test]
fn an_empty_list_of_peers_is_not_an_absent_one() {
    let peers = |rule: &Value| {
        let loaded = load(&[ingress(rule)]).unwrap();
        let policy = loaded.resources.cilium_policies.first().unwrap();
        policy
            .specs
            .first()
            .unwrap()
            .ingress
            .allow
            .first()
            .unwrap()
            .peers
            .clone()
    };
    let ports = json!([{"ports": [{"port": "80", "protocol": "TCP"}]}]);
    assert_eq!(peers(&json!({"toPorts": ports})), None);
    let null = ingress(&json!({"fromEndpoints": null, "toPorts": ports}));
    assert!(load(&[null]).is_err());
    assert_eq!(
        peers(&json!({"fromEndpoints": [], "toPorts": ports})),
        Some(Vec::new())
    );
}

#[test]
fn several_mistakes_are_told_at_once() {
    let object = policy(&json!({"endpointSelector": {}, "ingress": [
        {"fromEndpoint": []},
        {"toPorts": [{"ports": [{"port": "80", "protocol": "TCP"}], "rules": {"http": [{"path": "("}, {"headers": ["A:b"]}]}}]},
    ], "egress": [{"toCIDR": ["ten"]}]}));
    let problems = load(&[object]).unwrap_err();
    let paths: Vec<String> = problems.errors().map(|one| one.path.to_string()).collect();
    assert_eq!(
        paths,
        [
            "spec.ingress[0].fromEndpoint",
            "spec.ingress[1].toPorts[0].rules.http[0].path",
            "spec.ingress[1].toPorts[0].rules.http[1].headers[0]",
            "spec.egress[0].toCIDR[0]",
        ]
    );
    assert!(
        problems
            .list
            .iter()
            .all(|one| one.severity == Severity::Error || one.code == "cilium-empty-rule")
    );
}
