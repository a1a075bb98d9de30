//! Of policy that governs nobody who enforces here, only the place is kept: a sidecar would hold the
//! rules of the whole mesh otherwise.

use super::world::{Server, Workers};
use crate::bundle::{Bundle, Object};
use crate::config::{PluginConfig, WorkloadConfig};
use crate::enforcer::{Enforcer, Unenforceable};
use crate::program::Node;
use crate::verdict::Direction;
use serde_json::{Value, json};
use std::rc::Rc;

/// A policy of each dialect that selects pods of this color; each has rules.
fn policies(color: &str) -> [Value; 4] {
    let metadata = json!({"name": color, "namespace": "dev"});
    let labels = json!({"matchLabels": {"color": color}});
    [
        json!({"apiVersion": "projectcalico.org/v3", "kind": "NetworkPolicy", "metadata": metadata,
            "spec": {"selector": format!("color == '{color}'"), "types": ["Ingress", "Egress"],
                "ingress": [{"action": "Allow"}], "egress": [{"action": "Allow"}]}}),
        json!({"apiVersion": "networking.k8s.io/v1", "kind": "NetworkPolicy", "metadata": metadata,
            "spec": {"podSelector": labels, "policyTypes": ["Ingress", "Egress"],
                "ingress": [{}], "egress": [{}]}}),
        json!({"apiVersion": "cilium.io/v2", "kind": "CiliumNetworkPolicy", "metadata": metadata,
            "spec": {"endpointSelector": labels, "ingress": [{"fromEntities": ["all"]}],
                "egress": [{"toEntities": ["all"]}]}}),
        json!({"apiVersion": "security.istio.io/v1", "kind": "AuthorizationPolicy",
            "metadata": metadata, "spec": {"selector": labels, "rules": [{}]}}),
    ]
}

/// The dialects, names and directions of the policies of a bundle, with their numbers of rules.
fn rules(bundle: &Bundle, name: &str) -> Vec<(&'static str, Direction, usize)> {
    let tiers = bundle.model.tiers.iter();
    let policies = tiers.flat_map(|tier| &tier.policies);
    let named = policies.filter(|policy| policy.id.name == name);
    let rules = named.flat_map(|policy| {
        let directions = [Direction::Ingress, Direction::Egress].into_iter();
        directions.filter_map(|direction| {
            let rules = policy.rules(direction)?;
            Some((policy.id.dialect, direction, rules.len()))
        })
    });
    rules.collect()
}

fn followed(enforces: bool) -> Rc<Bundle> {
    let mut server = Server::new(0);
    let pod = json!({"apiVersion": "v1", "kind": "Pod",
        "metadata": {"namespace": "dev", "name": "pod-0", "labels": {"color": "red"}}});
    let objects = policies("red").into_iter().chain(policies("blue"));
    for object in objects.chain([pod]) {
        server.store.insert(Object::new(object).unwrap());
    }
    server.remember();
    let mut workers = Workers::new(1, &json!({}));
    if enforces {
        let place = WorkloadConfig {
            namespace: Some("dev".to_owned()),
            name: Some("pod-0".to_owned()),
            ..WorkloadConfig::default()
        };
        workers.list[0].enforce_at(&place, &Rc::new(Node::default()));
    }
    workers.rounds(40, |poll| Some(server.answer(poll)));
    assert!(workers.all_have(&server), "{:?}", workers.news);
    Rc::clone(workers.list[0].bundle().unwrap())
}

#[test]
fn rules_are_kept_of_what_governs_who_enforces_and_of_nothing_else() {
    let for_all = followed(false);
    let for_one = followed(true);
    let dialects: Vec<&str> = rules(&for_all, "blue")
        .iter()
        .filter(|(_, _, count)| *count > 0)
        .map(|(dialect, ..)| *dialect)
        .collect();
    for dialect in ["calico", "kubernetes", "cilium", "istio"] {
        assert!(dialects.contains(&dialect), "{dialect} has rules");
    }
    assert_eq!(rules(&for_one, "red"), rules(&for_all, "red"));
    let without: Vec<_> = rules(&for_all, "blue")
        .into_iter()
        .map(|(dialect, direction, _)| (dialect, direction, 0))
        .collect();
    assert_eq!(
        rules(&for_one, "blue"),
        without,
        "the place of each is kept"
    );
}

/// The rules that govern another are not there, and without them all would pass or be refused.
#[test]
fn what_was_read_for_one_is_not_enforced_by_another() {
    let bundle = followed(true);
    let enforced_at = |name: &str| {
        let config = json!({"workload": {"namespace": "dev", "name": name},
            "peerBinding": "Address",
            "bundle": {"http": {"cluster": "heliast", "path": "/v1/bundle"}}});
        let config = PluginConfig::from_value(&config).unwrap();
        Enforcer::new(config, &Node::default(), &bundle).map(drop)
    };
    assert_eq!(enforced_at("pod-0"), Ok(()));
    assert_eq!(enforced_at("pod-1"), Err(Unenforceable::NotYet));
}
