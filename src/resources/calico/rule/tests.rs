//! Rules: actions, protocols, ICMP, annotations, and where `http` may stand.

use crate::resources::Strictness::{CalicoCompatible, Heliast};
use crate::resources::tests::{check_rules, findings, load, policy};
use crate::terms::{Action, IpVersion, Protocol};
use serde_json::json;

/// calico.md 1.2; the spellings are C24.
#[test]
fn actions() {
    let table = r#"
        {"action": "Allow"} ->
        {"action": "deny"} ->
        {"action": "NEXT-TIER"} ->
        {"action": "Log"} -> warning log-rule action
        {"action": "Permit"} -> error unknown-value action
        {"action": 1} -> error wrong-type action
        {"action": ""} -> error unknown-value action
        {} -> error missing-field .
        {"Action": "Allow"} -> error unknown-field Action, error missing-field .
        {"action": "Allow", "sources": {}} -> error unknown-field sources
        {"action": "Allow", "source": []} -> error wrong-type source
        "Allow" -> error wrong-type .
    "#;
    check_rules(Heliast, "$", table);
    let table = r#"
        "Pass" ->
        "pass" -> error not-in-calico action
        "next-tier" -> error not-in-calico action
    "#;
    check_rules(CalicoCompatible, r#"{"action": $}"#, table);
}

/// calico.md 4.3, C75 to C79.
#[test]
fn protocols() {
    let table = r#"
        {"protocol": "TCP", "action": "Allow"} ->
        {"protocol": 6, "action": "Allow"} ->
        {"protocol": 6.0, "action": "Allow"} ->
        {"protocol": "6", "action": "Allow"} ->
        {"protocol": "UDP", "action": "Allow"} -> warning never-matches protocol
        {"protocol": 255, "action": "Deny"} -> warning never-matches protocol
        {"protocol": "tcp", "action": "Allow"} -> error unknown-protocol protocol
        {"protocol": "HTTP", "action": "Allow"} -> error unknown-protocol protocol
        {"protocol": "0", "action": "Allow"} -> error unknown-protocol protocol
        {"protocol": "+6", "action": "Allow"} -> error unknown-protocol protocol
        {"protocol": "", "action": "Allow"} -> error unknown-protocol protocol
        {"protocol": 0, "action": "Allow"} -> error out-of-range protocol
        {"protocol": 256, "action": "Allow"} -> error out-of-range protocol
        {"protocol": {}, "action": "Allow"} -> error wrong-type protocol
        {"notProtocol": "UDP", "action": "Allow"} ->
        {"notProtocol": "TCP", "action": "Allow"} -> warning never-matches notProtocol
        {"notProtocol": "protoX", "action": "Allow"} -> error unknown-protocol notProtocol
    "#;
    check_rules(Heliast, "$", table);
}

/// calico.md 1.2 and 1.6 row 6.
#[test]
fn ip_versions_and_icmp() {
    let table = r#"
        "ipVersion": 4 ->
        "ipVersion": 6.0 ->
        "ipVersion": 5 -> error out-of-range ipVersion
        "ipVersion": "4" -> error wrong-type ipVersion
        "protocol": "ICMP", "icmp": {"type": 8, "code": 0} -> warning never-matches protocol
        "protocol": 58, "icmp": {} -> warning never-matches protocol
        "icmp": {"type": 8} -> error protocol-mismatch icmp
        "protocol": "TCP", "icmp": {} -> error protocol-mismatch icmp
        "notICMP": {"type": 254} ->
        "notICMP": {"type": 255} -> error out-of-range notICMP.type
        "notICMP": {"type": 1, "code": 256} -> error out-of-range notICMP.code
        "notICMP": {"code": 1} -> error missing-field notICMP.code
        "notICMP": {"kind": 1} -> error unknown-field notICMP.kind
        "notProtocol": "ICMP", "ipVersion": 4 ->
        "notProtocol": "ICMP", "ipVersion": 6 -> error mixed-families notProtocol
        "notProtocol": 58, "ipVersion": 4 -> error mixed-families notProtocol
        "protocol": "1", "ipVersion": 6 -> error mixed-families protocol, warning never-matches protocol
    "#;
    check_rules(Heliast, r#"{"action": "Allow", $}"#, table);
}

/// calico.md 1.6 row 1, C100.
#[test]
fn where_http_may_stand() {
    let table = r#"
        "action": "Allow" ->
        "action": "Deny" ->
        "action": "Pass" ->
        "action": "Allow", "protocol": "TCP" ->
        "action": "Allow", "protocol": 6 ->
        "action": "Allow", "protocol": "UDP" -> error protocol-mismatch http, warning never-matches protocol
    "#;
    check_rules(Heliast, r#"{"http": {"methods": ["GET"]}, $}"#, table);
    let table = r#"
        "action": "Allow" ->
        "action": "Deny" -> error not-in-calico http
        "action": "Pass" -> error not-in-calico http
        "action": "Allow", "http": {"headers": []} -> error not-in-calico http.headers
    "#;
    check_rules(
        CalicoCompatible,
        r#"{"http": {"methods": ["GET"]}, $}"#,
        table,
    );
    let rule = json!({"action": "Allow", "http": {}});
    let egress = [policy(&json!({"types": ["Egress"], "egress": [rule]}))];
    assert!(findings(&egress, Heliast).is_empty());
    assert_eq!(
        findings(&egress, CalicoCompatible),
        ["error not-in-calico spec.egress[0].http"]
    );
}

#[test]
fn annotations() {
    let long = "x".repeat(256 * 1024);
    let table = r#"
        {"annotations": {"Owner": "team", "example.org/why": ""}} ->
        {"annotations": {"a b": ""}} -> error bad-name metadata.annotations
        {"annotations": {"a": 1}} -> error wrong-type metadata.annotations.a
        {"annotations": {"a": "LONG"}} -> error too-long metadata.annotations
        {"labels": {}} -> error unknown-field metadata.labels
    "#;
    check_rules(
        Heliast,
        r#"{"action": "Allow", "metadata": $}"#,
        &table.replace("LONG", &long),
    );
}

#[test]
fn a_rule_is_read() {
    let rule = json!({
        "action": "Allow",
        "ipVersion": 4,
        "protocol": "TCP",
        "notProtocol": 17,
        "metadata": {"annotations": {"why": "because"}},
    });
    let loaded = load(&[policy(&json!({"types": ["Ingress"], "ingress": [rule]}))]);
    let rule = &loaded.resources.policies[0].ingress.as_ref().unwrap()[0];
    assert_eq!(
        (rule.action, rule.ip_version),
        (Action::Allow, Some(IpVersion::V4))
    );
    assert_eq!(
        (rule.protocol, rule.not_protocol),
        (Some(Protocol::TCP), Some(Protocol::UDP))
    );
    assert_eq!(rule.annotations[&"why".to_owned()], "because");
    assert!(rule.http.is_none() && rule.source == rule.destination);
}
