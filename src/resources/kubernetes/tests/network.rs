//! NetworkPolicy: what is refused, what is warned of, and what is read.

use crate::resources::Strictness;
use crate::resources::kubernetes::{NetworkPolicy, Peer, ProtocolPort, Rule};
use crate::resources::tests::{check, findings, load};
use crate::terms::{Port, Protocol};
use serde_json::{Value, json};

const SPEC: &str = r#"{
    "apiVersion": "networking.k8s.io/v1",
    "kind": "NetworkPolicy",
    "metadata": {"name": "web", "namespace": "dev"},
    "spec": $
}"#;

fn ingress(rule: &str) -> String {
    let spec = r#"{"podSelector": {}, "policyTypes": ["Ingress"], "ingress": [$]}"#;
    SPEC.replace('$', &spec.replace('$', rule))
}

fn read(spec: &Value) -> NetworkPolicy {
    let object = json!({
        "apiVersion": "networking.k8s.io/v1",
        "kind": "NetworkPolicy",
        "metadata": {"name": "web", "namespace": "dev"},
        "spec": spec,
    });
    load(&[object]).resources.network_policies.remove(0)
}

/// kubernetes-cilium.md 1.1, rows 6 to 14.
#[test]
fn types_are_defaulted_as_the_api_server_does() {
    let rule = json!([{}]);
    let cases = [
        (json!({}), [true, false]),
        (json!({"policyTypes": []}), [true, false]),
        (json!({"policyTypes": null, "egress": []}), [true, false]),
        (json!({"ingress": rule}), [true, false]),
        (json!({"egress": rule}), [true, true]),
        (json!({"policyTypes": ["Egress"]}), [false, true]),
        (json!({"policyTypes": ["Egress", "Ingress"]}), [true, true]),
        (
            json!({"policyTypes": ["Ingress", "Ingress"]}),
            [true, false],
        ),
    ];
    for (spec, expected) in cases {
        let policy = read(&spec);
        let isolates = [policy.ingress.is_some(), policy.egress.is_some()];
        assert_eq!(isolates, expected, "{spec}");
    }
}

#[test]
fn types_that_bite_are_warned_of() {
    let table = r#"
        {} ->
        {"ingress": [{}]} ->
        {"egress": [{}]} -> warning kubernetes-missing-types spec.egress, warning kubernetes-egress spec.egress
        {"egress": []} -> warning kubernetes-missing-types spec.egress
        {"policyTypes": ["Ingress"], "egress": [{}]} -> warning kubernetes-unused-rules spec.egress
        {"policyTypes": ["Ingress"], "egress": []} ->
        {"policyTypes": ["Egress"]} -> warning kubernetes-egress spec.egress
        {"policyTypes": ["ingress"]} -> error unknown-value spec.policyTypes[0]
        {"policyTypes": ["Ingress", "Egress", "Ingress"]} -> error too-many spec.policyTypes
        {"policyTypes": "Ingress"} -> error wrong-type spec.policyTypes
        {"stagedAction": "Set"} -> error unknown-field spec.stagedAction
    "#;
    check(SPEC, table);
}

/// kubernetes-cilium.md 1.2.5, row 50.
#[test]
fn peers() {
    let table = r#"
        {"podSelector": {}} ->
        {"podSelector": null, "namespaceSelector": {}, "ipBlock": null} ->
        {} -> error exactly-one spec.ingress[0].from[0]
        {"ipBlock": {"cidr": "10.0.0.0/8"}, "podSelector": {}} -> error exactly-one spec.ingress[0].from[0]
        {"podSelecter": {}} -> error unknown-field spec.ingress[0].from[0].podSelecter, error exactly-one spec.ingress[0].from[0]
        {"ipBlock": {}} -> error missing-field spec.ingress[0].from[0].ipBlock
        {"ipBlock": {"cidr": "10.0.0.0"}} -> error bare-address spec.ingress[0].from[0].ipBlock.cidr
        {"ipBlock": {"cidr": "10.0.0.0/33"}} -> error bad-network spec.ingress[0].from[0].ipBlock.cidr
        {"ipBlock": {"cidr": "10.1.2.3/8"}} -> warning kubernetes-host-bits spec.ingress[0].from[0].ipBlock.cidr
        {"ipBlock": {"cidr": "2001:DB8::/32"}} ->
        {"ipBlock": {"cidr": "::ffff:10.0.0.0/104"}} -> error bad-network spec.ingress[0].from[0].ipBlock.cidr
        {"ipBlock": {"cidr": "10.0.0.0/8", "except": ["10.0.0.0/9", "10.200.0.0/16"]}} ->
        {"ipBlock": {"cidr": "10.0.0.0/8", "except": ["10.0.0.0/8"]}} -> error not-a-part spec.ingress[0].from[0].ipBlock.except[0]
        {"ipBlock": {"cidr": "10.0.0.0/8", "except": ["0.0.0.0/0"]}} -> error not-a-part spec.ingress[0].from[0].ipBlock.except[0]
        {"ipBlock": {"cidr": "10.0.0.0/8", "except": ["fd00::/16"]}} -> error not-a-part spec.ingress[0].from[0].ipBlock.except[0]
    "#;
    check(&ingress(r#"{"from": [$]}"#), table);
}

/// kubernetes-cilium.md 1.3: what is not there is not in a list either.
#[test]
fn not_in_is_warned_of_where_the_key_may_be_absent() {
    let table = r#"
        {"key": "team", "operator": "NotIn", "values": ["red"]} -> warning kubernetes-not-in-absent spec.ingress[0].from[0].namespaceSelector
        {"key": "team", "operator": "NotIn", "values": ["red"]}, {"key": "team", "operator": "Exists"} ->
        {"key": "kubernetes.io/metadata.name", "operator": "NotIn", "values": ["red"]} ->
        {"key": "team", "operator": "DoesNotExist"} ->
    "#;
    let rule = r#"{"from": [{"namespaceSelector": {"matchExpressions": [$]}}]}"#;
    check(&ingress(rule), table);
}

/// kubernetes-cilium.md 1.1, row 43.
#[test]
fn ports() {
    let table = r#"
        {"port": 80} ->
        {"protocol": "TCP"} ->
        {"port": 80, "endPort": 80} ->
        {"port": 80.0, "endPort": 90} ->
        {"port": "web"} -> 
        {} -> warning kubernetes-ports-tcp-only spec.ingress[0].ports[0]
        {"protocol": "UDP"} -> warning kubernetes-protocol-not-seen spec.ingress[0].ports[0]
        {"protocol": "SCTP", "port": 80} -> warning kubernetes-protocol-not-seen spec.ingress[0].ports[0]
        {"protocol": "tcp"} -> error unknown-value spec.ingress[0].ports[0].protocol
        {"protocol": "ICMP"} -> error unknown-value spec.ingress[0].ports[0].protocol
        {"port": 0} -> error out-of-range spec.ingress[0].ports[0].port
        {"port": 65536} -> error out-of-range spec.ingress[0].ports[0].port
        {"port": 80, "endPort": 79} -> error bad-port spec.ingress[0].ports[0].endPort
        {"port": 80, "endPort": 65536} -> error out-of-range spec.ingress[0].ports[0].endPort
        {"endPort": 80} -> error bad-port spec.ingress[0].ports[0].endPort
        {"port": "web", "endPort": 80} -> error bad-port spec.ingress[0].ports[0].endPort
        {"port": "80"} -> error bad-port spec.ingress[0].ports[0].port
        {"port": "80:90"} -> error bad-port spec.ingress[0].ports[0].port
        {"port": "Web"} -> error bad-port spec.ingress[0].ports[0].port
        {"port": "a--b"} -> error bad-port spec.ingress[0].ports[0].port
        {"port": "-a"} -> error bad-port spec.ingress[0].ports[0].port
        {"port": "sixteen-letters-x"} -> error bad-port spec.ingress[0].ports[0].port
        {"port": ""} -> error bad-port spec.ingress[0].ports[0].port
        {"port": true} -> error wrong-type spec.ingress[0].ports[0].port
        {"port": 80, "name": "web"} -> error unknown-field spec.ingress[0].ports[0].name
    "#;
    check(&ingress(r#"{"ports": [$]}"#), table);
}

#[test]
fn rules() {
    let table = r#"
        {"from": null, "ports": null} ->
        {"to": []} -> error unknown-field spec.ingress[0].to
        [] -> error wrong-type spec.ingress[0]
        {"from": {}} -> error wrong-type spec.ingress[0].from
    "#;
    check(&ingress("$"), table);
    let table = r#"
        {"to": [{"ipBlock": {"cidr": "10.0.0.0/8"}}], "ports": [{"port": "web"}]} -> warning kubernetes-name-without-pod spec.egress[0], warning kubernetes-egress spec.egress
        {"to": [{"podSelector": {}}], "ports": [{"port": "web"}]} -> warning kubernetes-egress spec.egress
        {"from": []} -> error unknown-field spec.egress[0].from
    "#;
    let template = SPEC.replace('$', r#"{"policyTypes": ["Egress"], "egress": [$]}"#);
    check(&template, table);
}

#[test]
fn a_rule_is_read_whole() {
    let policy = read(&json!({
        "podSelector": {"matchLabels": {"app": "web"}},
        "ingress": [{
            "from": [
                {"podSelector": {}},
                {"namespaceSelector": {}, "podSelector": {"matchLabels": {"a": "b"}}},
                {"ipBlock": {"cidr": "10.1.0.0/8", "except": ["10.2.0.0/16"]}},
            ],
            "ports": [{"port": 80, "endPort": 90}, {"protocol": "UDP", "port": "dns"}, {}],
        }],
    }));
    assert!(!policy.staged && !policy.pod_selector.is_empty());
    let rules: &[Rule] = policy.ingress.as_deref().unwrap();
    let [
        Peer::Pods(own),
        Peer::Pods(all),
        Peer::Networks { nets, except },
    ] = &*rules[0].peers
    else {
        panic!("{rules:?}");
    };
    assert!(own.namespaces.is_none() && own.pods.is_empty());
    assert!(all.namespaces.as_ref().unwrap().is_empty() && !all.pods.is_empty());
    assert_eq!(nets, &["10.0.0.0/8".parse().unwrap()]);
    assert_eq!(except, &["10.2.0.0/16".parse().unwrap()]);
    let entry = |protocol, port| ProtocolPort {
        protocol: Some(protocol),
        port,
    };
    let expected = [
        entry(Protocol::TCP, Some(Port::Range(80, 90))),
        entry(Protocol::UDP, Some(Port::Named("dns".to_owned()))),
        entry(Protocol::TCP, None),
    ];
    assert_eq!(rules[0].ports, expected);
}

#[test]
fn what_a_policy_combines_has_a_limit() {
    let policy = |peer: Value, count: usize| {
        let rule = json!({"from": vec![peer; count], "ports": [{"port": 80}, {"protocol": "UDP"}]});
        let object = json!({
            "apiVersion": "networking.k8s.io/v1", "kind": "NetworkPolicy",
            "metadata": {"name": "a"}, "spec": {"ingress": [rule]},
        });
        findings(&[object], Strictness::Heliast)
    };
    let pods = json!({"podSelector": {}});
    let warned = "warning kubernetes-protocol-not-seen spec.ingress[0].ports[1]";
    assert_eq!(policy(pods.clone(), 9_999), [warned]);
    assert_eq!(policy(pods, 10_000), [warned, "error too-many spec"]);
    let block = json!({"ipBlock": {"cidr": "10.0.0.0/8"}});
    assert_eq!(policy(block, 50_000), [warned]);
}
