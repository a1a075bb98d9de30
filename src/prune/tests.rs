//! What a pruned bundle holds, clause by clause. That it decides as the whole one does is for the
//! property tests (tests/differential/pruning.rs).

mod following;
mod telling_apart;

use super::{Change, Fleet, View};
use crate::bundle::{Audience, Object};
use crate::problem::Problems;
use crate::resources::{self, Strictness};
use serde_json::{Value, json};
use std::collections::BTreeSet;

fn object(value: Value) -> Object {
    Object::new(value).unwrap()
}

fn pod(name: &str, account: &str, app: &str, addresses: &[&str]) -> Object {
    let (namespace, name) = name.split_once('/').unwrap();
    let ips: Vec<Value> = addresses.iter().map(|ip| json!({"ip": ip})).collect();
    object(json!({"apiVersion": "v1", "kind": "Pod",
        "metadata": {"name": name, "namespace": namespace, "uid": "1",
            "labels": {"app": app, "hash": name}},
        "spec": {"serviceAccountName": account, "nodeName": "n",
            "containers": [{"name": "c", "ports": [{"name": app, "containerPort": 80}]}]},
        "status": {"podIPs": ips}}))
}

fn namespace(name: &str, team: &str) -> Object {
    object(json!({"apiVersion": "v1", "kind": "Namespace",
        "metadata": {"name": name, "labels": {"team": team, "other": "x"}}}))
}

fn set(name: &str, color: &str, nets: &[&str]) -> Object {
    object(
        json!({"apiVersion": "projectcalico.org/v3", "kind": "GlobalNetworkSet",
        "metadata": {"name": name, "labels": {"color": color, "other": "x"}},
        "spec": {"nets": nets}}),
    )
}

/// A policy for `dev/web` alone.
fn policy(namespace: Option<&str>, direction: &str, rules: Value) -> Object {
    let (kind, types) = match namespace {
        Some(_) => ("NetworkPolicy", direction),
        None => ("GlobalNetworkPolicy", direction),
    };
    let list = direction.to_lowercase();
    let mut policy = json!({"apiVersion": "projectcalico.org/v3", "kind": kind,
        "metadata": {"name": "p"}, "spec": {"selector": "app == 'web'", "types": [types]}});
    if let Some(namespace) = namespace {
        policy["metadata"]["namespace"] = json!(namespace);
    }
    policy["spec"][list] = rules;
    object(policy)
}

/// Two namespaces; two workloads in each, one of them labelled for its own rules.
fn mesh(more: Vec<Object>) -> Vec<Object> {
    let mut objects = vec![
        namespace("dev", "a"),
        namespace("ops", "b"),
        pod("dev/web", "web", "web", &["10.0.0.1"]),
        pod("dev/api", "api", "api", &["10.0.0.2"]),
        pod("ops/job", "job", "job", &["10.0.1.1"]),
        pod("ops/done", "done", "done", &[]),
    ];
    objects.extend(more);
    objects
}

fn audience(by_principal: bool) -> Audience {
    Audience {
        namespace: "dev".to_owned(),
        pod: "web".to_owned(),
        by_principal,
    }
}

fn view_of(objects: Vec<Object>, by_principal: bool) -> View {
    let fleet = Fleet::load(objects).unwrap();
    fleet.view(&audience(by_principal)).unwrap()
}

/// The identities of the groups of a view; with `?` where no address of theirs is there.
fn kept(view: &View) -> Vec<String> {
    let values = view.store().objects().map(|object| {
        let value: Value = serde_json::from_str(&object.text).unwrap();
        value
    });
    let groups = values.filter(|value| value["kind"] == "WorkloadGroup");
    let names = groups.map(|group| {
        let text = |key| group["spec"][key].as_str().unwrap().to_owned();
        let addresses = group["spec"]["addresses"].as_array();
        let is_somewhere = addresses.is_some_and(|addresses| !addresses.is_empty());
        let mark = if is_somewhere { "" } else { "?" };
        format!("{}/{}{mark}", text("namespace"), text("serviceAccount"))
    });
    let names: BTreeSet<String> = names.collect();
    names.into_iter().collect()
}

fn others(view: &View) -> Vec<String> {
    let objects = view.store().objects();
    let objects = objects.filter(|object| object.key.kind != "WorkloadGroup");
    objects.map(|object| object.key.to_string()).collect()
}

#[test]
#[allow(clippy::too_many_lines, reason = "one table")]
fn identities_are_kept_where_a_rule_can_tell() {
    let from = |source: Value| json!([{"action": "Allow", "source": source}]);
    let to = |destination: Value| json!([{"action": "Allow", "protocol": "TCP", "destination": destination}]);
    let any = None;
    let dev = Some("dev");
    let all = &["dev/api", "dev/web", "ops/done?", "ops/job"][..];
    let none = &["dev/api?", "dev/web?", "ops/done?", "ops/job?"][..];
    let job = &["dev/api?", "dev/web?", "ops/done?", "ops/job"][..];
    for (namespace, direction, rules, expected, by_principal) in [
        // Nothing is asked of anyone.
        (
            any,
            "Ingress",
            json!([{"action": "Allow"}]),
            &[][..],
            &[][..],
        ),
        (
            any,
            "Ingress",
            from(json!({"nets": ["10.0.0.0/8"]})),
            &[],
            &[],
        ),
        // Whom a selector matches. Of the others it must be known which labels they have, or they
        // might be pods that nobody knows.
        (
            any,
            "Ingress",
            from(json!({"selector": "app == 'api'"})),
            &["dev/api", "dev/web?", "ops/done?", "ops/job?"],
            all,
        ),
        (
            any,
            "Ingress",
            from(json!({"selector": "app == 'done'"})),
            none,
            all,
        ),
        (
            dev,
            "Ingress",
            from(json!({"selector": "app == 'api'"})),
            &["dev/api", "dev/web?"],
            &["dev/api", "dev/web"],
        ),
        (
            dev,
            "Ingress",
            from(json!({"selector": "app == 'job'"})),
            &["dev/api?", "dev/web?"],
            &["dev/api", "dev/web"],
        ),
        // What follows from the identity needs no workload where the certificate counts.
        (
            any,
            "Ingress",
            from(json!({"selector": "pcns.team == 'b'"})),
            &["ops/done?", "ops/job"],
            &["ops/done?", "ops/job"],
        ),
        // An address outside every set is True: a stolen certificate must be told from that.
        (
            any,
            "Ingress",
            from(json!({"notSelector": "color == 'red'"})),
            all,
            all,
        ),
        (
            any,
            "Ingress",
            from(json!({"notSelector": "color == 'red'", "nets": ["10.0.1.0/24"]})),
            job,
            all,
        ),
        // A set matches the selector around ops/job, and only an identity clause asks for more.
        (
            any,
            "Ingress",
            from(json!({"selector": "color == 'blue'"})),
            none,
            all,
        ),
        (
            any,
            "Ingress",
            from(json!({"selector": "color == 'blue'", "namespaceSelector": "!has(none)"})),
            job,
            all,
        ),
        // Named ports at the peer.
        (any, "Ingress", to(json!({"ports": ["web"]})), &[], &[]),
        (
            any,
            "Ingress",
            json!([{"action": "Allow", "protocol": "TCP", "source": {"ports": ["job"]}}]),
            &["ops/job"],
            all,
        ),
        (
            any,
            "Egress",
            to(json!({"ports": ["job"]})),
            &["ops/job"],
            &["ops/job"],
        ),
        (
            any,
            "Egress",
            to(json!({"ports": ["job"], "nets": ["10.0.0.0/24"]})),
            &[],
            &[],
        ),
        (
            any,
            "Egress",
            to(json!({"ports": ["job"], "selector": "app == 'api'"})),
            &["dev/api"],
            &["dev/api"],
        ),
        // Whom is called shows no certificate: only its address counts.
        (
            any,
            "Egress",
            to(json!({"selector": "app in {'api', 'done'}"})),
            &["dev/api"],
            &["dev/api"],
        ),
        (
            any,
            "Egress",
            to(json!({"selector": "app == 'api'", "nets": ["10.0.1.0/24"]})),
            &[],
            &[],
        ),
        (
            any,
            "Egress",
            to(json!({"notSelector": "color == 'red'"})),
            &[],
            &[],
        ),
        (
            any,
            "Egress",
            to(json!({"notSelector": "app == 'api'"})),
            &["dev/api"],
            &["dev/api"],
        ),
    ] {
        let sets = [
            set("blue", "blue", &["10.0.1.0/24"]),
            set("red", "red", &["192.0.2.0/24"]),
        ];
        let mut more = sets.to_vec();
        more.push(policy(namespace, direction, rules.clone()));
        let objects = mesh(more);
        let case = format!("{namespace:?} {direction} {rules}");
        assert_eq!(kept(&view_of(objects.clone(), false)), expected, "{case}");
        assert_eq!(
            kept(&view_of(objects, true)),
            by_principal,
            "{case} by principal"
        );
    }
}

#[test]
fn identities_that_share_an_address_are_kept_together() {
    let rules = json!([{"action": "Allow", "source": {"selector": "app == 'job'"}}]);
    let chain = vec![
        policy(None, "Ingress", rules),
        pod("ops/a", "a", "x", &["10.0.1.1", "10.0.1.2"]),
        pod("ops/b", "b", "x", &["10.0.1.2"]),
        pod("ops/c", "c", "x", &["10.0.1.3"]),
    ];
    let view = view_of(mesh(chain), false);
    let alone = ["dev/api?", "dev/web?", "ops/c?", "ops/done?"];
    let together = ["ops/a", "ops/b", "ops/job"];
    let mut expected = [&alone[..], &together].concat();
    expected.sort_unstable();
    assert_eq!(kept(&view), expected);
}

#[test]
fn a_bundle_that_knows_addresses_keeps_one() {
    let mut objects = mesh(Vec::new());
    objects.retain(|object| object.key.name != "web");
    objects.push(pod("dev/web", "web", "web", &[]));
    assert_eq!(kept(&view_of(objects, false)), ["dev/api"]);
    assert!(kept(&view_of(mesh(Vec::new()), false)).is_empty());
}

#[test]
fn what_no_rule_tells_apart_is_left_out() {
    let rules = json!([{"action": "Allow", "source":
        {"namespaceSelector": "team == 'b'", "selector": "color == 'red'"}}]);
    let other = json!({"apiVersion": "projectcalico.org/v3", "kind": "GlobalNetworkPolicy",
        "metadata": {"name": "other"}, "spec": {"selector": "app == 'api'"}});
    let tier = |name: &str| {
        object(json!({"apiVersion": "projectcalico.org/v3", "kind": "Tier",
            "metadata": {"name": name}, "spec": {"order": 1}}))
    };
    let view = view_of(
        mesh(vec![
            policy(None, "Ingress", rules),
            object(other),
            tier("t1"),
            tier("default-2"),
            set("red", "red", &["192.0.2.0/24"]),
            set("blue", "blue", &["192.0.3.0/24"]),
            namespace("far", "c"),
            namespace("near", "b"),
        ]),
        false,
    );
    let expected = [
        "GlobalNetworkPolicy p",
        "Namespace near",
        "Namespace ops",
        "Pod dev/web",
    ];
    let mut found = others(&view);
    found.sort();
    assert_eq!(found, expected);
    let near = view
        .store()
        .objects()
        .find(|object| object.key.name == "near");
    assert!(!near.unwrap().text.contains("other"), "labels are trimmed");
}

#[test]
fn addresses_are_folded_into_small_objects() {
    let rules = json!([{"action": "Allow", "source": {"selector": "app == 'job'"}}]);
    let mut objects = mesh(vec![policy(None, "Ingress", rules)]);
    let job = |number: usize| {
        let address = format!("10.1.{}.{}", number / 250, number % 250);
        pod(&format!("ops/j{number}"), "job", "job", &[&address])
    };
    objects.extend((0..500).map(job));
    let mut fleet = Fleet::load(objects).unwrap();
    let mut view = fleet.view(&audience(false)).unwrap();
    let largest = view.store().objects().map(|object| object.text.len()).max();
    assert!(largest < Some(400), "{largest:?}");
    let effect = fleet.apply(vec![job(500)], Vec::new()).unwrap();
    let change = view.follow(&fleet, &effect).unwrap().unwrap();
    let Change { upsert, remove, .. } = change;
    assert!(upsert.len() + remove.len() <= 3, "{upsert:?} {remove:?}");
}

#[test]
fn a_fleet_takes_what_the_loader_takes() {
    let mut crd = json!({"apiVersion": "crd.projectcalico.org/v1", "kind": "GlobalNetworkPolicy",
        "metadata": {"name": "p"}, "spec": {}});
    let node = json!({"apiVersion": "v1", "kind": "Node", "metadata": {"name": "n"}});
    let delete = json!({"apiVersion": "projectcalico.org/v3", "kind": "StagedNetworkPolicy",
        "metadata": {"name": "d"}, "spec": {"stagedAction": "Delete"}});
    let mut delete_again = delete.clone();
    delete_again["metadata"]["namespace"] = json!("default");
    let here = policy(None, "Ingress", json!([]));
    let there = object(crd.clone());
    crd["spec"]["typo"] = json!(1);
    for objects in [
        vec![here.clone()],
        vec![here.clone(), there.clone()],
        vec![here.clone(), here.clone()],
        vec![object(node.clone()), object(node)],
        vec![object(delete.clone())],
        vec![object(delete), object(delete_again)],
        vec![here.clone(), object(crd)],
        vec![object(
            json!({"apiVersion": "v1", "kind": "Secret", "metadata": {"name": "s"}}),
        )],
    ] {
        let values: Vec<Value> = objects
            .iter()
            .map(|object| serde_json::from_str(&object.text).unwrap())
            .collect();
        let expected = resources::decode(&values, Strictness::Heliast).map(drop);
        let loaded = Fleet::load(objects).map(drop);
        assert_eq!(loaded.is_ok(), expected.is_ok(), "{values:?}");
        let (Err(found), Err(expected)) = (loaded, expected) else {
            continue;
        };
        let gist = |problems: &Problems| -> Vec<_> {
            let list = problems.errors();
            list.map(|problem| (problem.code, problem.document))
                .collect()
        };
        assert_eq!(gist(&found), gist(&expected));
    }
    let mut fleet = Fleet::load([here.clone()]).unwrap();
    let refused = fleet.apply(vec![there.clone()], Vec::new()).unwrap_err();
    assert!(refused.to_string().contains("defined twice"), "{refused}");
    assert_eq!(fleet.store().len(), 1);
    fleet.apply(vec![there], vec![(*here.key).clone()]).unwrap();
    assert!(fleet.store().get(&here.key).is_none());
}
