//! What is wrong with Istio's objects (istio.md 1.1, 1.3, 1.5, 2).

use super::{check, findings, load};
use crate::resources::Strictness;
use serde_json::{Value, json};

/// An ALLOW policy whose only rule is `$`.
const ALLOW: &str = r#"{"apiVersion": "security.istio.io/v1", "kind": "AuthorizationPolicy",
    "metadata": {"name": "a", "namespace": "dev"}, "spec": {"rules": [$]}}"#;
/// The same with `$` as its only source.
const SOURCE: &str = r#"{"apiVersion": "security.istio.io/v1", "kind": "AuthorizationPolicy",
    "metadata": {"name": "a", "namespace": "dev"}, "spec": {"rules": [{"from": [{"source": $}]}]}}"#;
/// The same with `$` as its only operation.
const OPERATION: &str = r#"{"apiVersion": "security.istio.io/v1", "kind": "AuthorizationPolicy",
    "metadata": {"name": "a", "namespace": "dev"}, "spec": {"rules": [{"to": [{"operation": $}]}]}}"#;
/// The same with `$` as its only condition.
const WHEN: &str = r#"{"apiVersion": "security.istio.io/v1", "kind": "AuthorizationPolicy",
    "metadata": {"name": "a", "namespace": "dev"}, "spec": {"rules": [{"when": [$]}]}}"#;
/// A policy with `$` as spec.
const SPEC: &str = r#"{"apiVersion": "security.istio.io/v1beta1", "kind": "AuthorizationPolicy",
    "metadata": {"name": "a", "namespace": "dev"}, "spec": $}"#;
/// A peer authentication with `$` as spec.
const PEER: &str = r#"{"apiVersion": "security.istio.io/v1beta1", "kind": "PeerAuthentication",
    "metadata": {"name": "a", "namespace": "dev"}, "spec": $}"#;

#[test]
fn specs() {
    let table = r#"
        {"rules": [{}]} ->
        {"action": "ALLOW", "selector": {"matchLabels": {"app": "web"}}, "rules": [{}]} ->
        {"action": "AUDIT", "rules": [{}]} ->
        {"action": "Allow", "rules": [{}]} -> error unknown-value spec.action
        {"action": "CUSTOM", "rules": [{}]} -> error istio-custom spec.action
        {"action": "CUSTOM", "provider": {"name": "x"}, "rules": [{}]} -> error istio-custom spec.provider, error istio-custom spec.action
        {"provider": {"name": "x"}, "rules": [{}]} -> error istio-custom spec.provider
        {} -> warning istio-allow-nothing spec
        {"rules": []} -> warning istio-allow-nothing spec
        {"rules": null} -> error null-field spec.rules, warning istio-allow-nothing spec
        {"action": "DENY"} -> error istio-deny-nothing spec
        {"action": "DENY", "rules": []} -> error istio-deny-nothing spec
        {"action": "AUDIT"} -> warning istio-deny-nothing spec
        {"rules": {}} -> error wrong-type spec.rules, warning istio-allow-nothing spec
        {"rule": [{}]} -> error unknown-field spec.rule, warning istio-allow-nothing spec
        {"selector": {"matchExpressions": []}, "rules": [{}]} -> error unknown-field spec.selector.matchExpressions
        {"selector": {}, "rules": [{}]} ->
        {"selector": {"matchLabels": {"app": "w*"}}, "rules": [{}]} -> error istio-label spec.selector.matchLabels
        {"selector": {"matchLabels": {"": "w"}}, "rules": [{}]} -> error istio-label spec.selector.matchLabels
        {"selector": {"matchLabels": {"app": 1}}, "rules": [{}]} -> error wrong-type spec.selector.matchLabels.app
        {"selector": {}, "targetRefs": [], "rules": [{}]} -> error istio-several-scopes spec.targetRefs
        {"targetRef": {"group": "gateway.networking.k8s.io", "kind": "Gateway", "name": "g"}, "rules": [{}]} ->
        {"targetRefs": [{"group": "gateway.networking.k8s.io", "kind": "Gateway", "name": "g", "namespace": ""}], "rules": [{}]} ->
        {"targetRefs": [{"group": "gateway.networking.k8s.io", "kind": "Gateway", "name": "g", "namespace": "x"}], "rules": [{}]} -> error istio-target-namespace spec.targetRefs[0].namespace
        {"targetRefs": [{"group": "", "kind": "Service", "name": "s"}], "rules": [{}]} -> warning istio-target-ignored spec.targetRefs[0].kind
        {"targetRefs": [{"kind": "Gateway"}], "rules": [{}]} -> error missing-field spec.targetRefs[0]
        {"targetRefs": [{"group": "core", "kind": "Service", "name": "s"}], "rules": [{}]} -> warning istio-target-ignored spec.targetRefs[0].kind
        {"targetRefs": [{"group": "networking.istio.io", "kind": "ServiceEntry", "name": "s"}], "rules": [{}]} -> warning istio-target-ignored spec.targetRefs[0].kind
        {"targetRefs": [{"group": "gateway.networking.k8s.io", "kind": "GatewayClass", "name": "s"}], "rules": [{}]} -> warning istio-target-ignored spec.targetRefs[0].kind
        {"targetRefs": [{"kind": "Gateway", "name": "g"}], "rules": [{}]} -> error istio-target-kind spec.targetRefs[0].kind
        {"targetRefs": [{"kind": "service", "name": "g"}], "rules": [{}]} -> error istio-target-kind spec.targetRefs[0].kind
        {"targetRefs": [{"kind": "Service", "name": ""}], "rules": [{}]} -> error istio-empty-value spec.targetRefs[0].name
    "#;
    check(SPEC, table);
    let bare = json!({"apiVersion": "security.istio.io/v1", "kind": "AuthorizationPolicy", "metadata": {"name": "a"}});
    assert_eq!(
        findings(&[bare], Strictness::Heliast),
        ["warning istio-allow-nothing"]
    );
}

#[test]
fn rules() {
    let table = r#"
        {} ->
        {"from": null, "to": null, "when": null} -> error null-field spec.rules[0].from, error null-field spec.rules[0].to, error null-field spec.rules[0].when
        {"when": []} ->
        {"from": []} -> error istio-empty-list spec.rules[0].from
        {"to": []} -> error istio-empty-list spec.rules[0].to
        {"from": [{}]} -> error missing-field spec.rules[0].from[0]
        {"from": [{"source": {}}]} -> error istio-empty-list spec.rules[0].from[0].source
        {"to": [{"operation": {}}]} -> error istio-empty-list spec.rules[0].to[0].operation
        {"to": [{"operations": {"ports": ["80"]}}]} -> error unknown-field spec.rules[0].to[0].operations, error missing-field spec.rules[0].to[0]
        {"form": []} -> error unknown-field spec.rules[0].form
        [] -> error wrong-type spec.rules[0]
    "#;
    check(ALLOW, table);
}

#[test]
fn sources() {
    let table = r#"
        {"principals": ["cluster.local/ns/a/sa/b", "*", "*/sa/b", "cluster.local/*"]} ->
        {"principals": []} -> error istio-empty-list spec.rules[0].from[0].source.principals
        {"principals": [""]} -> error istio-empty-value spec.rules[0].from[0].source.principals[0]
        {"principals": [1]} -> error wrong-type spec.rules[0].from[0].source.principals[0]
        {"principals": "a"} -> error wrong-type spec.rules[0].from[0].source.principals
        {"principals": ["spiffe://cluster.local/ns/a/sa/b"]} -> warning istio-principal-scheme spec.rules[0].from[0].source.principals[0]
        {"principals": ["*a*"]} -> warning istio-two-stars spec.rules[0].from[0].source.principals[0]
        {"principals": ["a*b"]} -> warning istio-literal-star spec.rules[0].from[0].source.principals[0]
        {"principal": ["a"]} -> error unknown-field spec.rules[0].from[0].source.principal, error istio-empty-list spec.rules[0].from[0].source
        {"notPrincipals": ["a"]} -> warning istio-negative-identity spec.rules[0]
        {"notNamespaces": ["a"], "principals": ["*"]} ->
        {"namespaces": ["a*b*c"]} ->
        {"serviceAccounts": ["a", "b/c"]} ->
        {"serviceAccounts": ["a/b/c"]} -> error istio-service-account spec.rules[0].from[0].source.serviceAccounts[0]
        {"serviceAccounts": ["a*"]} -> error istio-service-account spec.rules[0].from[0].source.serviceAccounts[0]
        {"serviceAccounts": ["/a"]} -> error istio-service-account spec.rules[0].from[0].source.serviceAccounts[0]
        {"serviceAccounts": ["a"], "namespaces": ["b"]} -> error istio-source-identity spec.rules[0].from[0].source
        {"notServiceAccounts": ["a"], "principals": ["b"]} -> error istio-source-identity spec.rules[0].from[0].source
        {"trustDomains": ["td", "*", "*.example", "td*"]} ->
        {"trustDomains": ["a*b"]} -> error istio-trust-domain spec.rules[0].from[0].source.trustDomains[0]
        {"trustDomains": ["*a*"]} -> error istio-trust-domain spec.rules[0].from[0].source.trustDomains[0]
        {"trustDomains": ["td/x"]} -> error istio-trust-domain spec.rules[0].from[0].source.trustDomains[0]
        {"ipBlocks": ["10.0.0.0/8", "10.0.0.1", "10.1.2.3/8", "::1", "2001:db8::/32"]} ->
        {"ipBlocks": ["10.0.0.0/33"]} -> error bad-network spec.rules[0].from[0].source.ipBlocks[0]
        {"remoteIpBlocks": ["10.0.0.1"]} -> warning istio-remote-ip spec.rules[0]
        {"requestPrincipals": ["*", "a/b", "a/*", "*/b", "a"]} ->
        {"notIpBlocks": ["x"]} -> error bad-network spec.rules[0].from[0].source.notIpBlocks[0]
    "#;
    check(SOURCE, table);
}

#[test]
fn operations() {
    let table = r#"
        {"hosts": ["a.com", "a.com:*"], "methods": ["GET"], "paths": ["/a*"], "ports": ["80", "0", "65535"]} ->
        {"hosts": ["a.com"]} -> warning istio-host-port spec.rules[0]
        {"hosts": ["*.a.com"]} ->
        {"ports": [80]} -> error wrong-type spec.rules[0].to[0].operation.ports[0]
        {"ports": ["http"]} -> error istio-port spec.rules[0].to[0].operation.ports[0]
        {"ports": ["65536"]} -> error istio-port spec.rules[0].to[0].operation.ports[0]
        {"ports": ["+80"]} -> error istio-port spec.rules[0].to[0].operation.ports[0]
        {"ports": ["80-90"]} -> error istio-port spec.rules[0].to[0].operation.ports[0]
        {"paths": ["/a/*b"]} -> warning istio-literal-star spec.rules[0].to[0].operation.paths[0]
        {"paths": ["*foo*"]} -> warning istio-two-stars spec.rules[0].to[0].operation.paths[0]
        {"paths": ["/a/{*}", "/a/{**}", "/a/{*}/b/{**}/c"]} ->
        {"paths": ["/a/{**}/{*}"]} -> error istio-path-template spec.rules[0].to[0].operation.paths[0]
        {"paths": ["/a/{b}"]} -> error istio-path-template spec.rules[0].to[0].operation.paths[0]
        {"paths": ["/a/*/{*}"]} -> error istio-path-template spec.rules[0].to[0].operation.paths[0]
        {"hosts": ["a.com"], "notHosts": ["b.com:80"]} -> warning istio-host-port spec.rules[0]
        {"verbs": ["GET"]} -> error unknown-field spec.rules[0].to[0].operation.verbs, error istio-empty-list spec.rules[0].to[0].operation
    "#;
    check(OPERATION, table);
}

#[test]
fn conditions() {
    let table = r#"
        {"key": "source.ip", "values": ["10.0.0.0/8"], "notValues": ["10.1.0.0/16"]} ->
        {"key": "destination.port", "values": ["80"]} ->
        {"key": "destination.port", "values": ["http"]} -> error istio-port spec.rules[0].when[0].values[0]
        {"key": "request.headers[X-Role]", "notValues": ["admin"]} ->
        {"key": "request.auth.claims[a][b]", "values": ["c"]} ->
        {"key": "experimental.envoy.filters.a.b[c]", "values": ["[d]", "e"]} ->
        {"key": "experimental.envoy.filters.a.b[c]", "values": ["[]", "[[x]]"]} ->
        {"key": "source.ip"} -> error missing-field spec.rules[0].when[0]
        {"key": "source.ip", "values": []} -> error istio-empty-list spec.rules[0].when[0].values
        {"values": ["a"]} -> error missing-field spec.rules[0].when[0]
        {"key": "source.ips", "values": ["a"]} -> error istio-unknown-key spec.rules[0].when[0].key
        {"key": "request.header[a]", "values": ["a"]} -> error istio-unknown-key spec.rules[0].when[0].key
        {"key": "", "values": ["a"]} -> error istio-unknown-key spec.rules[0].when[0].key
        {"key": "source.principal", "value": ["a"]} -> error unknown-field spec.rules[0].when[0].value, error missing-field spec.rules[0].when[0]
    "#;
    check(WHEN, table);
}

#[test]
fn denials_that_surprise() {
    let deny = r#"{"apiVersion": "security.istio.io/v1", "kind": "AuthorizationPolicy",
        "metadata": {"name": "a", "namespace": "istio-system"}, "spec": {"action": "DENY", "rules": [$]}}"#;
    let table = r#"
        {"to": [{"operation": {"methods": ["GET"]}}]} -> warning istio-deny-tcp spec.rules[0]
        {"to": [{"operation": {"methods": ["GET"], "ports": ["80"]}}]} ->
        {"from": [{"source": {"requestPrincipals": ["*"]}}]} -> warning istio-deny-tcp spec.rules[0]
        {"from": [{"source": {"ipBlocks": ["10.0.0.1"]}}]} ->
        {"from": [{"source": {"namespaces": ["a"]}}]} -> warning istio-deny-plaintext spec.rules[0]
        {"from": [{"source": {"notPrincipals": ["a"]}}]} -> warning istio-negative-identity spec.rules[0]
        {"from": [{"source": {"serviceAccounts": ["a"]}}]} -> warning istio-deny-plaintext spec.rules[0], warning istio-root-service-account spec.rules[0]
        {"from": [{"source": {"serviceAccounts": ["b/a"]}}]} -> warning istio-deny-plaintext spec.rules[0]
    "#;
    check(deny, table);
}

#[test]
fn peer_authentications() {
    let table = r#"
        {} ->
        {"mtls": {"mode": "STRICT"}} ->
        {"mtls": {"mode": "UNSET"}} ->
        {"mtls": {}} ->
        {"mtls": {"mode": "strict"}} -> error unknown-value spec.mtls.mode
        {"mtls": "STRICT"} -> error wrong-type spec.mtls
        {"mtls": {"modes": "STRICT"}} -> error unknown-field spec.mtls.modes
        {"selector": {"matchLabels": {"app": "web"}}, "portLevelMtls": {"80": {"mode": "DISABLE"}}} ->
        {"portLevelMtls": {"80": {"mode": "DISABLE"}}} -> error istio-port-without-selector spec.portLevelMtls
        {"selector": {"matchLabels": {}}, "portLevelMtls": {"80": {"mode": "DISABLE"}}} -> error istio-port-without-selector spec.portLevelMtls
        {"selector": {"matchLabels": {"app": "web"}}, "portLevelMtls": {"http": {"mode": "DISABLE"}}} -> error istio-port spec.portLevelMtls
        {"selector": {"matchLabels": {"app": "web"}}, "portLevelMtls": {"0": {"mode": "DISABLE"}}} -> error istio-port spec.portLevelMtls
        {"selector": {"matchLabels": {"app": "web"}}, "portLevelMtls": {"80": "DISABLE"}} -> error wrong-type spec.portLevelMtls.80
        {"selector": {"matchExpressions": []}} -> error unknown-field spec.selector.matchExpressions
        {"peers": [{"mtls": {}}]} -> error unknown-field spec.peers
    "#;
    check(PEER, table);
}

#[test]
fn the_dry_run_annotation() {
    let template = r#"{"apiVersion": "security.istio.io/v1", "kind": "AuthorizationPolicy",
        "metadata": {"name": "a", "annotations": {"istio.io/dry-run": $}}, "spec": {"rules": [{}]}}"#;
    for (text, expected) in [
        ("\"true\"", true),
        ("\"t\"", true),
        ("\"1\"", true),
        ("\"TRUE\"", true),
        ("\"0\"", false),
        ("\"False\"", false),
    ] {
        let loaded = load(&[serde_json::from_str(&template.replace('$', text)).unwrap()]);
        assert_eq!(
            loaded.resources.authorization_policies[0].dry_run, expected,
            "{text}"
        );
        let is_value = |problem: &crate::problem::Problem| problem.code == "istio-dry-run-value";
        assert!(!loaded.warnings.list.iter().any(is_value));
    }
    let table = r#"
        "yes" -> warning istio-dry-run-value metadata.annotations.istio.io/dry-run
        "" -> warning istio-dry-run-value metadata.annotations.istio.io/dry-run
        "tRuE" -> warning istio-dry-run-value metadata.annotations.istio.io/dry-run
        true -> warning istio-dry-run-value metadata.annotations.istio.io/dry-run
    "#;
    check(template, table);
}

#[test]
fn a_rule_that_grows_too_large_is_refused() {
    let sources = vec![json!({"source": {"ipBlocks": ["10.0.0.1"]}}); 400];
    let paths: Vec<String> = (0..300).map(|number| format!("/{number}")).collect();
    let rule = json!({"from": sources, "to": [{"operation": {"paths": paths}}]});
    let policy = json!({"apiVersion": "security.istio.io/v1", "kind": "AuthorizationPolicy",
        "metadata": {"name": "a"}, "spec": {"rules": [rule]}});
    assert_eq!(
        findings(&[policy], Strictness::Heliast),
        ["error too-many spec.rules[0]"]
    );
}

fn policy(namespace: &str, name: &str, app: &str, dry_run: bool) -> Value {
    json!({"apiVersion": "security.istio.io/v1", "kind": "AuthorizationPolicy",
        "metadata": {"name": name, "namespace": namespace,
            "annotations": {"istio.io/dry-run": dry_run.to_string()}},
        "spec": {"selector": {"matchLabels": {"app": app}}, "rules": [{}]}})
}

fn peer(namespace: &str, name: &str, created: &str, spec: &Value) -> Value {
    json!({"apiVersion": "security.istio.io/v1", "kind": "PeerAuthentication", "spec": spec,
        "metadata": {"name": name, "namespace": namespace, "creationTimestamp": created}})
}

fn pod() -> Value {
    json!({"apiVersion": "v1", "kind": "Pod",
        "metadata": {"name": "p", "namespace": "dev", "labels": {"app": "web"}}})
}

#[track_caller]
fn found(objects: &[Value], expected: &[&str]) {
    assert_eq!(findings(objects, Strictness::Heliast), expected);
}

#[test]
fn selectors_that_select_nothing() {
    let nothing = ["warning istio-selector-no-workload spec.selector"];
    let strict = json!({"selector": {"matchLabels": {"app": "wbe"}}});
    found(&[policy("dev", "a", "web", false), pod()], &[]);
    found(&[policy("istio-system", "a", "web", false), pod()], &[]);
    found(&[policy("lab", "a", "web", false), pod()], &nothing);
    found(&[policy("dev", "a", "wbe", false), pod()], &nothing);
    found(&[policy("dev", "a", "wbe", false)], &[]);
    found(&[peer("dev", "a", "", &strict), pod()], &nothing);
}

#[test]
fn dry_runs_that_leave_nothing_denied() {
    let alone = ["warning istio-dry-run-no-allow metadata.annotations"];
    let dry = || policy("dev", "a", "web", true);
    found(&[dry()], &alone);
    found(&[dry(), policy("dev", "b", "web", false)], &[]);
    found(&[dry(), policy("istio-system", "b", "web", false)], &[]);
    found(&[dry(), policy("lab", "b", "web", false)], &alone);
}

#[test]
fn peer_authentications_without_effect() {
    let selected = json!({"selector": {"matchLabels": {"app": "web"}}});
    found(
        &[peer("istio-system", "a", "", &selected)],
        &["warning istio-root-selector spec.selector"],
    );
    let (early, late) = ("2024-01-01T00:00:00Z", "2025-01-01T00:00:00Z");
    let one = |created| peer("dev", "a", created, &json!({"mtls": {"mode": "STRICT"}}));
    let other = |created| peer("dev", "b", created, &json!({"mtls": {"mode": "DISABLE"}}));
    let loser = |objects: &[Value]| {
        let warnings = load(objects).warnings.list;
        let codes: Vec<_> = warnings.iter().map(|warning| warning.code).collect();
        assert_eq!(codes, ["istio-several-peer-authentications"]);
        warnings[0].object.clone()
    };
    assert_eq!(
        loser(&[one(early), other(late)]),
        "PeerAuthentication dev/b"
    );
    assert_eq!(
        loser(&[one(late), other(early)]),
        "PeerAuthentication dev/a"
    );
    assert_eq!(
        loser(&[other(early), one(early)]),
        "PeerAuthentication dev/b"
    );
    found(&[one(early), peer("dev", "b", late, &selected), pod()], &[]);
}
