//! What a rule can tell apart stays apart in a view.

use super::{kept, mesh, object, policy, view_of};
use crate::bundle::Object;
use serde_json::{Value, json};
use std::collections::BTreeSet;

/// A pod of one account, with a port of this name.
fn resolver(name: &str, address: &str, port: &Value) -> Object {
    let number = port.clone();
    let container = match number["sort"].as_str() {
        Some("init") => json!({"initContainers": [{"ports": [port["port"]]}]}),
        Some("sidecar") => {
            json!({"initContainers": [{"ports": [port["port"]], "restartPolicy": "Always"}]})
        }
        _ => json!({"containers": [{"ports": [port["port"]]}]}),
    };
    let mut spec = container;
    spec["serviceAccountName"] = json!("dns");
    object(json!({"apiVersion": "v1", "kind": "Pod",
        "metadata": {"name": name, "namespace": "ops"},
        "spec": spec, "status": {"podIP": address}}))
}

/// Groups are named after what tells them apart, and of two with one name one would be lost.
#[test]
fn groups_that_differ_in_their_ports_are_two() {
    let dns = |protocol: &str, number: u16, sort: &str| {
        json!({"sort": sort,
            "port": {"name": "dns", "containerPort": number, "protocol": protocol}})
    };
    let usual = dns("UDP", 53, "main");
    for other in [
        dns("TCP", 53, "main"),
        dns("UDP", 5353, "main"),
        dns("UDP", 53, "sidecar"),
        dns("UDP", 53, "init"),
    ] {
        let rules =
            json!([{"action": "Allow", "protocol": "UDP", "destination": {"ports": ["dns"]}}]);
        let objects = mesh(vec![
            policy(None, "Egress", rules),
            resolver("one", "10.0.2.1", &usual),
            resolver("two", "10.0.2.2", &other),
        ]);
        let view = view_of(objects, false);
        let groups = view.store().objects().filter_map(|object| {
            let value: Value = serde_json::from_str(&object.text).unwrap();
            let is_of_dns = value["spec"]["serviceAccount"] == "dns";
            is_of_dns.then(|| value["spec"]["addresses"].to_string())
        });
        let groups: BTreeSet<String> = groups.collect();
        let expected = [r#"["10.0.2.1"]"#, r#"["10.0.2.2"]"#].map(str::to_owned);
        assert_eq!(groups, BTreeSet::from(expected), "{other}");
    }
}

/// Where a rule says who the peer is not, a stolen certificate of anyone must be known for one.
#[test]
fn everyone_is_kept_where_a_rule_says_who_the_peer_is_not() {
    let rule = |source: Value| {
        object(
            json!({"apiVersion": "security.istio.io/v1", "kind": "AuthorizationPolicy",
            "metadata": {"name": "p", "namespace": "dev"},
            "spec": {"selector": {"matchLabels": {"app": "web"}},
                "rules": [{"from": [{"source": source}]}]}}),
        )
    };
    let all = ["dev/api", "dev/web", "ops/done?", "ops/job"];
    let api = "cluster.local/ns/dev/sa/api";
    for (source, expected) in [
        (json!({"principals": [api]}), &all[..1]),
        (json!({"notPrincipals": [api]}), &all[..]),
        (
            json!({"principals": [api], "notNamespaces": ["ops"]}),
            &all[..],
        ),
        (
            json!({"principals": [api], "notPrincipals": ["cluster.local/ns/dev/sa/web"]}),
            &all[..],
        ),
    ] {
        let view = view_of(mesh(vec![rule(source.clone())]), false);
        assert_eq!(kept(&view), expected, "{source}");
    }
}
