//! Policies of administrators: what is refused, what is warned of, and what is read.

use crate::resources::kubernetes::{ClusterTier, Domain, Peer, ProtocolPort};
use crate::resources::tests::{check, load};
use crate::terms::{Action, Port, Protocol};
use serde_json::{Value, json};

const CLUSTER: &str = r#"{
    "apiVersion": "policy.networking.k8s.io/v1alpha2",
    "kind": "ClusterNetworkPolicy",
    "metadata": {"name": "admin"},
    "spec": {"tier": "Admin", "priority": 1, "subject": {"namespaces": {}}, $}
}"#;

/// The same in an older kind.
fn old(kind: &str) -> String {
    let tier = r#""tier": "Admin", "priority": 1, "#;
    let kept = if kind == "AdminNetworkPolicy" {
        r#""priority": 1, "#
    } else {
        ""
    };
    let name = if kept.is_empty() { "default" } else { "admin" };
    CLUSTER
        .replace("v1alpha2", "v1alpha1")
        .replace("ClusterNetworkPolicy", kind)
        .replace(r#""admin""#, &format!(r#""{name}""#))
        .replace(tier, kept)
}

fn object(spec: &Value) -> Value {
    json!({
        "apiVersion": "policy.networking.k8s.io/v1alpha2",
        "kind": "ClusterNetworkPolicy",
        "metadata": {"name": "admin"},
        "spec": spec,
    })
}

/// kubernetes-cilium.md 2.1.
#[test]
fn specs() {
    let table = r#"
        "tier": "Admin", "priority": 0, "subject": {"namespaces": {}} ->
        "tier": "Baseline", "priority": 1000, "subject": {"pods": {"namespaceSelector": {}, "podSelector": {}}} ->
        "priority": 0, "subject": {"namespaces": {}} -> error missing-field spec
        "tier": "admin", "priority": 0, "subject": {"namespaces": {}} -> error unknown-value spec.tier
        "tier": "Admin", "priority": 1001, "subject": {"namespaces": {}} -> error out-of-range spec.priority
        "tier": "Admin", "priority": -1, "subject": {"namespaces": {}} -> error out-of-range spec.priority
        "tier": "Admin", "priority": 0 -> error missing-field spec
        "tier": "Admin", "priority": 0, "subject": {} -> error exactly-one spec.subject
        "tier": "Admin", "priority": 0, "subject": {"namespaces": {}, "pods": null} -> error null-field spec.subject.pods
        "tier": "Admin", "priority": 0, "subject": {"namespaces": {}, "pods": {"namespaceSelector": {}, "podSelector": {}}} -> error exactly-one spec.subject
        "tier": "Admin", "priority": 0, "subject": {"pods": {"podSelector": {}}} ->
        "tier": "Admin", "priority": 0, "subject": {"pods": {"namespaceSelector": {}}} -> error missing-field spec.subject.pods
        "tier": "Admin", "priority": 0, "subject": {"namespaces": {}}, "policyTypes": [] -> error unknown-field spec.policyTypes
    "#;
    let (start, _) = CLUSTER.split_once(r#""tier""#).unwrap();
    check(&format!("{start}$}}}}"), table);
    let table = r#"
        "ingress": [] ->
        "tier": "Admin" -> error unknown-field spec.tier
    "#;
    check(&old("AdminNetworkPolicy"), table);
    let table = r#"
        "ingress": [] ->
        "priority": 1 -> error unknown-field spec.priority
        "ingress": [{"action": "Pass", "from": [{"namespaces": {}}]}] -> error unknown-value spec.ingress[0].action
    "#;
    check(&old("BaselineAdminNetworkPolicy"), table);
    let template = old("BaselineAdminNetworkPolicy").replace(r#""default""#, r#""other""#);
    check(&template, r#""ingress": [] -> error bad-name metadata"#);
}

#[test]
fn rules() {
    let table = r#"
        {"action": "Accept", "from": [{"namespaces": {}}], "name": "a rule"} ->
        {"action": "Allow", "from": [{"namespaces": {}}]} -> error unknown-value spec.ingress[0].action
        {"from": [{"namespaces": {}}]} -> error missing-field spec.ingress[0]
        {"action": "Pass"} -> error missing-field spec.ingress[0]
        {"action": "Pass", "from": []} -> error empty-list spec.ingress[0].from
        {"action": "Deny", "from": [{"namespaces": {}}]} -> warning kubernetes-outside-not-denied spec.ingress[0].from[0]
        {"action": "Deny", "from": [{"namespaces": {"matchLabels": {"a": "b"}}}]} ->
        {"action": "Deny", "from": [{"networks": ["0.0.0.0/0"]}]} -> error unknown-field spec.ingress[0].from[0].networks, error exactly-one spec.ingress[0].from[0]
        {"action": "Deny", "from": [{}]} -> error exactly-one spec.ingress[0].from[0]
        {"action": "Pass", "from": [{"namespaces": {"sameLabels": ["a"]}}]} -> error removed-field spec.ingress[0].from[0].namespaces, error unknown-field spec.ingress[0].from[0].namespaces.sameLabels
        {"action": "Accept", "from": [{"namespaces": {"matchExpressions": [{"key": "a", "operator": "NotIn", "values": ["b"]}]}}]} -> warning kubernetes-not-in-absent spec.ingress[0].from[0]
        {"action": "Deny", "from": [{"namespaces": {"matchExpressions": [{"key": "a", "operator": "NotIn", "values": ["b"]}]}}]} ->
        {"action": "Pass", "from": [{"namespaces": {}}], "ports": []} -> error unknown-field spec.ingress[0].ports
    "#;
    check(&CLUSTER.replace('$', r#""ingress": [$]"#), table);
}

#[test]
fn lists_have_limits() {
    let rule = json!({"action": "Accept", "from": [{"namespaces": {}}]});
    let spec = |rules: Vec<Value>| json!({"tier": "Admin", "priority": 1, "subject": {"namespaces": {}}, "ingress": rules});
    assert_eq!(
        load(&[object(&spec(vec![rule.clone(); 25]))])
            .resources
            .cluster_policies[0]
            .ingress
            .len(),
        25
    );
    let table = format!(
        "{} -> error too-many spec.ingress\n{} -> error too-many spec.ingress[0].from",
        json!(vec![rule; 26]),
        json!([{"action": "Accept", "from": vec![json!({"namespaces": {}}); 26]}]),
    );
    check(&CLUSTER.replace('$', r#""ingress": $"#), &table);
    let rule = json!({"action": "Allow", "from": [{"namespaces": {}}]});
    let table = format!(
        "{} ->\n{} -> error too-many spec.ingress",
        json!(vec![rule.clone(); 100]),
        json!(vec![rule; 101]),
    );
    check(
        &old("AdminNetworkPolicy").replace('$', r#""ingress": $"#),
        &table,
    );
}

/// kubernetes-cilium.md 2.1.
#[test]
fn protocols() {
    let table = r#"
        {"tcp": {"destinationPort": {"number": 80}}} ->
        {"tcp": {"destinationPort": {"range": {"start": 1, "end": 65535}}}} ->
        {"udp": {"destinationPort": {"number": 53}}} -> warning kubernetes-protocol-not-seen spec.ingress[0].protocols[0]
        {"destinationNamedPort": "web"} ->
        {} -> error exactly-one spec.ingress[0].protocols[0]
        {"tcp": {}} -> error missing-field spec.ingress[0].protocols[0].tcp
        {"tcp": {"destinationPort": {}}} -> error exactly-one spec.ingress[0].protocols[0].tcp.destinationPort
        {"tcp": {"destinationPort": {"range": {"start": 80, "end": 80}}}} -> error bad-port spec.ingress[0].protocols[0].tcp.destinationPort.range.end
        {"tcp": {"destinationPort": {"range": {"start": 80}}}} -> error missing-field spec.ingress[0].protocols[0].tcp.destinationPort.range
        {"tcp": {"destinationPort": {"number": 0}}} -> error out-of-range spec.ingress[0].protocols[0].tcp.destinationPort.number
        {"tcp": {"destinationPort": {"number": 80}}, "udp": {"destinationPort": {"number": 80}}} -> error exactly-one spec.ingress[0].protocols[0]
        {"icmp": {}} -> error unknown-field spec.ingress[0].protocols[0].icmp, error exactly-one spec.ingress[0].protocols[0]
    "#;
    let rule =
        r#""ingress": [{"action": "Accept", "from": [{"namespaces": {}}], "protocols": [$]}]"#;
    check(&CLUSTER.replace('$', rule), table);
    let table = r#"
        {"portNumber": {"port": 80}} ->
        {"portNumber": {"protocol": "SCTP", "port": 80}} -> warning kubernetes-protocol-not-seen spec.ingress[0].ports[0]
        {"portNumber": {"protocol": "TCP"}} -> error missing-field spec.ingress[0].ports[0].portNumber
        {"namedPort": "web"} ->
        {"portRange": {"start": 80, "end": 80}} ->
        {"portRange": {"start": 80, "end": 79}} -> error bad-port spec.ingress[0].ports[0].portRange.end
        {"portRange": {"protocol": "tcp", "start": 80, "end": 81}} -> error unknown-value spec.ingress[0].ports[0].portRange.protocol
        {"portNumber": {"port": 80}, "namedPort": "web"} -> error exactly-one spec.ingress[0].ports[0]
    "#;
    let rule = r#""ingress": [{"action": "Allow", "from": [{"namespaces": {}}], "ports": [$]}]"#;
    check(&old("AdminNetworkPolicy").replace('$', rule), table);
}

/// kubernetes-cilium.md 2.1.
#[test]
fn peers_of_egress() {
    let table = r#"
        "Deny", "to": [{"namespaces": {}}] -> warning kubernetes-egress spec.egress
        "Deny", "to": [{"networks": ["0.0.0.0/0", "::/0"]}] -> warning kubernetes-egress spec.egress
        "Deny", "to": [{"networks": []}] -> error empty-list spec.egress[0].to[0].networks
        "Deny", "to": [{"networks": ["10.0.0.1"]}] -> error bare-address spec.egress[0].to[0].networks[0]
        "Deny", "to": [{"nodes": {}}] -> warning kubernetes-egress spec.egress, warning kubernetes-no-nodes spec.egress[0].to[0]
        "Deny", "to": [{"domainNames": ["example.com"]}] -> error misplaced-domains spec.egress[0].to[0].domainNames, warning kubernetes-domain-names spec.egress[0].to[0].domainNames
        "Accept", "to": [{"domainNames": ["*.Example.com."]}] -> warning kubernetes-domain-names spec.egress[0].to[0].domainNames, warning kubernetes-egress spec.egress
        "Accept", "to": [{"domainNames": []}] -> warning kubernetes-domain-names spec.egress[0].to[0].domainNames, error empty-list spec.egress[0].to[0].domainNames
        "Accept", "to": [{"domainNames": ["*"]}] -> warning kubernetes-domain-names spec.egress[0].to[0].domainNames, error bad-domain spec.egress[0].to[0].domainNames[0]
        "Accept", "to": [{"domainNames": ["a.*.com"]}] -> warning kubernetes-domain-names spec.egress[0].to[0].domainNames, error bad-domain spec.egress[0].to[0].domainNames[0]
        "Accept", "to": [{"networks": ["10.0.0.0/8"]}], "protocols": [{"destinationNamedPort": "web"}] -> error name-without-pod spec.egress[0]
    "#;
    check(&CLUSTER.replace('$', r#""egress": [{"action": $}]"#), table);
}

#[test]
fn a_policy_is_read_whole() {
    let loaded = load(&[object(&json!({
        "tier": "Baseline",
        "priority": 7,
        "subject": {"pods": {"namespaceSelector": {}, "podSelector": {"matchLabels": {"a": "b"}}}},
        "ingress": [{"name": "in", "action": "Pass", "from": [{"namespaces": {}}], "protocols": [{"destinationNamedPort": "web"}]}],
        "egress": [{"action": "Accept", "to": [{"domainNames": ["Example.com.", "*.example.org"]}]}],
    }))]);
    let policy = &loaded.resources.cluster_policies[0];
    assert_eq!((policy.tier, policy.priority), (ClusterTier::Baseline, 7));
    assert!(!policy.subject.is_everyone());
    let rule = &policy.ingress[0];
    assert_eq!(
        (rule.name.as_deref(), rule.action),
        (Some("in"), Action::Pass)
    );
    let port = ProtocolPort {
        protocol: None,
        port: Some(Port::Named("web".to_owned())),
    };
    assert_eq!(rule.ports, [port]);
    let names = vec![
        Domain::Exact("example.com".to_owned()),
        Domain::Below("example.org".to_owned()),
    ];
    assert_eq!(policy.egress[0].peers, [Peer::Domains(names)]);
    let protocols = load(&[object(&json!({
        "tier": "Admin", "priority": 1, "subject": {"namespaces": {}},
        "ingress": [{"action": "Accept", "from": [{"namespaces": {}}], "protocols": [{"udp": {"destinationPort": {"range": {"start": 1, "end": 9}}}}]}],
    }))]);
    let port = &protocols.resources.cluster_policies[0].ingress[0].ports[0];
    assert_eq!(port.protocol, Some(Protocol::UDP));
    assert_eq!(port.port, Some(Port::Range(1, 9)));
}
