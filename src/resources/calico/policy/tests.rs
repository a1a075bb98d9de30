//! Policies: types, selectors, tiers, staging, and those for hosts only.

use crate::resources::calico::PolicyKind;
use crate::resources::tests::{check, global_policy, load, policy};
use serde_json::{Value, json};

fn staged(spec: Value) -> Value {
    json!({
        "apiVersion": "projectcalico.org/v3",
        "kind": "StagedGlobalNetworkPolicy",
        "metadata": {"name": "web"},
        "spec": spec,
    })
}

fn global(spec: Value) -> Value {
    let mut all = json!({"types": ["Ingress"]});
    all.as_object_mut()
        .unwrap()
        .extend(spec.as_object().unwrap().clone());
    global_policy(&all)
}

/// calico.md 1.5; which directions a policy governs.
#[test]
fn types() {
    let rule = json!([{"action": "Allow"}]);
    let cases = [
        (json!({}), true, false),
        (json!({"types": []}), true, false),
        (json!({"types": null, "egress": []}), true, false),
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
        assert_eq!(
            (policy.ingress.is_some(), policy.egress.is_some()),
            (ingress, egress),
            "{spec}"
        );
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
    check(&[
        (
            policy(&json!({"types": ["Ingress", "Ingress"]})),
            &["error repeated-value spec.types[1]"],
        ),
        (
            policy(&json!({"types": "Ingress"})),
            &["error wrong-type spec.types"],
        ),
        (
            policy(&json!({"types": ["ingress"]})),
            &["error unknown-value spec.types[0]"],
        ),
        (
            policy(&json!({"types": ["Ingress"], "egress": rule})),
            &["warning unused-rules spec.egress"],
        ),
        (
            policy(&json!({"types": ["Ingress"], "egress": [{"action": "x"}]})),
            &[
                "warning unused-rules spec.egress",
                "error unknown-value spec.egress[0].action",
            ],
        ),
    ]);
}

#[test]
fn fields_of_the_kinds() {
    let rules = vec![json!({"action": "Allow"}); 1025];
    let ingress = |extra: Value| {
        let mut spec = json!({"types": ["Ingress"]});
        spec.as_object_mut()
            .unwrap()
            .extend(extra.as_object().unwrap().clone());
        policy(&spec)
    };
    check(&[
        (
            global(json!({"namespaceSelector": "has(a)", "applyOnForward": true, "order": 1.5})),
            &[],
        ),
        (
            ingress(json!({"namespaceSelector": "has(a)"})),
            &["error unknown-field spec.namespaceSelector"],
        ),
        (
            ingress(json!({"doNotTrack": false})),
            &["error unknown-field spec.doNotTrack"],
        ),
        (
            ingress(json!({"stagedAction": "Set"})),
            &["error unknown-field spec.stagedAction"],
        ),
        (
            ingress(json!({"ingres": []})),
            &["error unknown-field spec.ingres"],
        ),
        (
            ingress(json!({"order": "1"})),
            &["error wrong-type spec.order"],
        ),
        (ingress(json!({"order": null, "selector": null})), &[]),
        (
            ingress(json!({"performanceHints": ["AssumeNeededOnEveryNode"]})),
            &[],
        ),
        (
            ingress(json!({"performanceHints": ["x"]})),
            &["error unknown-value spec.performanceHints[0]"],
        ),
        (
            ingress(json!({"ingress": rules})),
            &["error too-many spec.ingress"],
        ),
        (
            ingress(json!({"ingress": {}})),
            &["error wrong-type spec.ingress"],
        ),
        (
            ingress(json!({"selector": "global()"})),
            &["error misplaced-global spec.selector"],
        ),
        (
            ingress(json!({"serviceAccountSelector": "a=b"})),
            &["error bad-selector spec.serviceAccountSelector"],
        ),
        (
            global(json!({"namespaceSelector": "global()"})),
            &["error misplaced-global spec.namespaceSelector"],
        ),
        (
            global(json!({"namespaceSelector": "a=b"})),
            &["error bad-selector spec.namespaceSelector"],
        ),
        (policy(&Value::Null), &["error missing-field "]),
        (policy(&json!([])), &["error wrong-type spec"]),
    ]);
    let mut with_status = policy(&json!({"types": ["Ingress"]}));
    with_status["status"] = json!({"anything": 1});
    let mut with_typo = policy(&json!({"types": ["Ingress"]}));
    with_typo["Spec"] = json!({});
    check(&[
        (with_status, &[]),
        (with_typo, &["error unknown-field Spec"]),
    ]);
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

/// calico.md 3.5, 1.6 row 9, C96.
#[test]
fn staged_actions() {
    let count = |spec: Value| load(&[staged(spec)]).resources.policies.len();
    assert_eq!(count(json!({"types": ["Ingress"]})), 1);
    for action in ["Set", "Learn", "Ignore", ""] {
        assert_eq!(
            count(json!({"types": ["Ingress"], "stagedAction": action})),
            1,
            "{action}"
        );
    }
    assert_eq!(
        count(json!({"stagedAction": "Delete", "tier": "x", "selector": "", "ingress": []})),
        0
    );
    let kubernetes = |spec: Value| {
        json!({
            "apiVersion": "projectcalico.org/v3",
            "kind": "StagedKubernetesNetworkPolicy",
            "metadata": {"name": "web"},
            "spec": spec,
        })
    };
    check(&[
        (
            staged(json!({"types": ["Ingress"], "stagedAction": "delete"})),
            &["error unknown-value spec.stagedAction"],
        ),
        (
            staged(json!({"stagedAction": "Delete", "order": 0})),
            &["error staged-delete spec.order"],
        ),
        (
            staged(json!({"stagedAction": "Delete", "types": ["Ingress"]})),
            &["error staged-delete spec.types"],
        ),
        (
            staged(json!({"stagedAction": "Delete", "typo": 0})),
            &[
                "error unknown-field spec.typo",
                "error staged-delete spec.typo",
            ],
        ),
        (
            kubernetes(json!({"stagedAction": "Delete", "podSelector": {}})),
            &[],
        ),
        (
            kubernetes(json!({"stagedAction": "Delete", "policyTypes": ["Ingress"]})),
            &["error staged-delete spec.policyTypes"],
        ),
        (
            kubernetes(json!({"podSelector": {}})),
            &["error unsupported-kind kind"],
        ),
    ]);
}

/// calico.md 1.1, 3.2, C43.
#[test]
fn policies_for_hosts() {
    let warning = "warning not-for-pods spec.doNotTrack";
    let both = json!({"doNotTrack": true, "preDNAT": true, "applyOnForward": true});
    let egress = json!({"types": ["Egress"], "preDNAT": true, "applyOnForward": true});
    check(&[
        (
            global(json!({"doNotTrack": true, "applyOnForward": true})),
            &[warning],
        ),
        (global(json!({"doNotTrack": false, "preDNAT": false})), &[]),
        (
            global(json!({"doNotTrack": true})),
            &["error contradiction spec.doNotTrack", warning],
        ),
        (
            global(both),
            &["error contradiction spec.doNotTrack", warning],
        ),
        (
            global(egress),
            &[
                "error contradiction spec.preDNAT",
                "warning not-for-pods spec.preDNAT",
            ],
        ),
        (
            global(json!({"doNotTrack": "true"})),
            &["error wrong-type spec.doNotTrack"],
        ),
        (
            global(json!({"applyOnForward": 1})),
            &["error wrong-type spec.applyOnForward"],
        ),
    ]);
    let loaded = load(&[global(json!({"preDNAT": true, "applyOnForward": true}))]);
    assert!(!loaded.resources.policies[0].reaches_pods);
}
