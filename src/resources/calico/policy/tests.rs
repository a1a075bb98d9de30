//! Policies: types, selectors, tiers, staging, and those for hosts only.

use crate::resources::calico::PolicyKind;
use crate::resources::tests::{check, load, policy};
use serde_json::{Value, json};

const POLICY: &str = r#"{
    "apiVersion": "projectcalico.org/v3",
    "kind": "NetworkPolicy",
    "metadata": {"name": "web", "namespace": "dev"},
    "spec": $
}"#;

/// What a policy of a cluster-wide kind looks like.
fn global(kind: &str) -> String {
    POLICY
        .replace("NetworkPolicy", kind)
        .replace(r#", "namespace": "dev""#, "")
}

/// calico.md 1.5.
#[test]
fn types_that_are_missing_are_guessed() {
    let rule = json!([{"action": "Allow"}]);
    let cases = [
        (json!({}), true, false),
        (json!({"types": []}), true, false),
        (json!({"egress": []}), true, false),
        (json!({"ingress": rule}), true, false),
        (json!({"egress": rule}), false, true),
        (json!({"ingress": [], "egress": rule}), false, true),
        (json!({"ingress": rule, "egress": rule}), true, true),
        (json!({"types": ["Egress"]}), false, true),
        (json!({"types": ["Egress", "Ingress"]}), true, true),
    ];
    for (spec, ingress, egress) in cases {
        let loaded = load(&[policy(&spec)]);
        let policy = &loaded.resources.policies[0];
        let governed = (policy.ingress.is_some(), policy.egress.is_some());
        assert_eq!(governed, (ingress, egress), "{spec}");
        let warned = loaded
            .warnings
            .list
            .iter()
            .any(|problem| problem.code == "missing-types");
        let is_given = spec["types"]
            .as_array()
            .is_some_and(|types| !types.is_empty());
        assert_eq!(warned, !is_given, "{spec}");
    }
}

/// calico.md 1.6 row 10.
#[test]
fn types() {
    let table = r#"
        {"types": ["Ingress", "Ingress"]} -> error repeated-value spec.types[1]
        {"types": "Ingress"} -> error wrong-type spec.types
        {"types": ["ingress"]} -> error unknown-value spec.types[0]
        {"types": ["Ingress"], "egress": [{"action": "Allow"}]} -> warning unused-rules spec.egress
        {"types": ["Ingress"], "egress": [{"action": "x"}]} -> warning unused-rules spec.egress, error unknown-value spec.egress[0].action
    "#;
    check(POLICY, table);
}

/// calico.md 1.1.
#[test]
fn fields_of_the_kinds() {
    let table = r#"
        "order": null, "selector": null -> error null-field spec.order, error null-field spec.selector
        "order": "1" -> error wrong-type spec.order
        "namespaceSelector": "has(a)" -> error unknown-field spec.namespaceSelector
        "doNotTrack": false -> error unknown-field spec.doNotTrack
        "stagedAction": "Set" -> error unknown-field spec.stagedAction
        "ingres": [] -> error unknown-field spec.ingres
        "ingress": {} -> error wrong-type spec.ingress
        "performanceHints": ["AssumeNeededOnEveryNode"] ->
        "performanceHints": ["x"] -> error unknown-value spec.performanceHints[0]
        "selector": "global()" -> error misplaced-global spec.selector
        "serviceAccountSelector": "a=b" -> error bad-selector spec.serviceAccountSelector
        "tier": "a.b" -> error bad-name spec.tier
    "#;
    let template = POLICY.replace('$', r#"{"types": ["Ingress"], $}"#);
    check(&template, table);
    let rules = vec![r#"{"action": "Allow"}"#; 1025].join(", ");
    check(
        &template,
        &format!(r#""ingress": [{rules}] -> error too-many spec.ingress"#),
    );
    let table = r#"
        "namespaceSelector": "has(a)", "applyOnForward": true, "order": 1.5 ->
        "namespaceSelector": "global()" -> error misplaced-global spec.namespaceSelector
        "namespaceSelector": "a=b" -> error bad-selector spec.namespaceSelector
    "#;
    check(
        &global("GlobalNetworkPolicy").replace('$', r#"{"types": ["Ingress"], $}"#),
        table,
    );
    let table = r#"
        null -> error null-field spec, error missing-field
        [] -> error wrong-type spec
        {"types": ["Ingress"]}, "status": {"anything": 1} ->
        {"types": ["Ingress"]}, "Spec": {} -> error unknown-field Spec
    "#;
    check(POLICY, table);
}

#[test]
fn a_policy_is_read() {
    let loaded = load(&[policy(&json!({
        "tier": "kube-admin",
        "order": 10,
        "selector": "app == 'web'",
        "serviceAccountSelector": "has(a)",
        "types": ["Ingress"],
    }))]);
    let policy = &loaded.resources.policies[0];
    assert_eq!(
        (policy.kind, policy.kind.is_global()),
        (PolicyKind::NetworkPolicy, false)
    );
    assert_eq!((&*policy.tier, policy.order), ("kube-admin", Some(10.0)));
    assert_eq!(policy.metadata.id.to_string(), "NetworkPolicy dev/web");
    assert!(policy.service_account_selector.is_some() && policy.namespace_selector.is_none());
    assert!(policy.reaches_pods && policy.egress.is_none());
}

/// calico.md 3.5, C96.
#[test]
fn staged_policies_are_kept_unless_they_delete() {
    let count = |spec: &str| {
        let text = global("StagedGlobalNetworkPolicy").replace('$', spec);
        let object: Value = serde_json::from_str(&text).unwrap();
        load(&[object]).resources.policies.len()
    };
    assert_eq!(count(r#"{"types": ["Ingress"]}"#), 1);
    assert_eq!(count(r#"{"types": ["Ingress"]}"#), 1);
    assert_eq!(count(r#"{"types": ["Ingress"], "stagedAction": "Set"}"#), 1);
    assert_eq!(
        count(r#"{"types": ["Ingress"], "stagedAction": "Learn"}"#),
        1
    );
    assert_eq!(
        count(r#"{"types": ["Ingress"], "stagedAction": "Ignore"}"#),
        1
    );
    assert_eq!(
        count(r#"{"stagedAction": "Delete", "tier": "x", "ingress": []}"#),
        0
    );
}

/// calico.md 1.6 row 9.
#[test]
fn staged_actions() {
    let table = r#"
        {"types": ["Ingress"], "stagedAction": "delete"} -> error unknown-value spec.stagedAction
        {"stagedAction": "", "types": ["Ingress"]} -> error unknown-value spec.stagedAction
        {"stagedAction": "Delete", "selector": ""} ->
        {"stagedAction": "Delete", "order": 0} -> error staged-delete spec.order
        {"stagedAction": "Delete", "types": ["Ingress"]} -> error staged-delete spec.types
        {"stagedAction": "Delete", "typo": 0} -> error unknown-field spec.typo, error staged-delete spec.typo
    "#;
    check(&global("StagedGlobalNetworkPolicy"), table);
    let table = r#"
        {"stagedAction": "Delete", "podSelector": {}} ->
        {"stagedAction": "Delete", "policyTypes": ["Ingress"]} -> error staged-delete spec.policyTypes
        {"podSelector": {}} ->
        {"stagedAction": "delete"} -> error unknown-value spec.stagedAction
        {"selector": "all()"} -> error unknown-field spec.selector
    "#;
    check(&global("StagedKubernetesNetworkPolicy"), table);
}

/// calico.md 1.1, 3.2, C43.
#[test]
fn policies_for_hosts() {
    let table = r#"
        "doNotTrack": true, "applyOnForward": true -> warning not-for-pods spec.doNotTrack
        "preDNAT": true, "applyOnForward": true -> warning not-for-pods spec.preDNAT
        "doNotTrack": false, "preDNAT": false ->
        "doNotTrack": true -> error contradiction spec.doNotTrack, warning not-for-pods spec.doNotTrack
        "doNotTrack": true, "preDNAT": true, "applyOnForward": true -> error contradiction spec.doNotTrack, warning not-for-pods spec.doNotTrack
        "types": ["Egress"], "preDNAT": true, "applyOnForward": true -> error contradiction spec.preDNAT, warning not-for-pods spec.preDNAT
        "doNotTrack": "true" -> error wrong-type spec.doNotTrack
        "applyOnForward": 1 -> error wrong-type spec.applyOnForward
    "#;
    let template = global("GlobalNetworkPolicy").replace('$', r#"{"types": ["Ingress"], $}"#);
    check(&template, table);
    let text = template.replace('$', r#""preDNAT": true, "applyOnForward": true"#);
    let loaded = load(&[serde_json::from_str(&text).unwrap()]);
    assert!(!loaded.resources.policies[0].reaches_pods);
}
