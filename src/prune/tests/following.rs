//! Fleets that change, and the views that follow them.

use super::{audience, kept, mesh, namespace, object, others, pod, policy, set};
use crate::bundle::ObjectKey;
use crate::prune::{Fleet, Gone};
use serde_json::json;

#[test]
fn nothing_of_a_refused_change_is_applied() {
    let mut fleet = Fleet::load(mesh(Vec::new())).unwrap();
    let before = fleet.revision();
    let bad = object(json!({"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "B"}}));
    let good = pod("dev/new", "new", "new", &["10.0.0.9"]);
    let web: ObjectKey = (*mesh(Vec::new())[2].key).clone();
    let problems = fleet.apply(vec![good, bad], vec![web]).unwrap_err();
    assert_eq!(problems.list[0].document, 1);
    assert_eq!(fleet.revision(), before);
    assert!(fleet.view(&audience(false)).is_some());
}

#[test]
fn a_view_ends_with_its_pod() {
    let objects = mesh(Vec::new());
    let web: ObjectKey = (*objects[2].key).clone();
    let mut fleet = Fleet::load(objects).unwrap();
    let mut view = fleet.view(&audience(false)).unwrap();
    let effect = fleet.apply(Vec::new(), vec![web]).unwrap();
    assert_eq!(view.follow(&fleet, &effect), Err(Gone));
    assert!(fleet.view(&audience(false)).is_none());
    assert_eq!(fleet.pods().count(), 3);
}

/// Its own namespace decides which policies select a workload, without any of them asking for it
/// of a peer.
#[test]
fn a_view_follows_the_labels_of_its_own_namespace() {
    let mut selects = policy(None, "Ingress", json!([{"action": "Allow"}]));
    let text = selects.text.replace(
        r#""selector":"app == 'web'""#,
        r#""namespaceSelector":"team == 'b'","selector":"app == 'web'""#,
    );
    assert_ne!(*selects.text, *text);
    selects = object(serde_json::from_str(&text).unwrap());
    let mut fleet = Fleet::load(mesh(vec![selects])).unwrap();
    let mut view = fleet.view(&audience(false)).unwrap();
    let has_policy =
        |view: &super::View| others(view).contains(&"GlobalNetworkPolicy p".to_owned());
    assert!(!has_policy(&view));
    for (team, expected) in [("b", true), ("c", false), ("b", true)] {
        let effect = fleet
            .apply(vec![namespace("dev", team)], Vec::new())
            .unwrap();
        view.follow(&fleet, &effect).unwrap();
        assert_eq!(has_policy(&view), expected, "{team}");
        let again = fleet.view(&audience(false)).unwrap();
        assert_eq!(view.revision(), again.revision(), "{team}");
    }
}

/// A network set decides whose addresses must be known, without a rule naming any of them.
#[test]
fn a_view_follows_the_network_sets() {
    let source = json!({"selector": "color == 'blue'", "namespaceSelector": "!has(none)"});
    let rules = json!([{"action": "Allow", "source": source}]);
    let about = policy(None, "Ingress", rules);
    let mut fleet = Fleet::load(mesh(vec![about, set("s", "red", &["10.0.1.0/24"])])).unwrap();
    let mut view = fleet.view(&audience(false)).unwrap();
    for (color, net) in [
        ("blue", "10.0.1.0/24"),
        ("blue", "192.0.2.0/24"),
        ("blue", "10.0.0.0/8"),
        ("red", "10.0.0.0/8"),
    ] {
        let effect = fleet.apply(vec![set("s", color, &[net])], Vec::new());
        view.follow(&fleet, &effect.unwrap()).unwrap();
        let again = fleet.view(&audience(false)).unwrap();
        assert_eq!(kept(&view), kept(&again), "{color} {net}");
        assert_eq!(view.revision(), again.revision(), "{color} {net}");
    }
}

/// A policy of Kubernetes' administrators for `dev/web`, which has nodes for peers.
fn about_nodes() -> crate::bundle::Object {
    object(json!({
        "apiVersion": "policy.networking.k8s.io/v1alpha2", "kind": "ClusterNetworkPolicy",
        "metadata": {"name": "nodes"},
        "spec": {"tier": "Admin", "priority": 1, "subject": {"namespaces": {"matchLabels": {"team": "a"}}},
            "egress": [{"action": "Deny", "to": [{"nodes": {}}]}]}}))
}

fn node(address: &str) -> crate::bundle::Object {
    object(json!({
        "apiVersion": "v1", "kind": "Node",
        "metadata": {"name": "n", "labels": {"role": "worker"}, "annotations": {"a": "b"}},
        "spec": {"podCIDR": "10.0.0.0/24"},
        "status": {"addresses": [{"type": "InternalIP", "address": address}, {"type": "Hostname", "address": "n"}]}}))
}

#[test]
fn nodes_are_in_the_views_that_ask_for_them() {
    let mut fleet = Fleet::load(mesh(vec![about_nodes(), node("10.0.9.1")])).unwrap();
    let other = Fleet::load(mesh(vec![node("10.0.9.1")])).unwrap();
    let has_node = |view: &super::View| others(view).contains(&"Node n".to_owned());
    assert!(!has_node(&other.view(&audience(false)).unwrap()));
    let mut view = fleet.view(&audience(false)).unwrap();
    assert!(has_node(&view));
    let key: ObjectKey = (*node("10.0.9.1").key).clone();
    for (upsert, remove, expected) in [
        (vec![node("10.0.9.2")], vec![], true),
        (vec![], vec![key], false),
        (vec![node("10.0.9.3")], vec![], true),
    ] {
        let effect = fleet.apply(upsert, remove).unwrap();
        assert!(view.follow(&fleet, &effect).unwrap().is_some());
        assert_eq!(has_node(&view), expected);
        let again = fleet.view(&audience(false)).unwrap();
        assert_eq!(view.revision(), again.revision());
    }
}

/// Kubernetes policy stands elsewhere once there is policy of Calico, whomever that selects.
#[test]
fn a_view_knows_that_there_is_policy_of_calico() {
    let mut fleet = Fleet::load(mesh(vec![about_nodes()])).unwrap();
    let mut view = fleet.view(&audience(false)).unwrap();
    let is_marked = |view: &super::View| others(view).contains(&"Tier default".to_owned());
    let calico = |kind: &str| {
        object(json!({"apiVersion": "projectcalico.org/v3", "kind": kind,
            "metadata": {"name": "q"}, "spec": {"selector": "app == 'job'", "types": ["Ingress"]}}))
    };
    let enforced = calico("GlobalNetworkPolicy");
    let key: ObjectKey = (*enforced.key).clone();
    for (upsert, remove, expected) in [
        (vec![calico("StagedGlobalNetworkPolicy")], vec![], false),
        (vec![enforced], vec![], true),
        (vec![], vec![key], false),
    ] {
        let effect = fleet.apply(upsert, remove).unwrap();
        view.follow(&fleet, &effect).unwrap();
        assert_eq!(is_marked(&view), expected);
        let again = fleet.view(&audience(false)).unwrap();
        assert_eq!(view.revision(), again.revision());
    }
}

#[test]
fn a_view_keeps_where_its_pod_is() {
    let placed = object(json!({"apiVersion": "v1", "kind": "Pod",
        "metadata": {"name": "web", "namespace": "dev", "labels": {"app": "web"}},
        "spec": {"serviceAccountName": "web", "hostNetwork": true},
        "status": {"podIPs": [{"ip": "10.0.9.1"}], "hostIP": "10.0.9.1"}}));
    let fleet = Fleet::load(vec![placed, pod("dev/api", "api", "api", &["10.0.0.2"])]).unwrap();
    let view = fleet.view(&audience(false)).unwrap();
    let own = view
        .store()
        .objects()
        .find(|object| object.key.kind == "Pod");
    let own: serde_json::Value = serde_json::from_str(&own.unwrap().text).unwrap();
    assert_eq!(own["spec"]["hostNetwork"], true);
    assert_eq!(own["status"]["hostIPs"], json!([{"ip": "10.0.9.1"}]));
}

/// A view may follow several changes at once, and neither an earlier nor a later one is forgotten.
#[test]
fn a_view_follows_what_several_changes_touched() {
    let calico = object(
        json!({"apiVersion": "projectcalico.org/v3", "kind": "GlobalNetworkPolicy",
        "metadata": {"name": "q"}, "spec": {"selector": "app == 'job'", "types": ["Ingress"]}}),
    );
    let blue = json!([{"action": "Allow", "source": {"selector": "color == 'blue'"}}]);
    let about_blue = policy(None, "Ingress", blue);
    for (about, first) in [
        (about_nodes(), node("10.0.9.2")),
        (about_nodes(), calico),
        (about_blue, set("s", "blue", &["192.0.2.0/24"])),
    ] {
        let about = vec![about, node("10.0.9.1")];
        let api = pod("dev/api", "api", "api", &["10.0.0.7"]);
        for [one, other] in [[first.clone(), api.clone()], [api, first.clone()]] {
            let mut fleet = Fleet::load(mesh(about.clone())).unwrap();
            let mut view = fleet.view(&audience(false)).unwrap();
            let before = view.revision();
            let mut effect = fleet.apply(vec![one], Vec::new()).unwrap();
            effect.merge(fleet.apply(vec![other], Vec::new()).unwrap());
            view.follow(&fleet, &effect).unwrap();
            let again = fleet.view(&audience(false)).unwrap();
            assert_ne!(view.revision(), before, "{}", first.key);
            assert_eq!(view.revision(), again.revision(), "{}", first.key);
        }
    }
}

/// Who was kept for the company of another is not, once they share no address any more.
#[test]
fn a_view_lets_go_of_those_whom_a_group_had_in_common() {
    let group = |addresses: &[&str]| {
        object(
            json!({"apiVersion": "heliast.dev/v1alpha1", "kind": "WorkloadGroup",
            "metadata": {"name": "g"}, "spec": {"namespace": "ops", "serviceAccount": "g",
                "labels": {"app": "g"}, "addresses": addresses}}),
        )
    };
    let rules = json!([{"action": "Allow", "source": {"selector": "app == 'job'"}}]);
    let both = ["10.0.0.2", "10.0.1.1"];
    let about = policy(None, "Ingress", rules);
    let key: ObjectKey = (*group(&both).key).clone();
    for (upsert, remove) in [
        (vec![], vec![key]),
        (vec![group(&["10.0.0.2"])], vec![]),
        (vec![group(&["10.0.1.1"])], vec![]),
    ] {
        let mut fleet = Fleet::load(mesh(vec![about.clone(), group(&both)])).unwrap();
        let mut view = fleet.view(&audience(false)).unwrap();
        assert!(kept(&view).contains(&"dev/api".to_owned()));
        let effect = fleet.apply(upsert, remove).unwrap();
        view.follow(&fleet, &effect).unwrap();
        // One that never knew of what they had in common.
        let fresh = Fleet::load(fleet.store().objects().cloned()).unwrap();
        let again = fresh.view(&audience(false)).unwrap();
        assert_eq!(kept(&view), kept(&again));
        assert!(!kept(&view).contains(&"dev/api".to_owned()));
        assert_eq!(view.revision(), again.revision());
    }
}

/// The labels of a namespace are those of its network sets too.
#[test]
fn a_view_follows_the_labels_of_the_namespaces_of_network_sets() {
    let near = object(
        json!({"apiVersion": "projectcalico.org/v3", "kind": "NetworkSet",
        "metadata": {"name": "near", "namespace": "ops", "labels": {"color": "blue"}},
        "spec": {"nets": ["10.0.0.2/32"]}}),
    );
    let source = json!({"selector": "color == 'blue'", "namespaceSelector": "team == 'b'"});
    let rules = json!([{"action": "Allow", "source": source}]);
    let mut fleet = Fleet::load(mesh(vec![policy(None, "Ingress", rules), near])).unwrap();
    let mut view = fleet.view(&audience(false)).unwrap();
    for team in ["c", "b", "c"] {
        let effect = fleet
            .apply(vec![namespace("ops", team)], Vec::new())
            .unwrap();
        view.follow(&fleet, &effect).unwrap();
        let objects = view.store().objects().cloned().collect::<Vec<_>>();
        let afresh = Fleet::load(fleet.store().objects().cloned()).unwrap();
        let again = afresh.view(&audience(false)).unwrap();
        let expected: Vec<_> = again.store().objects().cloned().collect();
        assert_eq!(objects, expected, "{team}");
    }
}
