//! What only shows when all objects are seen together (calico.md 1.8).

use super::{findings, global_policy, policy};
use crate::resources::{Strictness, decode};
use serde_json::{Value, json};

fn core(kind: &str, namespace: &str, name: &str) -> Value {
    json!({"apiVersion": "v1", "kind": kind, "metadata": {"namespace": namespace, "name": name}})
}

fn namespace(name: &str) -> Value {
    json!({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": name}})
}

#[track_caller]
fn check(objects: &[Value], expected: &[&str]) {
    assert_eq!(findings(objects, Strictness::Heliast), expected);
}

#[test]
fn an_object_is_defined_once() {
    let pod = core("Pod", "dev", "a");
    check(
        &[
            pod.clone(),
            core("Pod", "prod", "a"),
            core("ServiceAccount", "dev", "a"),
        ],
        &[],
    );
    check(
        &[pod.clone(), pod.clone()],
        &["error duplicate-object metadata.name"],
    );
    let staged = |action: &str| {
        json!({
            "apiVersion": "projectcalico.org/v3",
            "kind": "StagedNetworkPolicy",
            "metadata": {"name": "a"},
            "spec": {"stagedAction": action, "types": if action == "Set" { json!(["Ingress"]) } else { json!([]) }},
        })
    };
    check(
        &[staged("Set"), staged("Delete")],
        &["error duplicate-object metadata.name"],
    );
    let list = json!({"apiVersion": "v1", "kind": "List", "items": [namespace("x"), pod]});
    let problems = decode(&[pod, list], Strictness::Heliast).unwrap_err();
    assert_eq!(
        problems.list[0].to_string(),
        "error: Pod dev/a: items[1].metadata.name: defined twice: in document 0 and in document \
         1, items[1] (remove one of them)"
    );
}

#[test]
fn policies_name_tiers_that_exist() {
    let in_tier = |tier: &str| policy(&json!({"tier": tier, "types": ["Ingress"]}));
    let tier = json!({"apiVersion": "projectcalico.org/v3", "kind": "Tier", "metadata": {"name": "security"}});
    for fixed in ["default", "", "kube-admin", "kube-baseline"] {
        check(&[in_tier(fixed)], &[]);
    }
    check(&[in_tier("security"), tier.clone()], &[]);
    check(
        &[in_tier("secrity"), tier.clone()],
        &["warning unknown-tier spec.tier"],
    );
    check(&[in_tier("a.b")], &["error bad-name spec.tier"]);
    let loaded = decode(&[in_tier("secrity"), tier], Strictness::Heliast).unwrap();
    let help = loaded.warnings.list[0].help.as_deref();
    assert_eq!(
        help,
        Some("tiers are default, kube-admin, kube-baseline, security")
    );
}

#[test]
fn namespaces_are_all_given_or_none() {
    let group = json!({
        "apiVersion": "heliast.dev/v1alpha1",
        "kind": "WorkloadGroup",
        "metadata": {"name": "a"},
        "spec": {"namespace": "prod"},
    });
    let pods = [core("Pod", "dev", "a"), core("Pod", "dev", "b")];
    check(&pods, &[]);
    check(&[namespace("dev"), core("Pod", "dev", "a")], &[]);
    let [first, second] = pods;
    let at = "warning unknown-namespace metadata.namespace";
    check(&[first, second, namespace("prod"), group.clone()], &[at]);
    check(
        &[namespace("dev"), group],
        &["warning unknown-namespace spec.namespace"],
    );
    check(
        &[namespace("prod"), policy(&json!({"types": ["Ingress"]}))],
        &[at],
    );
    check(
        &[namespace("prod"), core("ServiceAccount", "dev", "a")],
        &[],
    );
}

#[test]
fn rules_name_service_accounts_that_exist() {
    let rule = |names: Value| {
        json!({
            "types": ["Egress"],
            "egress": [
                {"action": "Allow"},
                {"action": "Allow", "destination": {"serviceAccounts": {"names": names}}},
            ],
        })
    };
    let at = "warning reference-to-nothing spec.egress[1].destination.serviceAccounts.names[1]";
    let account = core("ServiceAccount", "dev", "web");
    let other = core("ServiceAccount", "prod", "db");
    check(&[policy(&rule(json!(["web", "wbe"])))], &[]);
    check(&[policy(&rule(json!(["web"]))), account.clone()], &[]);
    check(
        &[policy(&rule(json!(["web", "wbe"]))), account.clone()],
        &[at],
    );
    check(
        &[
            policy(&rule(json!(["web", "db"]))),
            account.clone(),
            other.clone(),
        ],
        &[at],
    );
    check(
        &[
            global_policy(&rule(json!(["web", "db"]))),
            account.clone(),
            other.clone(),
        ],
        &[],
    );
    let loaded = |names| {
        let objects = [policy(&rule(names)), account.clone(), other.clone()];
        decode(&objects, Strictness::Heliast)
            .unwrap()
            .warnings
            .to_string()
    };
    assert!(loaded(json!(["wbe"])).ends_with("(did you mean `web`?)"));
    assert!(
        loaded(json!(["db"])).ends_with("(another namespace has it: add a `namespaceSelector`)")
    );
}

#[test]
fn rules_name_ports_that_exist() {
    let rule = |port: &str| {
        json!({
            "types": ["Ingress"],
            "ingress": [{"action": "Allow", "protocol": "TCP", "destination": {"ports": [80, port]}}],
        })
    };
    let pod = json!({
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": {"name": "a"},
        "spec": {"containers": [{"ports": [{"name": "http", "containerPort": 80}]}]},
    });
    let at = "warning reference-to-nothing spec.ingress[0].destination.ports[1]";
    check(&[policy(&rule("https"))], &[]);
    check(&[policy(&rule("http")), pod.clone()], &[]);
    check(&[policy(&rule("https")), pod], &[at]);
}

#[test]
fn a_refused_input_is_not_searched_for_what_is_missing() {
    let bad = policy(&json!({"tier": "none", "types": ["x"]}));
    check(&[bad], &["error unknown-value spec.types[0]"]);
}
