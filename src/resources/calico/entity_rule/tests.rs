//! Ends of rules: networks, selectors, ports, service accounts, services.

use crate::resources::Strictness::{CalicoCompatible, Heliast};
use crate::resources::calico::{NamespaceMatch, Port};
use crate::resources::tests::{check_rules, findings, global_policy, load, policy};
use serde_json::{Value, json};

fn from(source: Value) -> Value {
    json!({"action": "Allow", "source": source})
}

fn to_port(protocol: Value, port: Value) -> Value {
    json!({"action": "Allow", "protocol": protocol, "destination": {"ports": [port]}})
}

/// calico.md 1.6 rows 3 and 4.
#[test]
fn networks() {
    let net = "error bad-network source.nets[0]";
    check_rules(
        Heliast,
        &[
            (from(json!({"nets": ["10.0.0.0/8", "0.0.0.0/0"]})), &[]),
            (
                from(json!({"nets": ["10.0.0.1/8"]})),
                &["error host-bits source.nets[0]"],
            ),
            (
                from(json!({"nets": ["10.0.0.1"]})),
                &["error bare-address source.nets[0]"],
            ),
            (from(json!({"nets": ["x"]})), &[net]),
            (from(json!({"nets": ["::ffff:10.0.0.0/104"]})), &[net]),
            (
                from(json!({"nets": [null]})),
                &["error wrong-type source.nets[0]"],
            ),
            (
                from(json!({"nets": vec!["10.0.0.0/8"; 257]})),
                &["error too-many source.nets"],
            ),
            (
                from(json!({"nets": ["10.0.0.0/8", "::/1"]})),
                &["error mixed-families source.nets[1]"],
            ),
            (
                json!({"action": "Deny", "source": {"nets": ["::/1"]}, "destination": {"notNets": ["10.0.0.0/8"]}}),
                &["error mixed-families destination.notNets[0]"],
            ),
            (
                json!({"action": "Deny", "ipVersion": 6, "source": {"nets": ["10.0.0.0/8"]}}),
                &["error mixed-families source.nets[0]"],
            ),
            (
                from(json!({"notNets": ["0.0.0.0/0"]})),
                &["error catch-all source.notNets[0]"],
            ),
            (
                from(json!({"notNets": ["::/0"]})),
                &["error catch-all source.notNets[0]"],
            ),
            (
                from(json!({"domains": ["example.com"]})),
                &["error unsupported-field source.domains"],
            ),
        ],
    );
    let bad =
        policy(&json!({"types": ["Ingress"], "ingress": [from(json!({"nets": ["10.1.2.3/8"]}))]}));
    let problems = crate::resources::decode(&[bad], Heliast).unwrap_err();
    assert_eq!(problems.list[0].help.as_deref(), Some("write `10.0.0.0/8`"));
}

/// calico.md 1.6 rows 5 and 11, C92.
#[test]
fn selectors() {
    check_rules(
        Heliast,
        &[
            (from(json!({"selector": "", "notSelector": null})), &[]),
            (from(json!({"selector": "app == 'web'"})), &[]),
            (
                from(json!({"selector": "app == "})),
                &["error bad-selector source.selector"],
            ),
            (
                from(json!({"selector": "  "})),
                &["error bad-selector source.selector"],
            ),
            (
                from(json!({"selector": 1})),
                &["error wrong-type source.selector"],
            ),
            (
                from(json!({"selector": format!("has({})", "a".repeat(1024))})),
                &["error too-long source.selector"],
            ),
            (
                from(json!({"selector": "global()"})),
                &["error misplaced-global source.selector"],
            ),
            (from(json!({"selector": "a == 'global()'"})), &[]),
            (
                from(json!({"notSelector": "!global()"})),
                &["error misplaced-global source.notSelector"],
            ),
            (from(json!({"namespaceSelector": "global()"})), &[]),
            (from(json!({"namespaceSelector": "global( ) "})), &[]),
            (
                from(json!({"namespaceSelector": "global() || has(a)"})),
                &["error misplaced-global source.namespaceSelector"],
            ),
            (
                from(json!({"namespaceSelector": " "})),
                &["error bad-selector source.namespaceSelector"],
            ),
            (
                from(json!({"namespaceSelector": "a = 'b'"})),
                &["error bad-selector source.namespaceSelector"],
            ),
        ],
    );
    check_rules(
        CalicoCompatible,
        &[(
            from(json!({"selector": "a == 'global()'"})),
            &["error misplaced-global source.selector"],
        )],
    );
}

/// calico.md 1.6 row 2.
#[test]
fn ports() {
    let at = |code: &str| format!("error {code} destination.ports");
    check_rules(
        Heliast,
        &[
            (to_port(json!("TCP"), json!(80)), &[]),
            (to_port(json!("TCP"), json!(80.0)), &[]),
            (to_port(json!(6), json!("80:90")), &[]),
            (
                to_port(json!("UDP"), json!(53)),
                &["warning never-matches protocol"],
            ),
            (to_port(Value::Null, json!("http")), &[]),
            (
                to_port(Value::Null, json!(80)),
                &[&at("ports-need-protocol")],
            ),
            (
                to_port(json!("ICMP"), json!("http")),
                &[&at("ports-need-protocol"), "warning never-matches protocol"],
            ),
            (
                to_port(json!("nonsense"), json!(80)),
                &["error unknown-protocol protocol"],
            ),
            (
                to_port(json!("TCP"), json!(0)),
                &["error out-of-range destination.ports[0]"],
            ),
            (
                to_port(json!("TCP"), json!(65536)),
                &["error out-of-range destination.ports[0]"],
            ),
            (
                to_port(json!("TCP"), json!(80.5)),
                &["error out-of-range destination.ports[0]"],
            ),
            (
                to_port(json!("TCP"), json!("90:80")),
                &["error bad-port destination.ports[0]"],
            ),
            (
                to_port(json!("TCP"), json!("80-90")),
                &["error bad-port destination.ports[0]"],
            ),
            (
                to_port(json!("TCP"), json!(true)),
                &["error wrong-type destination.ports[0]"],
            ),
            (
                json!({"action": "Allow", "source": {"notPorts": [1]}}),
                &["error ports-need-protocol source.notPorts"],
            ),
            (
                json!({"action": "Allow", "protocol": "TCP", "source": {"ports": vec![80; 51]}}),
                &["error too-many source.ports"],
            ),
        ],
    );
}

#[test]
fn service_accounts() {
    let with = |accounts: Value| from(json!({"serviceAccounts": accounts}));
    let at = "source.serviceAccounts";
    check_rules(
        Heliast,
        &[
            (with(json!({})), &[]),
            (
                with(json!({"names": ["web", "a.b", "x".repeat(100)], "selector": "has(a)"})),
                &[],
            ),
            (
                with(json!({"names": ["Web"]})),
                &[&format!("error bad-name {at}.names[0]")],
            ),
            (
                with(json!({"name": ["web"]})),
                &[&format!("error unknown-field {at}.name")],
            ),
            (
                with(json!({"names": "web"})),
                &[&format!("error wrong-type {at}.names")],
            ),
            (
                with(json!({"selector": "("})),
                &[&format!("error bad-selector {at}.selector")],
            ),
            (with(json!(["web"])), &[&format!("error wrong-type {at}")]),
        ],
    );
}

#[test]
fn services() {
    let rule = |action: &str, extra: Value| {
        let mut source = json!({"services": {"name": "web", "namespace": "dev"}});
        source
            .as_object_mut()
            .unwrap()
            .extend(extra.as_object().unwrap().clone());
        json!({"action": action, "source": source})
    };
    let never = "warning never-matches source.services";
    let alone = "error misplaced-services source.services";
    check_rules(
        Heliast,
        &[
            (rule("Allow", json!({})), &[never]),
            (
                rule(
                    "Allow",
                    json!({"services": {"name": "web"}, "selector": ""}),
                ),
                &[never],
            ),
            (
                rule("Deny", json!({})),
                &["error unknowable-services source.services"],
            ),
            (
                rule("Pass", json!({})),
                &["error unknowable-services source.services"],
            ),
            (
                rule("Allow", json!({"services": {}})),
                &[never, "error missing-field source.services"],
            ),
            (
                rule("Allow", json!({"selector": "has(a)"})),
                &[never, alone],
            ),
            (
                rule("Allow", json!({"serviceAccounts": {}})),
                &[never, alone],
            ),
            (rule("Allow", json!({"ports": ["http"]})), &[never]),
            (
                json!({"action": "Allow", "destination": {"services": {"name": "web"}}}),
                &[
                    "error misplaced-services destination.services",
                    "warning never-matches destination.services",
                ],
            ),
        ],
    );
    let service = json!({"name": "web", "namespace": ""});
    let rule = json!({"action": "Allow", "source": {"services": service}});
    let spec = json!({"types": ["Ingress"], "ingress": [rule]});
    assert_eq!(
        findings(&[global_policy(&spec)], Heliast),
        [
            "warning never-matches spec.ingress[0].source.services",
            "error missing-field spec.ingress[0].source.services",
        ]
    );
    let loaded = load(&[policy(&spec)]);
    let rule = &loaded.resources.policies[0].ingress.as_ref().unwrap()[0];
    assert_eq!(rule.source.services.as_ref().unwrap().namespace, "dev");
}

#[test]
fn what_asks_nothing_is_none() {
    let rule = from(json!({
        "selector": "", "notSelector": "", "namespaceSelector": "", "serviceAccounts": {"names": [], "selector": ""},
        "nets": [], "notNets": null, "ports": [], "notPorts": [],
    }));
    let spec = |rule: Value| json!({"types": ["Ingress"], "ingress": [rule]});
    let read = |rule: Value| {
        let loaded = load(&[policy(&spec(rule))]);
        loaded.resources.policies[0].ingress.as_ref().unwrap()[0]
            .source
            .clone()
    };
    assert_eq!(read(rule), Default::default());
    let rule = json!({
        "action": "Allow",
        "protocol": "TCP",
        "source": {"namespaceSelector": "global()", "ports": ["80:90", "http"]},
    });
    let source = read(rule);
    assert_eq!(source.namespace_selector, Some(NamespaceMatch::Global));
    assert_eq!(
        source.ports,
        [Port::Range(80, 90), Port::Named("http".to_owned())]
    );
}
