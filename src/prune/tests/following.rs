//! Fleets that change, and the views that follow them.

use super::{audience, mesh, namespace, object, others, pod, policy};
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
