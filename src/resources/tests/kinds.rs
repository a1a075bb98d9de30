//! Which objects are taken at all (design 6.2).

use super::{check, load, policy};
use crate::resources::{Strictness, decode};
use serde_json::{Value, json};

fn object(api_version: &str, kind: &str) -> Value {
    json!({"apiVersion": api_version, "kind": kind, "metadata": {"name": "a"}, "spec": {}})
}

#[test]
fn kinds_are_known_or_refused() {
    let calico = "projectcalico.org/v3";
    check(&[
        (
            object(calico, "GlobalNetworkPolicy"),
            &["warning missing-types spec"],
        ),
        (
            object(calico, "NetworkPolicy"),
            &["warning missing-types spec"],
        ),
        (
            object(calico, "StagedGlobalNetworkPolicy"),
            &["warning missing-types spec"],
        ),
        (
            object(calico, "StagedNetworkPolicy"),
            &["warning missing-types spec"],
        ),
        (
            object("crd.projectcalico.org/v1", "NetworkPolicy"),
            &["warning missing-types spec"],
        ),
        (
            object(calico, "StagedKubernetesNetworkPolicy"),
            &["error unsupported-kind kind"],
        ),
        (object(calico, "Tier"), &[]),
        (object(calico, "NetworkSet"), &[]),
        (object(calico, "GlobalNetworkSet"), &[]),
        (object("v1", "Pod"), &[]),
        (object("v1", "Namespace"), &[]),
        (object("v1", "ServiceAccount"), &[]),
        (object("v1", "Node"), &[]),
        (
            object("networking.k8s.io/v1", "NetworkPolicy"),
            &["error unsupported-kind kind"],
        ),
        (
            object("cilium.io/v2", "CiliumNetworkPolicy"),
            &["error unsupported-kind kind"],
        ),
        (
            object("security.istio.io/v1", "AuthorizationPolicyList"),
            &["error unsupported-kind kind"],
        ),
        (
            object("policy.networking.k8s.io/v1alpha2", "X"),
            &["error unsupported-kind kind"],
        ),
        (object(calico, "NetworkPolcy"), &["error unknown-kind kind"]),
        (object(calico, "Pod"), &["error unknown-kind kind"]),
        (object("v1", "Service"), &["error unknown-kind kind"]),
        (
            object("projectcalico.org/v2", "Tier"),
            &["error unknown-api-version apiVersion"],
        ),
        (
            object("apps/v1", "Deployment"),
            &["error unknown-api-version apiVersion"],
        ),
        (json!({}), &["error missing-field ", "error missing-field "]),
        (
            json!({"apiVersion": "v1", "kind": null}),
            &["error missing-field "],
        ),
        (
            json!({"apiVersion": 1, "kind": "Pod"}),
            &["error wrong-type apiVersion"],
        ),
        (json!([]), &["error wrong-type "]),
        (Value::Null, &["error wrong-type "]),
    ]);
}

#[test]
fn help_names_the_nearest() {
    let cases = [
        (
            "projectcalico.org/v3",
            "NetworkPolcy",
            "did you mean `NetworkPolicy`?",
        ),
        ("projectcalico.org/v3", "Pod", "`Pod` is in v1"),
        (
            "v1",
            "Service",
            "known kinds are Pod, Namespace, ServiceAccount, Node",
        ),
        (
            "projectcalico.org/v2",
            "Tier",
            "`Tier` is in projectcalico.org/v3 and crd.projectcalico.org/v1",
        ),
        ("v2", "Deployment", "did you mean `v1`?"),
    ];
    for (api_version, kind, help) in cases {
        let problems = decode(&[object(api_version, kind)], Strictness::Heliast).unwrap_err();
        assert_eq!(
            problems.list[0].help.as_deref(),
            Some(help),
            "{api_version} {kind}"
        );
        assert_eq!(
            problems.list[0].object,
            format!(
                "{kind} {}",
                match kind {
                    "Pod" => "default/a",
                    _ => "a",
                }
            )
        );
    }
}

#[test]
fn lists_are_opened_once() {
    let list = |kind: &str, items: Value| json!({"apiVersion": "v1", "kind": kind, "items": items});
    let inner = list("List", json!([]));
    let bare = json!({"metadata": {"name": "a"}});
    let bad = policy(&json!({"types": ["ingress"]}));
    check(&[
        (list("List", json!([])), &[]),
        (list("List", Value::Null), &[]),
        (
            json!({"apiVersion": "v1", "kind": "List", "itmes": []}),
            &["error unknown-field itmes"],
        ),
        (list("List", json!({})), &["error wrong-type items"]),
        (
            list("List", json!([object("v1", "Pod"), 7])),
            &["error wrong-type items[1]"],
        ),
        (
            list("List", json!([object("v1", "Pod"), bad])),
            &["error unknown-value items[1].spec.types[0]"],
        ),
        (
            list("List", json!([inner])),
            &["error nested-list items[0]"],
        ),
        (list("PodList", json!([bare])), &[]),
        (list("PodList", json!([object("v1", "Namespace")])), &[]),
        (
            list("List", json!([bare])),
            &[
                "error missing-field items[0]",
                "error missing-field items[0]",
            ],
        ),
        (list("ServiceList", json!([])), &["error unknown-kind kind"]),
    ]);
    let loaded = load(&[list("PodList", json!([bare]))]);
    let metadata = &loaded.resources.pods[0].metadata;
    assert_eq!((metadata.document, metadata.item), (0, Some(0)));
    assert_eq!(metadata.id.to_string(), "Pod default/a");
}

#[test]
fn every_problem_of_an_item_carries_its_name() {
    let bad = policy(&json!({"types": ["ingress"]}));
    let list = json!({"apiVersion": "v1", "kind": "List", "items": [bad]});
    let problems = decode(&[object("v1", "Node"), list], Strictness::Heliast).unwrap_err();
    assert_eq!(
        problems.to_string(),
        "error: NetworkPolicy dev/web: items[0].spec.types[0]: `ingress` is none of Ingress, \
         Egress (did you mean `Ingress`?)"
    );
    assert_eq!(problems.list[0].document, 1);
}

#[test]
fn many_problems_are_counted() {
    let object = json!({"apiVersion": "v1", "kind": "Pod"});
    let problems = decode(&vec![object; 150], Strictness::Heliast).unwrap_err();
    assert_eq!((problems.list.len(), problems.omitted), (100, 50));
}
