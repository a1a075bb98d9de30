//! What is remembered of peers, and when it is not any more.

use super::{ATTACK_ADDRESS, FakeHost, SUMMARY, SUMMARY_ADDRESS, enforcer, pod};
use crate::bundle::Bundle;
use crate::config::PluginConfig;
use crate::enforcer::Enforcer;
use crate::host::{Number, Text};
use crate::model::Change;
use crate::program::Node;
use crate::verdict::Decision::{Allow, Deny};
use serde_json::json;
use std::collections::BTreeMap;

/// One peer, to whom requests may go and from whom none may come.
#[test]
fn a_peer_is_remembered_for_each_direction() {
    let policy = json!({"apiVersion": "projectcalico.org/v3", "kind": "GlobalNetworkPolicy",
        "metadata": {"name": "database"},
        "spec": {"selector": "app == 'database'", "types": ["Ingress", "Egress"],
            "ingress": [{"action": "Deny"}], "egress": [{"action": "Allow"}]}});
    let config = json!({
        "workload": {"namespace": "default", "name": "database"},
        "bundle": {"inline": {"resources": [policy, pod("database", "127.0.10.3")]}},
    });
    let config = PluginConfig::from_value(&config).unwrap();
    let bundle = Bundle::load(config.inline()).unwrap();
    let both = Enforcer::new(config, &Node::default(), &bundle).unwrap();
    let at = |direction| {
        let mut host = FakeHost::from(SUMMARY_ADDRESS, None);
        host.texts
            .push((Text::DestinationAddress, b"127.0.10.2:80"));
        host.numbers = vec![(Number::ListenerDirection, direction)];
        both.rule(&host).decision
    };
    assert_eq!([at(1), at(2), at(1), at(2)], [Deny, Allow, Deny, Allow]);
}

/// A peer that is alike to both programs has other rules in each.
#[test]
fn rules_are_shared_in_their_own_direction_alone() {
    let policy = json!({"apiVersion": "projectcalico.org/v3", "kind": "GlobalNetworkPolicy",
        "metadata": {"name": "database"},
        "spec": {"selector": "app == 'database'", "types": ["Ingress", "Egress"],
            "ingress": [{"action": "Deny"}],
            "egress": [{"action": "Deny", "http": {"paths": [{"exact": "/other"}]}},
                {"action": "Allow"}]}});
    let config = json!({
        "workload": {"namespace": "default", "name": "database"},
        "bundle": {"inline": {"resources": [policy, pod("database", "127.0.10.3")]}},
    });
    let config = PluginConfig::from_value(&config).unwrap();
    let bundle = Bundle::load(config.inline()).unwrap();
    for directions in [[1, 2], [2, 1]] {
        let both = Enforcer::new(config.clone(), &Node::default(), &bundle).unwrap();
        let decisions = directions.map(|direction| {
            let mut host = FakeHost::from(SUMMARY_ADDRESS, None);
            host.texts
                .push((Text::DestinationAddress, b"127.0.10.2:80"));
            host.numbers = vec![(Number::ListenerDirection, direction)];
            both.rule(&host).decision
        });
        let expected = directions.map(|direction| if direction == 1 { Deny } else { Allow });
        assert_eq!(decisions, expected);
    }
}

#[test]
fn what_was_remembered_of_peers_is_forgotten_when_pods_change() {
    let config = json!({
        "workload": {"namespace": "default", "name": "database"},
        "direction": "Ingress",
        "bundle": {"inline": {"resources": [
            {"apiVersion": "projectcalico.org/v3", "kind": "GlobalNetworkPolicy",
                "metadata": {"name": "database"},
                "spec": {"selector": "app == 'database'", "types": ["Ingress"], "ingress": [
                    {"action": "Allow", "source": {"serviceAccounts": {"names": ["summary"]}}}]}},
            pod("database", "127.0.10.3"),
            pod("summary", SUMMARY_ADDRESS),
        ]}},
    });
    let config = PluginConfig::from_value(&config).unwrap();
    let bundle = Bundle::load(config.inline()).unwrap();
    let before = Enforcer::new(config, &Node::default(), &bundle).unwrap();
    let mut host = FakeHost::from(SUMMARY_ADDRESS, Some(SUMMARY));
    host.numbers = vec![(Number::ConnectionId, 7)];
    assert_eq!(before.rule(&host).decision, Allow);
    let name = ("default".to_owned(), "summary".to_owned());
    let gone = BTreeMap::from([(name, Change::Gone)]);
    assert!(
        bundle
            .model
            .directory
            .change(|directory| directory.apply(&gone))
    );
    assert_eq!(before.rule(&host).decision, Allow, "it is remembered");
    let after = before.renewed(bundle.revision);
    assert_eq!(after.rule(&host).decision, Deny, "its pod is gone");
}

/// The last id is kept for whoever tries again, and is not that of another rule.
#[test]
fn a_denial_id_is_remembered_for_its_rule_alone() {
    let denied = |path: &str| json!({"action": "Deny", "http": {"paths": [{"exact": path}]}});
    let policy = json!({"apiVersion": "projectcalico.org/v3", "kind": "GlobalNetworkPolicy",
        "metadata": {"name": "database"},
        "spec": {"selector": "app == 'database'", "types": ["Ingress"],
            "ingress": [denied("/a"), denied("/b")]}});
    let resources = json!([policy, pod("database", "127.0.10.3")]);
    let enforcer = enforcer(&json!({"bundle": {"inline": {"resources": resources}}}));
    let ids = ["/a", "/b", "/b", "/a"].map(|path| {
        let mut host = FakeHost::from(ATTACK_ADDRESS, None);
        host.headers = vec![(":method", "GET"), (":path", path)];
        enforcer.denial_id(&enforcer.rule(&host))
    });
    let [first, second, ..] = &ids;
    assert_ne!(first, second);
    assert_eq!(ids, [first, second, second, first].map(String::clone));
}

#[test]
fn a_header_may_have_chosen_the_source_port() {
    let policy = json!({"apiVersion": "projectcalico.org/v3", "kind": "GlobalNetworkPolicy",
        "metadata": {"name": "database"},
        "spec": {"selector": "app == 'database'", "types": ["Ingress"], "ingress": [
            {"action": "Allow", "protocol": "TCP", "source": {"ports": [7000]}}]}});
    let resources = json!([policy, pod("database", "127.0.10.3")]);
    let enforcer = enforcer(&json!({"bundle": {"inline": {"resources": resources}}}));
    let mut host = FakeHost::from(ATTACK_ADDRESS, None);
    host.numbers = vec![(Number::SourcePort, 7000)];
    assert_eq!(enforcer.rule(&host).decision, Allow);
    host.headers.push(("x-forwarded-for", "127.0.10.4:7000"));
    assert_eq!(enforcer.rule(&host).decision, Deny);
}

/// The node's labels are those of its start; those of the pod follow the cluster.
#[test]
fn the_labels_of_the_pod_count_before_those_of_the_node() {
    let policy = json!({"apiVersion": "projectcalico.org/v3", "kind": "GlobalNetworkPolicy",
        "metadata": {"name": "database"},
        "spec": {"selector": "app == 'database'", "types": ["Ingress"], "ingress": []}});
    let config = json!({
        "direction": "Ingress",
        "bundle": {"inline": {"resources": [policy, pod("database", "127.0.10.3")]}},
    });
    let config = PluginConfig::from_value(&config).unwrap();
    let bundle = Bundle::load(config.inline()).unwrap();
    let node = Node {
        namespace: Some("default".to_owned()),
        name: Some("database".to_owned()),
        labels: Some(
            [("app".to_owned(), "before".to_owned())]
                .into_iter()
                .collect(),
        ),
        ..Node::default()
    };
    let enforcer = Enforcer::new(config, &node, &bundle).unwrap();
    let host = FakeHost::from(ATTACK_ADDRESS, None);
    assert_eq!(enforcer.rule(&host).decision, Deny);
}
