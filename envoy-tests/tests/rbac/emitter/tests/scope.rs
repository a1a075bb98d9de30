//! Which policies govern a workload (1.8).

use serde_json::{Value, json};

use super::{Meaning, filters, workload};

#[track_caller]
fn governs(namespace: &str, spec: &Value) -> bool {
    let document = json!({
        "metadata": {"name": "p", "namespace": namespace},
        "spec": spec,
    });
    !filters(&[document], &workload(), Meaning::CODE)
        .unwrap()
        .is_empty()
}

#[test]
fn policies_of_the_workloads_namespace_and_of_the_root_namespace() {
    assert!(governs("foo", &json!({})));
    assert!(governs("istio-system", &json!({})));
    assert!(!governs("bar", &json!({})));
}

#[test]
fn those_whose_labels_the_workload_has() {
    let labels = |labels: Value| json!({"selector": {"matchLabels": labels}});
    assert!(governs("foo", &labels(json!({}))));
    assert!(governs("foo", &labels(json!({"app": "web"}))));
    assert!(governs("istio-system", &labels(json!({"app": "web"}))));
    assert!(!governs("foo", &labels(json!({"app": "other"}))));
    assert!(!governs("foo", &labels(json!({"app": "web", "x": "y"}))));
}

#[test]
fn none_that_has_a_target() {
    let target = json!({"kind": "Service", "name": "web"});
    assert!(!governs("foo", &json!({"targetRefs": [target]})));
    assert!(!governs("foo", &json!({"targetRef": target})));
}
