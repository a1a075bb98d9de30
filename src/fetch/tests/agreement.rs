//! What a follower holds after any sequence of wholes and deltas is what a bundle of the same
//! objects is, made from scratch: the same directory, the same program, the same rules for every
//! peer.

use super::world::{Server, Workers};
use crate::bundle::{Bundle, Object};
use crate::config::WorkloadConfig;
use crate::model::{Directory, Placed};
use crate::peer::{Identity, Peer};
use crate::program::{Local, Node, PeerRules, Program};
use crate::settings::Settings;
use crate::spiffe::SpiffeId;
use crate::verdict::Direction;
use proptest::prelude::*;
use serde_json::{Value, json};
use std::net::{IpAddr, Ipv4Addr};
use std::rc::Rc;
use std::sync::Arc;

const NAMESPACES: [&str; 2] = ["dev", "prod"];
const ACCOUNTS: [&str; 2] = ["default", "web"];
const COLORS: [&str; 3] = ["red", "green", "blue"];
const POD_NAMES: u8 = 5;
const ADDRESSES: u8 = 6;

#[derive(Debug, Clone)]
enum Change {
    Pod(PodShape),
    RemovePod(u8, u8),
    Policy(u8, u8),
    RemovePolicy(u8),
    Around(u8, u8),
    RemoveAround(u8),
}

#[derive(Debug, Clone)]
struct PodShape {
    namespace: u8,
    name: u8,
    account: u8,
    color: u8,
    addresses: Vec<u8>,
    host: u8,
    port: bool,
}

fn pod_shape() -> impl Strategy<Value = PodShape> {
    (
        (0..2_u8, 0..POD_NAMES, 0..2_u8, 0..3_u8),
        proptest::collection::vec(0..ADDRESSES, 0..3),
        0..3_u8,
        any::<bool>(),
    )
        .prop_map(
            |((namespace, name, account, color), addresses, host, port)| PodShape {
                namespace,
                name,
                account,
                color,
                addresses,
                host,
                port,
            },
        )
}

fn change() -> impl Strategy<Value = Change> {
    prop_oneof![
        6 => pod_shape().prop_map(Change::Pod),
        3 => (0..2_u8, 0..POD_NAMES).prop_map(|(namespace, name)| Change::RemovePod(namespace, name)),
        2 => (0..5_u8, 0..3_u8).prop_map(|(policy, color)| Change::Policy(policy, color)),
        1 => (0..5_u8).prop_map(Change::RemovePolicy),
        2 => (0..5_u8, 0..3_u8).prop_map(|(object, color)| Change::Around(object, color)),
        1 => (0..5_u8).prop_map(Change::RemoveAround),
    ]
}

fn of<'c>(list: &[&'c str], index: u8) -> &'c str {
    list[usize::from(index) % list.len()]
}

fn object(value: Value) -> Object {
    Object::new(value).unwrap()
}

fn address(number: u8) -> IpAddr {
    Ipv4Addr::new(10, 0, 0, number).into()
}

fn pod(shape: &PodShape) -> Object {
    let addresses: Vec<Value> = shape
        .addresses
        .iter()
        .map(|number| json!({"ip": address(*number)}))
        .collect();
    let ports = if shape.port {
        json!([{"name": "http", "containerPort": 8080}])
    } else {
        json!([])
    };
    object(json!({"apiVersion": "v1", "kind": "Pod",
        "metadata": {"namespace": of(&NAMESPACES, shape.namespace),
            "name": format!("pod-{}", shape.name), "labels": {"color": of(&COLORS, shape.color)}},
        "spec": {"serviceAccountName": of(&ACCOUNTS, shape.account),
            "containers": [{"ports": ports}]},
        "status": {"podIPs": addresses, "hostIP": format!("10.1.0.{}", shape.host)}}))
}

fn policy(number: u8, color: u8) -> Object {
    let color = of(&COLORS, color);
    let (calico, selector) = ("projectcalico.org/v3", format!("color == '{color}'"));
    object(match number {
        0 => json!({"apiVersion": calico, "kind": "GlobalNetworkPolicy",
            "metadata": {"name": "a"}, "spec": {"selector": selector, "order": 2,
                "ingress": [{"action": "Allow", "source": {"selector": "color == 'red'"}}]}}),
        1 => json!({"apiVersion": calico, "kind": "NetworkPolicy",
            "metadata": {"name": "b", "namespace": "dev"}, "spec": {"selector": "all()", "order": 1,
                "ingress": [{"action": "Deny", "source": {"namespaceSelector": selector}}]}}),
        2 => json!({"apiVersion": "networking.k8s.io/v1", "kind": "NetworkPolicy",
            "metadata": {"name": "c", "namespace": "dev"},
            "spec": {"podSelector": {"matchLabels": {"color": color}}, "policyTypes": ["Ingress"],
                "ingress": [{"from": [{"podSelector": {"matchLabels": {"color": "blue"}}}]}]}}),
        3 => json!({"apiVersion": "security.istio.io/v1", "kind": "AuthorizationPolicy",
            "metadata": {"name": "d", "namespace": "dev"},
            "spec": {"selector": {"matchLabels": {"color": color}}, "action": "DENY",
                "rules": [{"from": [{"source": {"namespaces": ["prod"]}}]}]}}),
        _ => json!({"apiVersion": "cilium.io/v2", "kind": "CiliumNetworkPolicy",
            "metadata": {"name": "e", "namespace": "dev"},
            "spec": {"endpointSelector": {"matchLabels": {"color": color}},
                "ingress": [{"fromEndpoints": [{"matchLabels": {"color": "green"}}]}]}}),
    })
}

fn around(number: u8, color: u8) -> Object {
    let labels = json!({"color": of(&COLORS, color)});
    object(match number {
        0 => json!({"apiVersion": "v1", "kind": "Namespace",
            "metadata": {"name": "prod", "labels": labels}}),
        1 => json!({"apiVersion": "v1", "kind": "ServiceAccount",
            "metadata": {"name": "web", "namespace": "dev", "labels": labels}}),
        2 => json!({"apiVersion": "projectcalico.org/v3", "kind": "GlobalNetworkSet",
            "metadata": {"name": "set", "labels": labels}, "spec": {"nets": ["10.0.0.0/31"]}}),
        3 => json!({"apiVersion": "heliast.dev/v1alpha1", "kind": "WorkloadGroup",
            "metadata": {"name": "group"}, "spec": {"namespace": "prod", "serviceAccount": "web",
                "labels": labels, "addresses": ["10.0.0.1", "10.0.0.9"]}}),
        _ => json!({"apiVersion": "v1", "kind": "Node", "metadata": {"name": "node"},
            "status": {"addresses": [{"type": "InternalIP", "address": format!("10.1.0.{color}")}]}}),
    })
}

impl Change {
    fn make(&self, server: &mut Server) {
        let store = &mut server.store;
        match self {
            Self::Pod(shape) => drop(store.insert(pod(shape))),
            Self::RemovePod(namespace, name) => {
                let shape = PodShape {
                    namespace: *namespace,
                    name: *name,
                    account: 0,
                    color: 0,
                    addresses: Vec::new(),
                    host: 0,
                    port: false,
                };
                // The pod that enforces stays.
                if (*namespace, *name) != (0, 0) {
                    drop(store.remove(&pod(&shape).key));
                }
            }
            Self::Policy(number, color) => drop(store.insert(policy(*number, *color))),
            Self::RemovePolicy(number) => drop(store.remove(&policy(*number, 0).key)),
            Self::Around(number, color) => drop(store.insert(around(*number, *color))),
            Self::RemoveAround(number) => drop(store.remove(&around(*number, 0).key)),
        }
    }
}

/// All that can be asked of a directory, in an order of its own.
fn ask(directory: &Directory) -> Vec<String> {
    let sorted = |mut workloads: Vec<String>| {
        workloads.sort();
        workloads
    };
    let mut said = vec![
        format!("{}", directory.has_workloads()),
        format!("{}", directory.workload_count()),
    ];
    for number in 0..12 {
        let members = directory.at(address(number));
        let workloads = members.workloads.iter().map(|one| format!("{one:?}"));
        let sets: Vec<_> = members.sets.iter().map(|set| format!("{set:?}")).collect();
        said.push(format!("{:?} {sets:?}", sorted(workloads.collect())));
        said.push(format!(
            "{}",
            directory.is_node(Ipv4Addr::new(10, 1, 0, number).into())
        ));
    }
    for namespace in NAMESPACES {
        said.push(format!("{:?}", directory.namespace_labels(namespace)));
        for account in ACCOUNTS {
            let labels = directory.service_account_labels(namespace, account);
            let id = id(namespace, account);
            let holders = directory.holding(&id);
            let holders = holders.iter().map(|one| format!("{one:?}"));
            said.push(format!("{labels:?} {:?}", sorted(holders.collect())));
        }
        for name in 0..POD_NAMES {
            let placed: Option<Placed<'_>> = directory.pod(namespace, &format!("pod-{name}"));
            said.push(format!("{placed:?}"));
        }
    }
    said
}

fn id(namespace: &str, account: &str) -> SpiffeId {
    SpiffeId {
        trust_domain: "cluster.local".to_owned(),
        namespace: namespace.to_owned(),
        service_account: account.to_owned(),
    }
}

/// The program of the pod that enforces, and the rules of every peer.
fn rule(bundle: &Bundle, place: &WorkloadConfig) -> Vec<String> {
    let local = Local::resolve(place, &Node::default(), &bundle.model).unwrap();
    assert!(bundle.model.interest.covers(&local.workload));
    let mut said = Vec::new();
    for direction in [Direction::Ingress, Direction::Egress] {
        let model = Arc::clone(&bundle.model);
        let program = Program::compile(model, local.clone(), direction, Settings::default());
        said.push(format!("{:?} {:?}", program.tiers, program.entities));
        for number in 0..12 {
            let identities = [("dev", "web"), ("prod", "web"), ("prod", "default")];
            let identities = identities.map(|(namespace, account)| id(namespace, account));
            let verified = identities.into_iter().map(Identity::Verified);
            for identity in verified.chain([Identity::Plaintext]) {
                let address = Some(address(number));
                let peer = Peer { identity, address };
                said.push(format!("{:?}", PeerRules::new(&program, &peer)));
            }
        }
    }
    said
}

fn place() -> WorkloadConfig {
    WorkloadConfig {
        namespace: Some("dev".to_owned()),
        name: Some("pod-0".to_owned()),
        ..WorkloadConfig::default()
    }
}

fn shape(name: u8, addresses: &[u8]) -> PodShape {
    PodShape {
        namespace: 0,
        name,
        account: 0,
        color: 0,
        addresses: addresses.to_vec(),
        host: 0,
        port: true,
    }
}

/// A server of two pods, and a worker on the first that has what the server has.
fn following() -> (Server, Workers) {
    let mut server = Server::new(0);
    for name in 0..2 {
        Change::Pod(shape(name, &[name])).make(&mut server);
    }
    Change::Policy(0, 0).make(&mut server);
    server.remember();
    let mut workers = Workers::new(1, &json!({}));
    workers.list[0].enforce_at(&place(), &Rc::new(Node::default()));
    workers.rounds(40, |poll| Some(server.answer(poll)));
    assert!(workers.all_have(&server));
    (server, workers)
}

#[test]
fn only_pods_of_others_change_in_place() {
    let (mut server, mut workers) = following();
    let change = |change: Change, workers: &mut Workers, server: &mut Server| {
        let before = Rc::clone(workers.list[0].bundle().unwrap());
        change.make(server);
        server.remember();
        workers.rounds(40, |poll| Some(server.answer(poll)));
        assert!(workers.all_have(server), "{change:?}");
        let after = workers.list[0].bundle().unwrap();
        after.shares_model(&before)
    };
    for (made, in_place) in [
        (Change::Pod(shape(1, &[3])), true),
        (Change::Pod(shape(2, &[3, 4])), true),
        (Change::RemovePod(0, 2), true),
        (Change::Pod(shape(0, &[5])), false),
        (Change::Policy(0, 1), false),
        (Change::Pod(shape(1, &[1])), true),
        (Change::Around(0, 1), false),
        (Change::Pod(shape(3, &[9])), true),
    ] {
        let text = format!("{made:?}");
        assert_eq!(change(made, &mut workers, &mut server), in_place, "{text}");
    }
}

/// Its program depends on its labels, which an address has nothing to do with.
#[test]
fn whoever_enforces_is_not_changed_in_place_though_it_has_no_address() {
    let (mut server, mut workers) = following();
    let mut take = |color: u8| {
        let nowhere = PodShape {
            color,
            ..shape(0, &[])
        };
        Change::Pod(nowhere).make(&mut server);
        server.remember();
        workers.rounds(40, |poll| Some(server.answer(poll)));
        assert!(workers.all_have(&server));
        Rc::clone(workers.list[0].bundle().unwrap())
    };
    let before = take(0);
    assert!(!take(1).shares_model(&before));
}

#[test]
fn whoever_reads_the_directory_keeps_it_as_it_is() {
    let (mut server, mut workers) = following();
    let bundle = Rc::clone(workers.list[0].bundle().unwrap());
    let reading = bundle.model.directory.read();
    Change::Pod(shape(1, &[7])).make(&mut server);
    server.remember();
    workers.rounds(100, |poll| Some(server.answer(poll)));
    assert!(!workers.all_have(&server));
    assert!(reading.at(address(7)).workloads.is_empty());
    drop(reading);
    workers.rounds(4, |_| None);
    assert!(workers.all_have(&server));
    assert_eq!(
        bundle.model.directory.read().at(address(7)).workloads.len(),
        1
    );
}

#[test]
fn another_who_enforces_has_the_policy_read_again() {
    let (server, mut workers) = following();
    let bundle = Rc::clone(workers.list[0].bundle().unwrap());
    let other = WorkloadConfig {
        name: Some("pod-1".to_owned()),
        labels: Some(
            [("color".to_owned(), "blue".to_owned())]
                .into_iter()
                .collect(),
        ),
        ..place()
    };
    let local = Local::resolve(&other, &Node::default(), &bundle.model).unwrap();
    assert!(!bundle.model.interest.covers(&local.workload));
    workers.list[0].enforce_at(&other, &Rc::new(Node::default()));
    assert!(!workers.list[0].serves_all());
    workers.rounds(10, |_| None);
    assert!(workers.all_have(&server) && workers.list[0].serves_all());
    let after = workers.list[0].bundle().unwrap();
    assert!(after.model.interest.covers(&local.workload));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    #[test]
    fn following_is_as_good_as_loading(
        first in proptest::collection::vec(change(), 0..20),
        deltas in proptest::collection::vec(proptest::collection::vec(change(), 1..4), 1..12),
        is_whole in proptest::collection::vec(any::<u8>(), 12),
    ) {
        let mut server = Server::new(0);
        server.deltas = true;
        Change::Pod(PodShape { namespace: 0, name: 0, account: 0, color: 0,
            addresses: vec![0], host: 0, port: true }).make(&mut server);
        first.iter().for_each(|change| change.make(&mut server));
        server.remember();
        let mut workers = Workers::new(1, &json!({}));
        let place = place();
        workers.list[0].enforce_at(&place, &Rc::new(Node::default()));
        for (round, changes) in deltas.iter().enumerate() {
            server.deltas = is_whole[round] > 40;
            workers.rounds(40, |poll| Some(server.answer(poll)));
            prop_assert!(workers.all_have(&server), "{:?}", workers.news);
            let held = workers.list[0].bundle().unwrap();
            let objects: Vec<Value> = server.store.objects()
                .map(|object| serde_json::from_str(&object.text).unwrap()).collect();
            let made = Bundle::load(&objects).unwrap();
            prop_assert_eq!(held.revision, made.revision);
            prop_assert_eq!(workers.list[0].bytes(), server.store.bytes());
            prop_assert_eq!(ask(&held.model.directory.read()), ask(&made.model.directory.read()));
            prop_assert_eq!(rule(held, &place), rule(&made, &place));
            changes.iter().for_each(|change| change.make(&mut server));
            server.remember();
        }
    }
}
