//! Which objects are taken at all (design 6.2).

use super::{check, load, policy};
use crate::resources::{Strictness, decode};
use serde_json::{Value, json};

fn object(api_version: &str, kind: &str) -> Value {
    json!({"apiVersion": api_version, "kind": kind, "metadata": {"name": "a"}, "spec": {}})
}

#[test]
fn kinds_are_known_or_refused() {
    let table = r#"
        "projectcalico.org/v3", "kind": "GlobalNetworkPolicy" -> warning missing-types spec
        "projectcalico.org/v3", "kind": "NetworkPolicy" -> warning missing-types spec
        "projectcalico.org/v3", "kind": "StagedGlobalNetworkPolicy" -> warning missing-types spec
        "projectcalico.org/v3", "kind": "StagedNetworkPolicy" -> warning missing-types spec
        "crd.projectcalico.org/v1", "kind": "NetworkPolicy" -> warning missing-types spec
        "projectcalico.org/v3", "kind": "StagedKubernetesNetworkPolicy" ->
        "projectcalico.org/v3", "kind": "Tier" ->
        "projectcalico.org/v3", "kind": "NetworkSet" ->
        "projectcalico.org/v3", "kind": "GlobalNetworkSet" ->
        "v1", "kind": "Pod" ->
        "v1", "kind": "Namespace" ->
        "v1", "kind": "ServiceAccount" ->
        "v1", "kind": "Node" ->
        "networking.k8s.io/v1", "kind": "NetworkPolicy" ->
        "networking.k8s.io/v1", "kind": "Ingress" -> error unknown-kind kind
        "networking.k8s.io/v1beta1", "kind": "NetworkPolicy" -> error unknown-api-version apiVersion
        "cilium.io/v2", "kind": "CiliumNetworkPolicy" -> error missing-field spec
        "cilium.io/v2alpha1", "kind": "CiliumCIDRGroup" -> error missing-field spec
        "security.istio.io/v1", "kind": "AuthorizationPolicy" -> warning istio-allow-nothing spec
        "security.istio.io/v1beta1", "kind": "PeerAuthentication" ->
        "security.istio.io/v1", "kind": "RequestAuthentication" -> error unsupported-kind kind
        "authentication.istio.io/v1alpha1", "kind": "Policy" -> error unsupported-kind kind
        "authentication.istio.io/v1alpha1", "kind": "MeshPolicy" -> error unsupported-kind kind
        "security.istio.io/v1", "kind": "AuthorisationPolicy" -> error unknown-kind kind
        "policy.networking.k8s.io/v1alpha2", "kind": "AdminNetworkPolicy" -> error unknown-kind kind
        "projectcalico.org/v3", "kind": "NetworkPolcy" -> error unknown-kind kind
        "projectcalico.org/v3", "kind": "Pod" -> error unknown-kind kind
        "v1", "kind": "Service" -> error unknown-kind kind
        "projectcalico.org/v2", "kind": "Tier" -> error unknown-api-version apiVersion
        "apps/v1", "kind": "Deployment" -> error unknown-api-version apiVersion
        1, "kind": "Pod" -> error wrong-type apiVersion
    "#;
    check(
        r#"{"metadata": {"name": "a"}, "spec": {}, "apiVersion": $}"#,
        table,
    );
    let table = r#"
        {} -> error missing-field, error missing-field
        {"apiVersion": "v1", "kind": null} -> error missing-field
        [] -> error wrong-type
        null -> error wrong-type
    "#;
    check("$", table);
}

#[test]
fn help_names_the_nearest() {
    let tier_help = "`Tier` is in projectcalico.org/v3 and crd.projectcalico.org/v1";
    let cases = [
        (
            "projectcalico.org/v3",
            "NetworkPolcy",
            "did you mean `NetworkPolicy`?",
        ),
        ("projectcalico.org/v3", "Tiers", "did you mean `Tier`?"),
        ("projectcalico.org/v3", "Node", "`Node` is in v1"),
        (
            "v1",
            "Service",
            "known kinds are Pod, Namespace, ServiceAccount, Node",
        ),
        ("projectcalico.org/v2", "Tier", tier_help),
        ("v2", "Deployment", "did you mean `v1`?"),
        (
            "networking.k8s.io/v1beta1",
            "NetworkPolicy",
            "`NetworkPolicy` is in networking.k8s.io/v1",
        ),
        (
            "policy.networking.k8s.io/v1alpha1",
            "ClusterNetworkPolicy",
            "`ClusterNetworkPolicy` is in policy.networking.k8s.io/v1alpha2 and policy.networking.k8s.io/v1beta1",
        ),
    ];
    for (api_version, kind, help) in cases {
        let problems = decode(&[object(api_version, kind)], Strictness::Heliast).unwrap_err();
        assert_eq!(
            problems.list[0].help.as_deref(),
            Some(help),
            "{api_version} {kind}"
        );
        let namespace = if kind == "NetworkPolicy" {
            "default/"
        } else {
            ""
        };
        assert_eq!(problems.list[0].object, format!("{kind} {namespace}a"));
    }
}

#[test]
fn lists_are_opened_once() {
    let table = r#"
        "kind": "List", "items": [] ->
        "kind": "List", "items": null ->
        "kind": "List", "items": {} -> error wrong-type items
        "kind": "List", "itmes": [] -> error unknown-field itmes
        "kind": "List", "items": [7] -> error wrong-type items[0]
        "kind": "List", "items": [{}] -> error missing-field items[0], error missing-field items[0]
        "kind": "List", "items": [{"apiVersion": "v1", "kind": "Node", "metadata": {"name": "a"}}, {"apiVersion": "v1", "kind": "Nod"}] -> error unknown-kind items[1].kind
        "kind": "List", "items": [{"apiVersion": "v1", "kind": "List", "items": []}] -> error nested-list items[0]
        "kind": "List", "items": [{"apiVersion": "v1", "kind": "PodList", "items": []}] -> error nested-list items[0]
        "kind": "PodList", "items": [{"metadata": {"name": "a"}}] ->
        "kind": "PodList", "items": [{"metadata": {"name": 1}}] -> error wrong-type items[0].metadata.name
        "kind": "PodList", "items": [{"apiVersion": "v1", "kind": "Node", "metadata": {"name": "a"}}] ->
        "kind": "ServiceList", "items": [] -> error unknown-kind kind
    "#;
    check(r#"{"apiVersion": "v1", $}"#, table);
    let items = json!([{"metadata": {"name": "a"}}]);
    let loaded = load(&[json!({"apiVersion": "v1", "kind": "PodList", "items": items})]);
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
