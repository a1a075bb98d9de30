//! Changes of headers: kubernetes-cilium.md 3.4 and 3.6.

use super::{FakeHost, SUMMARY, SUMMARY_ADDRESS, pod};
use crate::bundle::Bundle;
use crate::config::PluginConfig;
use crate::enforcer::{Enforcer, Reason};
use crate::program::Node;
use crate::verdict::Decision::{Allow, Deny};
use crate::verdict::HeaderChange;
use serde_json::{Value, json};

/// A policy that allows what these HTTP rules list.
fn policy(name: &str, http: &Value) -> Value {
    json!({"apiVersion": "cilium.io/v2", "kind": "CiliumNetworkPolicy",
        "metadata": {"name": name, "namespace": "default"},
        "spec": {"endpointSelector": {}, "ingress": [{"toPorts": [{
            "ports": [{"port": "80", "protocol": "TCP"}], "rules": {"http": http}}]}]}})
}

fn enforcer(policies: &[Value], enforcement: &str) -> Enforcer {
    let mut resources = vec![
        pod("database", "127.0.10.3"),
        pod("summary", SUMMARY_ADDRESS),
    ];
    resources.extend(policies.iter().cloned());
    let config = PluginConfig::from_value(&json!({
        "workload": {"namespace": "default", "name": "database"},
        "direction": "Ingress",
        "enforcement": enforcement,
        "bundle": {"inline": {"resources": resources}},
    }));
    let config = config.unwrap();
    let bundle = Bundle::load(config.inline()).unwrap();
    Enforcer::new(config, &Node::default(), &bundle).unwrap()
}

fn host(headers: &[(&'static str, &'static str)]) -> FakeHost {
    let mut host = FakeHost::from(SUMMARY_ADDRESS, Some(SUMMARY));
    host.numbers
        .push((crate::host::Number::DestinationPort, 80));
    host.headers.extend(headers);
    host
}

fn expected(name: &str, value: &str, mismatch: &str) -> Value {
    json!({"headerMatches": [{"name": name, "value": value, "mismatch": mismatch}]})
}

fn replace(value: &str) -> HeaderChange {
    HeaderChange::Replace {
        name: "x".to_owned(),
        value: value.to_owned(),
    }
}

#[test]
fn a_change_that_fails_is_a_denial() {
    let enforcer = enforcer(
        &[policy("p", &json!([expected("X", "1", "REPLACE")]))],
        "Enforce",
    );
    let ruling = enforcer.rule(&host(&[]));
    assert_eq!(
        (ruling.decision, ruling.changes),
        (Allow, vec![replace("1")])
    );
    let rigid = FakeHost {
        is_rigid: true,
        ..host(&[])
    };
    let ruling = enforcer.rule(&rigid);
    assert_eq!(ruling.decision, Deny);
    assert!(
        matches!(ruling.reason, Reason::HostFailure(_)),
        "{ruling:?}"
    );
    assert_eq!(ruling.changes, []);
}

#[test]
fn observing_changes_nothing() {
    let enforcer = enforcer(
        &[policy("p", &json!([expected("X", "1", "REPLACE")]))],
        "Observe",
    );
    let host = host(&[]);
    let ruling = enforcer.rule(&host);
    assert_eq!((ruling.decision, ruling.changes), (Allow, Vec::new()));
    assert!(
        !host
            .asked
            .borrow()
            .iter()
            .any(|asked| asked.contains("Replace"))
    );
}

#[test]
fn later_rules_see_what_earlier_ones_left() {
    let rules = json!([
        expected("X", "1", "REPLACE"),
        expected("X", "1", "ADD"),
        expected("X", "2", "DELETE"),
        expected("X", "3", "ADD")
    ]);
    let ruling = enforcer(&[policy("p", &rules)], "Enforce").rule(&host(&[("x", "0")]));
    let name = || "x".to_owned();
    let three = HeaderChange::Add {
        name: name(),
        value: "3".to_owned(),
    };
    assert_eq!(
        ruling.changes,
        [replace("1"), HeaderChange::Remove { name: name() }, three]
    );
}

#[test]
fn a_note_names_its_rule() {
    let rules = json!([expected("X", "1", "LOG")]);
    let noted = |headers: &[(&'static str, &'static str)]| {
        let ruling = enforcer(&[policy("p", &rules)], "Enforce").rule(&host(headers));
        let logged: Vec<String> = ruling.logged.iter().map(ToString::to_string).collect();
        assert_eq!((ruling.decision, ruling.changes), (Allow, Vec::new()));
        logged
    };
    assert_eq!(
        noted(&[("x", "2")]),
        ["cilium/allow/CiliumNetworkPolicy/default/p/ingress/0"]
    );
    assert_eq!(noted(&[("x", "1")]), [""; 0]);
}

#[test]
fn what_is_refused_is_not_changed() {
    let mut deny = policy("no", &json!([]));
    deny["spec"] = json!({"endpointSelector": {}, "ingressDeny": [{"toPorts": [{"ports": [{"port": "80", "protocol": "TCP"}]}]}]});
    let policies = [policy("p", &json!([expected("X", "1", "REPLACE")])), deny];
    let ruling = enforcer(&policies, "Enforce").rule(&host(&[]));
    assert_eq!((ruling.decision, ruling.changes), (Deny, Vec::new()));
}
