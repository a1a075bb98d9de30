//! A plain reading of kubernetes-cilium.md 1.2 and 2.1, over the objects as they are written:
//! nothing is decoded, compiled or kept.

use crate::cluster::Cluster;
use crate::connection::{Connection, address_of};
use crate::selectors::selects;
use heliast::verdict::{Decision, Direction};
use ipnet::IpNet;
use serde_json::Value;
use std::net::IpAddr;

/// Who decided.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum By {
    Admin,
    NetworkPolicy,
    Baseline,
    /// Nobody, because nothing governs the pod.
    Default,
    /// Nobody, because a pod on the network of its host is governed by nothing.
    HostNetwork,
}

/// What an administrator's tier says.
enum Said {
    Decision(Decision),
    Nothing,
}

pub(crate) fn decide(cluster: &Cluster, connection: &Connection<'_>) -> (Decision, By) {
    if address_of(connection.pod).is_none() {
        return (Decision::Allow, By::HostNetwork);
    }
    let to_itself = address_of(connection.pod) == Some(connection.address);
    if !to_itself && let Said::Decision(decision) = tier(cluster, connection, "Admin") {
        return (decision, By::Admin);
    }
    if let Some(allowed) = network_policies(cluster, connection) {
        let node: IpAddr = connection.pod["status"]["hostIP"]
            .as_str()
            .unwrap()
            .parse()
            .unwrap();
        let comes_in = connection.direction == Direction::Ingress;
        let own_host = to_itself || (comes_in && connection.address == node);
        match (allowed, own_host) {
            (true, _) => return (Decision::Allow, By::NetworkPolicy),
            (false, false) => return (Decision::Deny, By::NetworkPolicy),
            // No NetworkPolicy keeps a pod from itself, or its node from it.
            (false, true) => {}
        }
    }
    if !to_itself && let Said::Decision(decision) = tier(cluster, connection, "Baseline") {
        return (decision, By::Baseline);
    }
    (Decision::Allow, By::Default)
}

/// Whether the NetworkPolicies allow it; none if none of them isolates the pod in this direction.
fn network_policies(cluster: &Cluster, connection: &Connection<'_>) -> Option<bool> {
    let pod = &connection.pod["metadata"];
    let policies: Vec<&Value> = cluster
        .all("NetworkPolicy")
        .filter(|policy| policy["metadata"]["namespace"] == pod["namespace"])
        .filter(|policy| selects(&policy["spec"]["podSelector"], &pod["labels"]))
        .filter(|policy| isolates(&policy["spec"], connection.direction))
        .collect();
    if policies.is_empty() {
        return None;
    }
    let (section, peers) = section(connection.direction);
    let rules = policies.iter().flat_map(|policy| {
        let rules = policy["spec"][section].as_array();
        rules.into_iter().flatten().map(|rule| (*policy, rule))
    });
    let mut allowed = rules.map(|(policy, rule)| {
        let namespace = policy["metadata"]["namespace"].as_str().unwrap();
        let listed = rule[peers].as_array().filter(|list| !list.is_empty());
        let Some(list) = listed else {
            return is_port(rule, connection, connection.other);
        };
        list.iter().any(|peer| {
            // An address has no named ports, even where a pod is behind it.
            let is_block = peer.get("ipBlock").is_some();
            let named = connection.other.filter(|_| !is_block);
            is_peer(cluster, peer, namespace, connection) && is_port(rule, connection, named)
        })
    });
    Some(allowed.any(|allowed| allowed))
}

pub(crate) fn section(direction: Direction) -> (&'static str, &'static str) {
    match direction {
        Direction::Ingress => ("ingress", "from"),
        Direction::Egress => ("egress", "to"),
    }
}

fn isolates(spec: &Value, direction: Direction) -> bool {
    let word = match direction {
        Direction::Ingress => "Ingress",
        Direction::Egress => "Egress",
    };
    match spec["policyTypes"].as_array() {
        Some(types) => types.iter().any(|listed| listed == word),
        None if direction == Direction::Ingress => true,
        None => spec["egress"]
            .as_array()
            .is_some_and(|rules| !rules.is_empty()),
    }
}

fn is_peer(cluster: &Cluster, peer: &Value, namespace: &str, connection: &Connection<'_>) -> bool {
    if let Some(block) = peer.get("ipBlock") {
        let within = |net: &Value| is_in(net, connection.address);
        let excepted = block["except"].as_array();
        return within(&block["cidr"]) && !excepted.into_iter().flatten().any(within);
    }
    let Some(other) = connection.other else {
        return false;
    };
    let other = &other["metadata"];
    let name = other["namespace"].as_str().unwrap();
    let right_namespace = match peer.get("namespaceSelector") {
        Some(selector) => selects(selector, cluster.namespace(name)),
        None => name == namespace,
    };
    let selector = peer.get("podSelector");
    right_namespace && selector.is_none_or(|selector| selects(selector, &other["labels"]))
}

fn is_in(net: &Value, address: IpAddr) -> bool {
    let net: IpNet = net.as_str().unwrap().parse().unwrap();
    net.contains(&address)
}

/// Whether the ports of a rule admit it. `named` is the pod at the other end, whose named ports
/// count on egress.
fn is_port(rule: &Value, connection: &Connection<'_>, named: Option<&Value>) -> bool {
    let listed = rule["ports"].as_array().filter(|list| !list.is_empty());
    listed.is_none_or(|list| {
        list.iter().any(|entry| {
            let protocol = entry["protocol"].as_str().unwrap_or("TCP");
            if protocol != connection.protocol {
                return false;
            }
            match (&entry["port"], &entry["endPort"]) {
                (Value::Null, _) => true,
                (Value::String(name), _) => has_name(connection, named, name),
                (port, Value::Null) => port.as_u64() == Some(connection.port.into()),
                (first, last) => {
                    let (first, last) = (first.as_u64().unwrap(), last.as_u64().unwrap());
                    (first..=last).contains(&u64::from(connection.port))
                }
            }
        })
    })
}

/// Whether the destination has a port of that name with this number and protocol.
pub(crate) fn has_name(connection: &Connection<'_>, other: Option<&Value>, name: &str) -> bool {
    let destination = match connection.direction {
        Direction::Ingress => Some(connection.pod),
        Direction::Egress => other,
    };
    let ports = destination.and_then(|pod| pod["spec"]["containers"][0]["ports"].as_array());
    ports.into_iter().flatten().any(|port| {
        port["name"] == name
            && port["containerPort"] == connection.port
            && port["protocol"] == connection.protocol
    })
}

/// What the policies of a tier say, in the order of their priorities: the first rule that matches.
fn tier(cluster: &Cluster, connection: &Connection<'_>, tier: &str) -> Said {
    let mut policies: Vec<&Value> = cluster
        .all("ClusterNetworkPolicy")
        .filter(|policy| policy["spec"]["tier"] == tier)
        .filter(|policy| is_pods(cluster, &policy["spec"]["subject"], connection.pod))
        .collect();
    policies.sort_by_key(|policy| policy["spec"]["priority"].as_u64());
    let (section, peers) = section(connection.direction);
    let rules = policies
        .iter()
        .flat_map(|policy| policy["spec"][section].as_array().unwrap());
    for rule in rules {
        let mut list = rule[peers].as_array().unwrap().iter();
        let meant = list.any(|peer| is_cluster_peer(cluster, peer, connection));
        if meant && is_protocol(rule, connection) {
            return match rule["action"].as_str().unwrap() {
                "Accept" => Said::Decision(Decision::Allow),
                "Deny" => Said::Decision(Decision::Deny),
                _ => Said::Nothing,
            };
        }
    }
    Said::Nothing
}

fn is_cluster_peer(cluster: &Cluster, peer: &Value, connection: &Connection<'_>) -> bool {
    if let Some(nets) = peer.get("networks") {
        let mut nets = nets.as_array().unwrap().iter();
        return nets.any(|net| is_in(net, connection.address));
    }
    if let Some(selector) = peer.get("nodes") {
        return cluster.all("Node").any(|node| {
            let address = &node["status"]["addresses"][0]["address"];
            *address == connection.address.to_string()
                && selects(selector, &node["metadata"]["labels"])
        });
    }
    connection
        .other
        .is_some_and(|other| is_pods(cluster, peer, other))
}

fn is_pods(cluster: &Cluster, pods: &Value, pod: &Value) -> bool {
    let pod = &pod["metadata"];
    let namespace = cluster.namespace(pod["namespace"].as_str().unwrap());
    match pods.get("namespaces") {
        Some(selector) => selects(selector, namespace),
        None => {
            let pods = &pods["pods"];
            selects(&pods["namespaceSelector"], namespace)
                && selects(&pods["podSelector"], &pod["labels"])
        }
    }
}

fn is_protocol(rule: &Value, connection: &Connection<'_>) -> bool {
    let listed = rule["protocols"].as_array();
    listed.is_none_or(|list| {
        list.iter().any(|entry| {
            if let Some(name) = entry["destinationNamedPort"].as_str() {
                return has_name(connection, connection.other, name);
            }
            let key = connection.protocol.to_lowercase();
            let port = &entry[&key]["destinationPort"];
            let number = u64::from(connection.port);
            let range = &port["range"];
            port["number"].as_u64() == Some(number)
                || range["start"]
                    .as_u64()
                    .is_some_and(|start| (start..=range["end"].as_u64().unwrap()).contains(&number))
        })
    })
}
