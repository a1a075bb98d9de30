//! The engine against Kubernetes' own code: sigs.k8s.io/kube-network-policies, asked by the program
//! in `tests/peers/kubernetes`. Nothing may pass here that it refuses; what it lets pass and the
//! engine refuses has one of the reasons of [`why_narrower`], which docs/compatibility.md names.
//!
//! What it said of some thousand connections is recorded, so that the usual run needs no Go.
//! `HELIAST_PEER_PAIRS` asks the program itself, for that many connections, and
//! `HELIAST_PEER_RECORD` names a file to record them in. `HELIAST_PROPTEST_SEED` is the seed.

use crate::cluster::{Cluster, NODES, clusters};
use crate::connection::{Connection, address_of, drafts};
use crate::naive::{has_name, section};
use crate::selectors::selects;
use heliast::bundle::Bundle;
use heliast::model::Model;
use heliast::verdict::{Decision, Direction};
use ipnet::IpNet;
use proptest::prelude::*;
use proptest::strategy::ValueTree;
use proptest::test_runner::{Config, RngSeed, TestRunner};
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::io::{BufRead, BufReader, Write};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::Arc;

/// Connections of one cluster.
const PAIRS: usize = 16;

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).to_owned()
}

/// A cluster, and what the engine makes of it.
struct World<'c> {
    cluster: &'c Cluster,
    model: Arc<Model>,
}

impl<'c> World<'c> {
    fn new(cluster: &'c Cluster) -> Self {
        let bundle = Bundle::load(&cluster.objects).map_err(|problems| problems.to_string());
        let model = bundle.unwrap().model;
        Self { cluster, model }
    }
}

/// What the recorded answers and the engine's come to.
#[derive(Debug, Default)]
struct Count {
    pairs: usize,
    allowed: usize,
    narrower: BTreeMap<&'static str, usize>,
}

impl Count {
    /// Holds the engine's verdict on a connection against the program's.
    fn compare(&mut self, world: &World<'_>, connection: &Connection<'_>, allowed: bool) {
        let cluster = world.cluster;
        let verdict = connection.verdict(&world.model);
        let said = verdict.enforced.decision == Decision::Allow;
        self.pairs += 1;
        self.allowed += usize::from(allowed);
        let shown = || format!("{cluster:?}\n{connection:#?}\n{verdict:#?}");
        assert!(allowed || !said, "wider:\n{}", shown());
        if allowed && !said {
            let why = why_narrower(cluster, connection);
            assert!(why.is_some(), "narrower:\n{}", shown());
            why.into_iter()
                .for_each(|why| *self.narrower.entry(why).or_default() += 1);
        }
    }
}

/// Why the engine may refuse what the program lets pass.
fn why_narrower(cluster: &Cluster, connection: &Connection<'_>) -> Option<&'static str> {
    let pod = &connection.pod["metadata"];
    let (rules, peers) = section(connection.direction);
    let governing = cluster.all("NetworkPolicy").filter(|policy| {
        policy["metadata"]["namespace"] == pod["namespace"]
            && selects(&policy["spec"]["podSelector"], &pod["labels"])
    });
    let mut rules =
        governing.flat_map(|policy| policy["spec"][rules].as_array().into_iter().flatten());
    let is_name_of_a_block = |rule: &Value| {
        let mut list = rule[peers].as_array().into_iter().flatten();
        let within = |peer: &Value| {
            let net = peer["ipBlock"]["cidr"].as_str();
            net.is_some_and(|net| net.parse::<IpNet>().unwrap().contains(&connection.address))
        };
        let mut ports = rule["ports"].as_array().into_iter().flatten();
        let named = |entry: &Value| {
            let name = entry["port"].as_str();
            name.is_some_and(|name| has_name(connection, connection.other, name))
        };
        list.any(within) && ports.any(named)
    };
    let is_egress = connection.direction == Direction::Egress;
    // "named ports cannot be resolved for ipBlock peers" (kubernetes-cilium.md 1.2.6).
    (is_egress && rules.any(is_name_of_a_block)).then_some("a port name beside an ipBlock")
}

/// The cluster in the kinds that the program knows, with what it decides by a fault of its own left
/// out: `namedPort` and `nodes` of administrators' policy.
fn known_upstream(cluster: &Cluster) -> Cluster {
    let mut objects = Vec::new();
    let mut has_baseline = false;
    for (place, object) in cluster.objects.iter().enumerate() {
        let mut object = object.clone();
        match object["kind"].as_str().unwrap() {
            "Pod" => {
                object["status"]["podIPs"] = json!([{"ip": object["status"]["podIP"]}]);
                if place % 2 == 0 {
                    let ports = json!([{"name": "web", "containerPort": 443, "protocol": "TCP"}]);
                    let init = json!([{"name": "init", "ports": ports}]);
                    object["spec"]["initContainers"] = init;
                }
                if place % 4 == 0 {
                    object["spec"]["initContainers"][0]["restartPolicy"] = json!("Always");
                }
            }
            "ClusterNetworkPolicy" => {
                let is_baseline = object["spec"]["tier"] == "Baseline";
                if is_baseline && has_baseline {
                    continue;
                }
                has_baseline |= is_baseline;
                object = older(&object, is_baseline);
            }
            _ => {}
        }
        objects.push(object);
    }
    Cluster { objects }
}

/// A ClusterNetworkPolicy as an AdminNetworkPolicy or a BaselineAdminNetworkPolicy.
fn older(policy: &Value, is_baseline: bool) -> Value {
    let spec = &policy["spec"];
    let rules = |section: &str, peers: &str| {
        let rules = spec[section].as_array().unwrap().iter();
        let rules = rules.filter(|rule| !(is_baseline && rule["action"] == "Pass"));
        let rules: Vec<Value> = rules.filter_map(|rule| older_rule(rule, peers)).collect();
        json!(rules)
    };
    let mut older = json!({
        "apiVersion": "policy.networking.k8s.io/v1alpha1",
        "kind": if is_baseline { "BaselineAdminNetworkPolicy" } else { "AdminNetworkPolicy" },
        "metadata": if is_baseline { json!({"name": "default"}) } else { policy["metadata"].clone() },
        "spec": {
            "subject": spec["subject"],
            "ingress": rules("ingress", "from"),
            "egress": rules("egress", "to"),
        },
    });
    if !is_baseline {
        older["spec"]["priority"] = spec["priority"].clone();
    }
    older
}

fn older_rule(rule: &Value, peers: &str) -> Option<Value> {
    let list = rule[peers].as_array().unwrap().iter();
    let list: Vec<&Value> = list.filter(|peer| peer.get("nodes").is_none()).collect();
    let action = match rule["action"].as_str().unwrap() {
        "Accept" => "Allow",
        other => other,
    };
    let mut older = json!({"action": action, peers: list});
    if let Some(protocols) = rule["protocols"].as_array() {
        let ports: Vec<Value> = protocols.iter().filter_map(older_port).collect();
        if ports.is_empty() {
            return None;
        }
        older["ports"] = json!(ports);
    }
    (!list.is_empty()).then_some(older)
}

fn older_port(entry: &Value) -> Option<Value> {
    let (key, port) = entry.as_object().unwrap().iter().next().unwrap();
    let port = port.get("destinationPort")?;
    let protocol = key.to_uppercase();
    if let Some(number) = port.get("number") {
        return Some(json!({"portNumber": {"protocol": protocol, "port": number}}));
    }
    let range = &port["range"];
    Some(json!({"portRange": {"protocol": protocol, "start": range["start"], "end": range["end"]}}))
}

/// Whether the program decides it at all: it leaves traffic of a pod with itself, and from the own
/// node, to the kernel, and pods on the network of their host have no address of their own.
fn is_decided(connection: &Connection<'_>) -> bool {
    let Some(own) = address_of(connection.pod) else {
        return false;
    };
    let is_node = NODES
        .iter()
        .any(|node| *node == connection.address.to_string());
    own != connection.address
        && own.is_ipv4() == connection.address.is_ipv4()
        && !(is_node && connection.direction == Direction::Ingress)
}

/// The connection as the program is asked about it.
fn packet(connection: &Connection<'_>) -> Value {
    let own = address_of(connection.pod).unwrap().to_string();
    let other = connection.address.to_string();
    let (source, destination) = match connection.direction {
        Direction::Ingress => (other, own),
        Direction::Egress => (own, other),
    };
    json!({
        "source": source, "destination": destination,
        "port": connection.port, "protocol": connection.protocol,
    })
}

/// A connection as it is recorded.
fn recorded(connection: &Connection<'_>, allowed: bool) -> Value {
    json!({
        "namespace": connection.pod["metadata"]["namespace"],
        "pod": connection.pod["metadata"]["name"],
        "egress": connection.direction == Direction::Egress,
        "address": connection.address.to_string(),
        "port": connection.port,
        "protocol": connection.protocol,
        "allowed": allowed,
    })
}

/// The connection of a record.
fn replayed<'c>(cluster: &'c Cluster, record: &Value) -> Connection<'c> {
    let pods = || cluster.all("Pod");
    let mut own = pods().filter(|pod| {
        let metadata = &pod["metadata"];
        metadata["namespace"] == record["namespace"] && metadata["name"] == record["pod"]
    });
    let address = record["address"].as_str().unwrap().parse().unwrap();
    let protocol = ["TCP", "UDP", "SCTP"].into_iter();
    Connection {
        pod: own.next().unwrap(),
        direction: match record["egress"].as_bool().unwrap() {
            true => Direction::Egress,
            false => Direction::Ingress,
        },
        other: pods().find(|pod| address_of(pod) == Some(address)),
        address,
        port: u16::try_from(record["port"].as_u64().unwrap()).unwrap(),
        protocol: protocol
            .into_iter()
            .find(|one| record["protocol"] == *one)
            .unwrap(),
        verified: false,
    }
}

#[test]
fn nothing_passes_that_was_refused_by_kubernetes_own_code() {
    let path = root().join("tests/peers/recorded/kubernetes.jsonl");
    let text = std::fs::read_to_string(path).unwrap();
    let mut count = Count::default();
    for line in text.lines() {
        let world: Value = serde_json::from_str(line).unwrap();
        let cluster = Cluster {
            objects: world["objects"].as_array().unwrap().clone(),
        };
        let loaded = World::new(&cluster);
        for record in world["pairs"].as_array().unwrap() {
            let connection = replayed(&cluster, record);
            count.compare(&loaded, &connection, record["allowed"].as_bool().unwrap());
        }
    }
    println!("{count:?}");
    assert!(count.pairs >= 4_000, "{count:?}");
    // Neither all nor none of them pass.
    assert!(
        count.allowed * 4 > count.pairs && count.allowed * 4 < count.pairs * 3,
        "{count:?}"
    );
}

/// Asks the program itself, where it is built.
#[test]
fn nothing_passes_that_kubernetes_own_code_refuses() {
    let Ok(pairs) = std::env::var("HELIAST_PEER_PAIRS") else {
        return;
    };
    let pairs: usize = pairs.parse().unwrap();
    let seed = std::env::var("HELIAST_PROPTEST_SEED").map_or(2026, |seed| seed.parse().unwrap());
    let mut runner = TestRunner::new(Config {
        rng_seed: RngSeed::Fixed(seed),
        ..Config::default()
    });
    let program = root().join("target/peers/kubernetes");
    let mut child = Command::new(program)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .expect("the program is built by `cargo xtask peers`");
    let mut questions = child.stdin.take().unwrap();
    let mut answers = BufReader::new(child.stdout.take().unwrap());
    let mut record = std::env::var("HELIAST_PEER_RECORD")
        .ok()
        .map(|path| std::fs::File::create(path).unwrap());
    let mut count = Count::default();
    while count.pairs < pairs {
        let cluster = clusters().new_tree(&mut runner).unwrap().current();
        let cluster = known_upstream(&cluster);
        let drafts = drafts().new_tree(&mut runner).unwrap().current();
        let connections: Vec<Connection<'_>> = drafts
            .iter()
            .take(PAIRS)
            .map(|draft| draft.within(&cluster))
            .filter(is_decided)
            .collect();
        let packets: Vec<Value> = connections.iter().map(packet).collect();
        let asked = json!({"objects": cluster.objects, "packets": packets});
        writeln!(questions, "{asked}").unwrap();
        let mut line = String::new();
        answers.read_line(&mut line).unwrap();
        let said: Vec<Value> = serde_json::from_str(&line).unwrap();
        assert_eq!(said.len(), connections.len());
        let mut records = Vec::new();
        let world = World::new(&cluster);
        for (connection, said) in connections.iter().zip(&said) {
            let key = section(connection.direction).0;
            let allowed = said[key].as_bool().unwrap();
            count.compare(&world, connection, allowed);
            records.push(recorded(connection, allowed));
        }
        if let Some(file) = &mut record {
            let world = json!({"objects": cluster.objects, "pairs": records});
            writeln!(file, "{world}").unwrap();
        }
    }
    drop(questions);
    assert!(child.wait().unwrap().success());
    println!("{count:?}");
}
