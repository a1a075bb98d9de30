//! Clusters at random: few labels, few names and few ports, so that they collide all the time.

use crate::policies;
use crate::selectors::labels;
use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::{select, subsequence};
use serde_json::{Value, json};
use std::fmt;

pub(crate) const NAMESPACES: [&str; 2] = ["x", "y"];
/// A pod has its own address by its place; these are its nodes'.
pub(crate) const NODES: [&str; 2] = ["10.0.9.1", "10.0.9.2"];
/// Addresses of nobody in the cluster.
pub(crate) const OUTSIDE: [&str; 2] = ["10.1.0.1", "fd00::1"];
const PORTS: [(&str, u16, &str); 4] = [
    ("web", 80, "TCP"),
    ("web", 81, "TCP"),
    ("dns", 53, "UDP"),
    ("dns", 53, "TCP"),
];

/// The objects of a cluster; prints so that it can be pasted into a test.
#[derive(Clone)]
pub(crate) struct Cluster {
    pub(crate) objects: Vec<Value>,
}

impl fmt::Debug for Cluster {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for object in &self.objects {
            writeln!(f, "- {object}")?;
        }
        Ok(())
    }
}

impl Cluster {
    /// The objects of a kind.
    pub(crate) fn all<'c>(&'c self, kind: &'c str) -> impl Iterator<Item = &'c Value> {
        let is_it = move |object: &&Value| object["kind"] == kind;
        self.objects.iter().filter(is_it)
    }

    /// The labels of a namespace.
    pub(crate) fn namespace(&self, name: &str) -> &Value {
        let mut namespaces = self.all("Namespace");
        let found = namespaces.find(|namespace| namespace["metadata"]["name"] == name);
        &found.unwrap()["metadata"]["labels"]
    }
}

pub(crate) fn clusters() -> impl Strategy<Value = Cluster> {
    let objects = (
        vec(labels(), NAMESPACES.len()),
        vec(labels(), NODES.len()),
        vec(pod(), 3..7),
        vec(policies::network_policy(), 0..5),
        prop_oneof![Just(Vec::new()), vec(policies::cluster_policy(), 1..6)],
    );
    objects.prop_map(|(namespaces, nodes, pods, policies, cluster)| {
        let mut objects = Vec::new();
        for (name, mut labels) in NAMESPACES.iter().zip(namespaces) {
            labels["kubernetes.io/metadata.name"] = json!(name);
            objects.push(json!({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": name, "labels": labels}}));
        }
        for (place, (address, labels)) in NODES.iter().zip(nodes).enumerate() {
            objects.push(json!({
                "apiVersion": "v1", "kind": "Node",
                "metadata": {"name": format!("node-{place}"), "labels": labels},
                "status": {"addresses": [{"type": "InternalIP", "address": address}]},
            }));
        }
        let numbered = |list: Vec<Value>, prefix: &'static str| {
            list.into_iter().enumerate().map(move |(place, mut object)| {
                object["metadata"]["name"] = json!(format!("{prefix}-{place}"));
                (place, object)
            })
        };
        for (place, mut pod) in numbered(pods, "pod") {
            pod["status"]["podIP"] = json!(format!("10.0.0.{}", place + 1));
            objects.push(pod);
        }
        objects.extend(numbered(policies, "policy").map(|(_, policy)| policy));
        for (place, mut policy) in numbered(cluster, "cluster") {
            // Equal priorities are another test's business; names would decide among them.
            policy["spec"]["priority"] = json!((place * 7) % 5);
            objects.push(policy);
        }
        Cluster { objects }
    })
}

fn pod() -> impl Strategy<Value = Value> {
    let ports = subsequence(PORTS.to_vec(), 1..4);
    let host_network = prop::bool::weighted(0.1);
    (select(&NAMESPACES[..]), labels(), select(&NODES[..]), ports, host_network).prop_map(
        |(namespace, labels, node, ports, host_network)| {
            let ports = ports.into_iter();
            let ports: Vec<Value> = ports
                .map(|(name, port, protocol)| json!({"name": name, "containerPort": port, "protocol": protocol}))
                .collect();
            json!({
                "apiVersion": "v1", "kind": "Pod",
                "metadata": {"namespace": namespace, "labels": labels},
                "spec": {"serviceAccountName": "account", "hostNetwork": host_network, "containers": [{"name": "main", "ports": ports}]},
                "status": {"phase": "Running", "hostIP": node},
            })
        },
    )
}
