//! Policies at random, valid ones only: what is refused is the business of other tests.

use crate::cluster::{NAMESPACES, NODES};
use crate::selectors::selectors;
use proptest::collection::vec;
use proptest::option::weighted;
use proptest::prelude::*;
use proptest::sample::{select, subsequence};
use serde_json::{Map, Value, json};

const NETS: [&str; 7] = [
    "10.0.0.0/29",
    "10.0.0.0/29",
    "10.0.0.2/32",
    "10.0.9.0/24",
    "10.1.0.0/16",
    "0.0.0.0/0",
    "fd00::/8",
];

fn fields(fields: impl IntoIterator<Item = (&'static str, Option<Value>)>) -> Value {
    let present = fields
        .into_iter()
        .filter_map(|(key, value)| Some((key.to_owned(), value?)));
    Value::Object(present.collect::<Map<String, Value>>())
}

/// A NetworkPolicy without a name.
pub(crate) fn network_policy() -> impl Strategy<Value = Value> {
    let types = weighted(0.8, subsequence(vec!["Ingress", "Egress"], 1..=2));
    let ingress = weighted(0.7, vec(rule("from"), 0..3));
    let egress = weighted(0.7, vec(rule("to"), 0..3));
    let place = select(&NAMESPACES[..]);
    (place, weighted(0.9, selectors()), types, ingress, egress).prop_map(
        |(namespace, selector, types, ingress, egress)| {
            json!({
                "apiVersion": "networking.k8s.io/v1", "kind": "NetworkPolicy",
                "metadata": {"namespace": namespace},
                "spec": fields([
                    ("podSelector", selector),
                    ("policyTypes", types.map(|types| json!(types))),
                    ("ingress", ingress.map(|rules| json!(rules))),
                    ("egress", egress.map(|rules| json!(rules))),
                ]),
            })
        },
    )
}

fn rule(peers: &'static str) -> impl Strategy<Value = Value> {
    let entry = (
        weighted(0.5, select(&["TCP", "UDP", "SCTP"][..])),
        weighted(0.8, port()),
    );
    let entry = entry.prop_map(|(protocol, port)| {
        let (port, end) = port.unwrap_or_default();
        fields([
            ("protocol", protocol.map(|protocol| json!(protocol))),
            ("port", port),
            ("endPort", end),
        ])
    });
    (
        weighted(0.85, vec(peer(), 0..3)),
        weighted(0.8, vec(entry, 0..3)),
    )
        .prop_map(move |(list, ports)| {
            fields([
                (peers, list.map(|list| json!(list))),
                ("ports", ports.map(|ports| json!(ports))),
            ])
        })
}

fn port() -> impl Strategy<Value = (Option<Value>, Option<Value>)> {
    prop_oneof![
        1 => select(&[53, 80, 81][..]).prop_map(|port| (Some(json!(port)), None)),
        2 => select(&["web", "dns", "none"][..]).prop_map(|name| (Some(json!(name)), None)),
        1 => (select(&[53, 80][..]), select(&[80, 81][..]))
            .prop_map(|(first, last)| (Some(json!(first)), Some(json!(last)))),
    ]
}

fn peer() -> impl Strategy<Value = Value> {
    let block = (select(&NETS[..]), any::<bool>()).prop_map(|(net, excepts)| {
        let except = match net {
            "10.0.0.0/29" => Some(json!(["10.0.0.2/31"])),
            "0.0.0.0/0" => Some(json!(["10.0.0.0/16", "10.1.0.0/16"])),
            _ => None,
        };
        json!({"ipBlock": fields([("cidr", Some(json!(net))), ("except", except.filter(|_| excepts))])})
    });
    prop_oneof![
        2 => selectors().prop_map(|pods| json!({"podSelector": pods})),
        2 => selectors().prop_map(|namespaces| json!({"namespaceSelector": namespaces})),
        2 => (selectors(), selectors())
            .prop_map(|(pods, namespaces)| json!({"podSelector": pods, "namespaceSelector": namespaces})),
        4 => block,
    ]
}

/// An administrator's policy without name and priority.
pub(crate) fn cluster_policy() -> impl Strategy<Value = Value> {
    let tier = select(&["Admin", "Baseline"][..]);
    let ingress = vec(cluster_rule("from"), 0..4);
    let egress = vec(cluster_rule("to"), 0..4);
    (tier, pods(), ingress, egress).prop_map(|(tier, subject, ingress, egress)| {
        json!({
            "apiVersion": "policy.networking.k8s.io/v1alpha2", "kind": "ClusterNetworkPolicy",
            "metadata": {},
            "spec": {"tier": tier, "subject": subject, "ingress": ingress, "egress": egress},
        })
    })
}

fn pods() -> impl Strategy<Value = Value> {
    prop_oneof![
        2 => Just(json!({"namespaces": {}})),
        1 =>
        selectors().prop_map(|namespaces| json!({"namespaces": namespaces})),
        1 => (selectors(), selectors()).prop_map(|(namespaces, pods)| {
            json!({"pods": {"namespaceSelector": namespaces, "podSelector": pods}})
        }),
    ]
}

fn cluster_rule(peers: &'static str) -> impl Strategy<Value = Value> {
    let action = select(&["Accept", "Deny", "Pass"][..]);
    let networks = vec(select(&NETS[..]), 1..3).prop_map(|nets| json!({"networks": nets}));
    let nodes = selectors().prop_map(|nodes| json!({"nodes": nodes}));
    let others = prop_oneof![networks, nodes];
    let numbers = prop_oneof![
        select(&[53, 80, 81][..]).prop_map(|port| json!({"number": port})),
        Just(json!({"range": {"start": 53, "end": 80}})),
    ];
    let protocol = (select(&["tcp", "udp", "sctp"][..]), numbers)
        .prop_map(|(protocol, port)| json!({protocol: {"destinationPort": port}}));
    let named = select(&["web", "dns"][..]).prop_map(|name| json!({"destinationNamedPort": name}));
    let pod_peers = vec(pods(), 1..3);
    let any_peers = vec(prop_oneof![2 => pods().boxed(), 1 => others.boxed()], 1..3);
    let only_pods = (
        pod_peers,
        vec(prop_oneof![protocol.clone().boxed(), named.boxed()], 0..2),
    );
    let mixed = (any_peers, vec(protocol, 0..2));
    let sides = if peers == "to" {
        prop_oneof![only_pods.boxed(), mixed.boxed()].boxed()
    } else {
        only_pods.boxed()
    };
    (action, sides).prop_map(move |(action, (list, protocols))| {
        let mut rule = json!({"action": action, peers: list});
        if !protocols.is_empty() {
            rule["protocols"] = json!(protocols);
        }
        rule
    })
}

/// Every address that a network of a policy may have been written for.
#[test]
fn networks_have_something_in_them() {
    let nets: Vec<ipnet::IpNet> = NETS.iter().map(|net| net.parse().unwrap()).collect();
    for node in NODES {
        let address: std::net::IpAddr = node.parse().unwrap();
        assert!(nets.iter().any(|net| net.contains(&address)), "{node}");
    }
}
