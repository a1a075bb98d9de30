//! Rules: actions, protocols, ICMP, annotations, and where `http` may stand.

use crate::resources::Strictness::{CalicoCompatible, Heliast};
use crate::resources::calico::{Action, IpVersion, Protocol};
use crate::resources::tests::{check_rules, findings, load, policy};
use serde_json::{Value, json};

fn allow(extra: Value) -> Value {
    let mut rule = json!({"action": "Allow"});
    rule.as_object_mut()
        .unwrap()
        .extend(extra.as_object().unwrap().clone());
    rule
}

#[test]
fn actions() {
    check_rules(
        Heliast,
        &[
            (json!({"action": "Allow"}), &[]),
            (json!({"action": "deny"}), &[]),
            (json!({"action": "NEXT-TIER"}), &[]),
            (json!({"action": "Log"}), &["warning log-rule action"]),
            (json!({"action": "Permit"}), &["error unknown-value action"]),
            (json!({"action": 1}), &["error wrong-type action"]),
            (json!({"action": ""}), &["error unknown-value action"]),
            (json!({}), &["error missing-field ."]),
            (
                json!({"Action": "Allow"}),
                &["error unknown-field Action", "error missing-field ."],
            ),
            (
                allow(json!({"sources": {}})),
                &["error unknown-field sources"],
            ),
            (allow(json!({"source": []})), &["error wrong-type source"]),
            (json!("Allow"), &["error wrong-type ."]),
        ],
    );
    check_rules(
        CalicoCompatible,
        &[
            (json!({"action": "Pass"}), &[]),
            (json!({"action": "pass"}), &["error not-in-calico action"]),
            (
                json!({"action": "next-tier"}),
                &["error not-in-calico action"],
            ),
        ],
    );
}

#[test]
fn protocols() {
    let never = "warning never-matches protocol";
    check_rules(
        Heliast,
        &[
            (allow(json!({"protocol": "TCP"})), &[]),
            (allow(json!({"protocol": 6})), &[]),
            (allow(json!({"protocol": 6.0})), &[]),
            (allow(json!({"protocol": "6"})), &[]),
            (allow(json!({"protocol": "UDP"})), &[never]),
            (allow(json!({"protocol": 255})), &[never]),
            (
                allow(json!({"protocol": "tcp"})),
                &["error unknown-protocol protocol"],
            ),
            (
                allow(json!({"protocol": "HTTP"})),
                &["error unknown-protocol protocol"],
            ),
            (
                allow(json!({"protocol": "0"})),
                &["error unknown-protocol protocol"],
            ),
            (
                allow(json!({"protocol": 0})),
                &["error out-of-range protocol"],
            ),
            (
                allow(json!({"protocol": 256})),
                &["error out-of-range protocol"],
            ),
            (
                allow(json!({"protocol": {}})),
                &["error wrong-type protocol"],
            ),
            (allow(json!({"notProtocol": "UDP"})), &[]),
            (
                allow(json!({"notProtocol": "TCP"})),
                &["warning never-matches notProtocol"],
            ),
            (
                allow(json!({"notProtocol": "protoX"})),
                &["error unknown-protocol notProtocol"],
            ),
        ],
    );
}

#[test]
fn ip_versions_and_icmp() {
    let never = "warning never-matches protocol";
    check_rules(
        Heliast,
        &[
            (allow(json!({"ipVersion": 4})), &[]),
            (allow(json!({"ipVersion": 6.0})), &[]),
            (
                allow(json!({"ipVersion": 5})),
                &["error out-of-range ipVersion"],
            ),
            (
                allow(json!({"ipVersion": "4"})),
                &["error wrong-type ipVersion"],
            ),
            (
                allow(json!({"protocol": "ICMP", "icmp": {"type": 8, "code": 0}})),
                &[never],
            ),
            (allow(json!({"protocol": 58, "icmp": {}})), &[never]),
            (
                allow(json!({"icmp": {"type": 8}})),
                &["error protocol-mismatch icmp"],
            ),
            (
                allow(json!({"protocol": "TCP", "icmp": {}})),
                &["error protocol-mismatch icmp"],
            ),
            (
                allow(json!({"notICMP": {"type": 255}})),
                &["error out-of-range notICMP.type"],
            ),
            (
                allow(json!({"notICMP": {"type": 1, "code": 256}})),
                &["error out-of-range notICMP.code"],
            ),
            (
                allow(json!({"notICMP": {"code": 1}})),
                &["error missing-field notICMP.code"],
            ),
            (
                allow(json!({"notICMP": {"kind": 1}})),
                &["error unknown-field notICMP.kind"],
            ),
            (
                allow(json!({"notProtocol": "ICMP", "ipVersion": 6})),
                &["error mixed-families notProtocol"],
            ),
            (
                allow(json!({"notProtocol": 58, "ipVersion": 4})),
                &["error mixed-families notProtocol"],
            ),
            (
                allow(json!({"protocol": "1", "ipVersion": 6})),
                &["error mixed-families protocol", never],
            ),
        ],
    );
}

/// calico.md 1.6 row 1 and 6, C100.
#[test]
fn where_http_may_stand() {
    let http = json!({"methods": ["GET"]});
    check_rules(
        Heliast,
        &[
            (json!({"action": "Deny", "http": http}), &[]),
            (json!({"action": "Pass", "http": http}), &[]),
            (allow(json!({"http": http, "protocol": "TCP"})), &[]),
            (allow(json!({"http": http, "protocol": 6})), &[]),
            (
                allow(json!({"http": http, "protocol": "UDP"})),
                &[
                    "error protocol-mismatch http",
                    "warning never-matches protocol",
                ],
            ),
        ],
    );
    check_rules(
        CalicoCompatible,
        &[
            (allow(json!({"http": http})), &[]),
            (
                json!({"action": "Deny", "http": http}),
                &["error not-in-calico http"],
            ),
            (
                allow(json!({"http": {"headers": []}})),
                &["error not-in-calico http.headers"],
            ),
        ],
    );
    let egress = policy(&json!({"types": ["Egress"], "egress": [allow(json!({"http": http}))]}));
    assert!(findings(&[egress.clone()], Heliast).is_empty());
    assert_eq!(
        findings(&[egress], CalicoCompatible),
        ["error not-in-calico spec.egress[0].http"]
    );
}

#[test]
fn annotations() {
    let with = |annotations: Value| allow(json!({"metadata": {"annotations": annotations}}));
    let at = "metadata.annotations";
    check_rules(
        Heliast,
        &[
            (with(json!({"Owner": "team"})), &[]),
            (with(json!({"a b": ""})), &[&format!("error bad-name {at}")]),
            (
                with(json!({"a": 1})),
                &[&format!("error wrong-type {at}.a")],
            ),
            (
                with(json!({"a": "x".repeat(256 * 1024)})),
                &[&format!("error too-long {at}")],
            ),
            (
                allow(json!({"metadata": {"labels": {}}})),
                &["error unknown-field metadata.labels"],
            ),
        ],
    );
}

#[test]
fn a_rule_is_read() {
    let rule = allow(json!({
        "ipVersion": 4,
        "protocol": "TCP",
        "notProtocol": 17,
        "metadata": {"annotations": {"why": "because"}},
    }));
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
    assert_eq!(rule.annotations["why"], "because");
    assert!(rule.http.is_none() && rule.source == rule.destination);
}
