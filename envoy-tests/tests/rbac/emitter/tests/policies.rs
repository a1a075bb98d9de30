//! How fields, sources, operations and conditions are put together (1.2), and what becomes of
//! actions and of dry runs (1.6).

use serde_json::{Value, json};

use super::{Meaning, field, filters, only, policy, workload};

#[test]
fn an_empty_rule_matches_everything() {
    assert_eq!(
        only(&[policy("p", &json!({"rules": [{}]}))]),
        json!({"ns[foo]-policy[p]-rule[0]": {
            "permissions": [{"any": true}],
            "principals": [{"any": true}],
        }})
    );
}

#[test]
fn no_rules_are_an_allow_that_allows_nothing() {
    assert_eq!(only(&[policy("p", &json!({}))]), json!({}));
}

#[test]
fn values_are_alternatives_and_the_twin_excludes() {
    let operation = json!({"methods": ["GET", "PUT"], "notMethods": ["*"], "paths": ["/a"]});
    let one = |value| field("methods", value);
    let methods = json!({"or_rules": {"rules": [one("GET"), one("PUT")]}});
    let none = json!({"not_rule": {"or_rules": {"rules": [one("*")]}}});
    let paths = json!({"or_rules": {"rules": [field("paths", "/a")]}});
    let rules = only(&[policy(
        "p",
        &json!({"rules": [{"to": [{"operation": operation}]}]}),
    )]);
    assert_eq!(
        rules["ns[foo]-policy[p]-rule[0]"]["permissions"],
        json!([{"and_rules": {"rules": [methods, none, paths]}}])
    );
}

#[test]
fn conditions_go_with_every_source_and_every_operation() {
    let rule = json!({
        "from": [{"source": {"namespaces": ["a"]}}, {"source": {"notNamespaces": ["b"]}}],
        "to": [{"operation": {"ports": ["80"]}}],
        "when": [
            {"key": "source.ip", "values": ["10.0.0.1"]},
            {"key": "destination.ip", "notValues": ["10.0.0.2"]},
        ],
    });
    let rules = only(&[policy("p", &json!({"rules": [rule]}))]);
    let rule = &rules["ns[foo]-policy[p]-rule[0]"];
    let ids = |items: &[Value]| json!({"or_ids": {"ids": items}});
    let range = json!({"address_prefix": "10.0.0.1", "prefix_len": 32});
    let from = ids(&[json!({"direct_remote_ip": range})]);
    let of_a = ids(&[field("namespaces", "a")]);
    let not_of_b = json!({"not_id": ids(&[field("namespaces", "b")])});
    assert_eq!(
        rule["principals"],
        json!([{"and_ids": {"ids": [of_a, from]}}, {"and_ids": {"ids": [not_of_b, from]}}])
    );
    let range = json!({"address_prefix": "10.0.0.2", "prefix_len": 32});
    let to = json!({"not_rule": {"or_rules": {"rules": [{"destination_ip": range}]}}});
    let port = json!({"or_rules": {"rules": [{"destination_port": 80}]}});
    assert_eq!(
        rule["permissions"],
        json!([{"and_rules": {"rules": [port, to]}}])
    );
}

#[test]
fn actions_are_filters_in_the_order_of_the_chain() {
    let documents = [
        policy("a", &json!({"rules": [{}]})),
        policy("b", &json!({"action": "DENY", "rules": [{}]})),
        policy("c", &json!({"action": "AUDIT", "rules": [{}]})),
        policy("d", &json!({"action": "ALLOW", "rules": [{}, {}]})),
    ];
    let filters = filters(&documents, &workload(), Meaning::CODE).unwrap();
    let made: Vec<_> = filters
        .iter()
        .map(|filter| {
            let rules = &filter["typed_config"]["rules"];
            let policies = rules["policies"].as_object().unwrap();
            (rules["action"].as_str().unwrap(), policies.len())
        })
        .collect();
    assert_eq!(made, [("LOG", 1), ("DENY", 1), ("ALLOW", 3)]);
}

#[test]
fn a_dry_run_is_shadow_and_denies_nothing_by_default() {
    let mut dry = policy("p", &json!({"rules": [{}]}));
    for (text, shadow) in [
        ("true", true),
        ("1", true),
        ("T", true),
        ("yes", false),
        ("0", false),
    ] {
        dry["metadata"]["annotations"] = json!({"istio.io/dry-run": text});
        let filters = filters(&[dry.clone()], &workload(), Meaning::CODE).unwrap();
        let config = &filters[0]["typed_config"];
        assert_eq!(config.get("shadow_rules").is_some(), shadow, "{text}");
        assert_eq!(config.get("rules").is_some(), !shadow, "{text}");
        assert_eq!(config["shadow_rules_stat_prefix"], "istio_dry_run_allow_");
    }
}
