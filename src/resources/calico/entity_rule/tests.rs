//! Ends of rules: networks, selectors, ports, service accounts, services.

use crate::resources::Strictness::{CalicoCompatible, Heliast};
use crate::resources::calico::{EntityRule, NamespaceMatch};
use crate::resources::tests::{check_rules, findings, global_policy, load, policy};
use crate::terms::Port;
use serde_json::{Value, json};

const SOURCE: &str = r#"{"action": "Allow", "source": $}"#;

/// calico.md 1.6 rows 3 and 4.
#[test]
fn networks() {
    let table = r#"
        {"nets": ["10.0.0.0/8", "0.0.0.0/0"]} ->
        {"nets": ["10.0.0.1/8"]} -> error host-bits source.nets[0]
        {"nets": ["10.0.0.1"]} -> error bare-address source.nets[0]
        {"nets": ["x"]} -> error bad-network source.nets[0]
        {"nets": ["::ffff:10.0.0.0/104"]} -> error bad-network source.nets[0]
        {"nets": [null]} -> error wrong-type source.nets[0]
        {"nets": "10.0.0.0/8"} -> error wrong-type source.nets
        {"nets": ["10.0.0.0/8", "::/1"]} -> error mixed-families source.nets[1]
        {"nets": ["::/1"], "notNets": ["10.0.0.0/8"]} -> error mixed-families source.notNets[0]
        {"notNets": ["0.0.0.0/0"]} -> error catch-all source.notNets[0]
        {"notNets": ["::/0"]} -> error catch-all source.notNets[0]
        {"domains": ["example.com"]} -> error unsupported-field source.domains
    "#;
    check_rules(Heliast, SOURCE, table);
    let table = r#"
        "source": {"nets": ["::/1"]}, "destination": {"nets": ["::/2"]} ->
        "source": {"nets": ["::/1"]}, "destination": {"nets": ["10.0.0.0/8"]} -> error mixed-families destination.nets[0]
        "ipVersion": 6, "source": {"nets": ["10.0.0.0/8"]} -> error mixed-families source.nets[0]
    "#;
    check_rules(Heliast, r#"{"action": "Deny", $}"#, table);
    let many = format!(
        r#"{{"nets": {:?}}} -> error too-many source.nets"#,
        ["::/1"; 257]
    );
    check_rules(Heliast, SOURCE, &many);
    let rule = json!({"action": "Allow", "source": {"nets": ["10.1.2.3/8"]}});
    let bad = policy(&json!({"types": ["Ingress"], "ingress": [rule]}));
    let problems = crate::resources::decode(&[bad], Heliast).unwrap_err();
    assert_eq!(problems.list[0].help.as_deref(), Some("write `10.0.0.0/8`"));
}

/// calico.md 1.6 rows 5 and 11, C92.
#[test]
fn selectors() {
    let table = r#"
        {"selector": "", "notSelector": null} -> error null-field source.notSelector
        {"selector": "app == 'web'"} ->
        {"selector": "app == "} -> error bad-selector source.selector
        {"selector": "  "} -> error bad-selector source.selector
        {"selector": 1} -> error wrong-type source.selector
        {"selector": "global()"} -> error misplaced-global source.selector
        {"selector": "a == 'global()'"} ->
        {"notSelector": "!global()"} -> error misplaced-global source.notSelector
        {"namespaceSelector": "global()"} ->
        {"namespaceSelector": "global( ) "} ->
        {"namespaceSelector": "global() || has(a)"} -> error misplaced-global source.namespaceSelector
        {"namespaceSelector": " "} -> error bad-selector source.namespaceSelector
        {"namespaceSelector": "a = 'b'"} -> error bad-selector source.namespaceSelector
        {"namespaceSelector": []} -> error wrong-type source.namespaceSelector
    "#;
    check_rules(Heliast, SOURCE, table);
    let long = format!(r#"{{"selector": "has({})"}}"#, "a".repeat(1024));
    check_rules(
        Heliast,
        SOURCE,
        &format!("{long} -> error too-long source.selector"),
    );
    let table = r#"{"selector": "a == 'global()'"} -> error misplaced-global source.selector"#;
    check_rules(CalicoCompatible, SOURCE, table);
}

/// calico.md 1.6 row 2.
#[test]
fn ports() {
    let table = r#"
        80 ->
        80.0 ->
        "80:90" ->
        "http" ->
        0 -> error out-of-range destination.ports[0]
        65536 -> error out-of-range destination.ports[0]
        80.5 -> error out-of-range destination.ports[0]
        "90:80" -> error bad-port destination.ports[0]
        "80-90" -> error bad-port destination.ports[0]
        true -> error wrong-type destination.ports[0]
    "#;
    let template = r#"{"action": "Allow", "protocol": "TCP", "destination": {"ports": [$]}}"#;
    check_rules(Heliast, template, table);
    let table = r#"
        "source": {"ports": ["http"]} ->
        "source": {"ports": []} ->
        "source": {"ports": [80]} -> error ports-need-protocol source.ports
        "source": {"notPorts": ["80:90", "http"]} -> error ports-need-protocol source.notPorts
        "protocol": 6, "source": {"ports": [80]} ->
        "protocol": "UDP", "source": {"ports": [53]} -> warning never-matches protocol
        "protocol": "x", "source": {"ports": [80]} -> error unknown-protocol protocol
        "protocol": "ICMP", "source": {"ports": ["a"]} -> error ports-need-protocol source.ports, warning never-matches protocol
    "#;
    check_rules(Heliast, r#"{"action": "Allow", $}"#, table);
    let many = format!(
        r#"{{"ports": {:?}}} -> error too-many source.ports"#,
        [80; 51]
    );
    check_rules(Heliast, SOURCE, &many);
}

/// calico.md 1.3, C94.
#[test]
fn service_accounts() {
    let table = r#"
        {} ->
        {"names": ["web", "a.b", "LONG"], "selector": "has(a)"} ->
        {"names": ["Web"]} -> error bad-name source.serviceAccounts.names[0]
        {"name": ["web"]} -> error unknown-field source.serviceAccounts.name
        {"names": "web"} -> error wrong-type source.serviceAccounts.names
        {"selector": "("} -> error bad-selector source.serviceAccounts.selector
        ["web"] -> error wrong-type source.serviceAccounts
    "#;
    let template = r#"{"action": "Allow", "source": {"serviceAccounts": $}}"#;
    check_rules(Heliast, template, &table.replace("LONG", &"x".repeat(100)));
}

/// calico.md 1.3, 1.8.
#[test]
fn services() {
    let table = r#"
        {"name": "web", "namespace": "dev"} -> warning never-matches source.services
        {"name": "web"} -> warning never-matches source.services
        {} -> warning never-matches source.services, error missing-field source.services
        {"name": "A"} -> warning never-matches source.services, error bad-name source.services.name
    "#;
    check_rules(
        Heliast,
        r#"{"action": "Allow", "source": {"services": $}}"#,
        table,
    );
    let table = r#"
        "selector": "" -> warning never-matches source.services
        "ports": ["http"] -> warning never-matches source.services
        "selector": "has(a)" -> warning never-matches source.services, error misplaced-services source.services
        "serviceAccounts": {} -> warning never-matches source.services, error misplaced-services source.services
    "#;
    check_rules(
        Heliast,
        r#"{"action": "Allow", "source": {"services": {"name": "a"}, $}}"#,
        table,
    );
    let table = r#"
        "Deny" -> error unknowable-services source.services
        "Pass" -> error unknowable-services source.services
        "Log" -> error unknowable-services source.services, warning log-rule action
    "#;
    check_rules(
        Heliast,
        r#"{"action": $, "source": {"services": {"name": "a"}}}"#,
        table,
    );
    let table = r#"
        {} -> error misplaced-services destination.services, warning never-matches destination.services
    "#;
    let template =
        r#"{"action": "Allow", "source": $, "destination": {"services": {"name": "a"}}}"#;
    check_rules(Heliast, template, table);
}

/// calico.md 4.5: in a NetworkPolicy the namespace of a service is the policy's own.
#[test]
fn services_are_in_a_namespace() {
    let service = json!({"name": "web", "namespace": ""});
    let rule = json!({"action": "Allow", "source": {"services": service}});
    let spec = json!({"types": ["Ingress"], "ingress": [rule]});
    let at = "spec.ingress[0].source.services";
    let expected = [
        format!("warning never-matches {at}"),
        format!("error missing-field {at}"),
    ];
    assert_eq!(findings(&[global_policy(&spec)], Heliast), expected);
    let loaded = load(&[policy(&spec)]);
    let rule = &loaded.resources.policies[0].ingress.as_ref().unwrap()[0];
    assert_eq!(rule.source.services.as_ref().unwrap().namespace, "dev");
}

fn read_source(rule: &Value) -> EntityRule {
    let loaded = load(&[policy(&json!({"types": ["Ingress"], "ingress": [rule]}))]);
    loaded.resources.policies[0].ingress.as_ref().unwrap()[0]
        .source
        .clone()
}

#[test]
fn what_asks_nothing_is_none() {
    let accounts = json!({"names": [], "selector": ""});
    let source = json!({
        "selector": "",
        "notSelector": "",
        "namespaceSelector": "",
        "serviceAccounts": accounts,
        "nets": [],
        "ports": [],
    });
    let rule = json!({"action": "Allow", "source": source});
    assert_eq!(read_source(&rule), EntityRule::default());
    let source = json!({"namespaceSelector": "global()", "ports": ["80:90", "http"]});
    let source = read_source(&json!({"action": "Allow", "protocol": "TCP", "source": source}));
    assert_eq!(source.namespace_selector, Some(NamespaceMatch::Global));
    assert_eq!(
        source.ports,
        [Port::Range(80, 90), Port::Named("http".to_owned())]
    );
}
