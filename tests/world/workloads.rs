//! Pods, what they belong to, and network sets.

use super::{chance, fields, names, one_of, sometimes, text_map};
use proptest::collection::vec;
use proptest::prelude::*;
use serde_json::{Value, json};

pub(super) fn namespace() -> impl Strategy<Value = Value> {
    let labels = vec(
        (one_of(&names::NAMESPACE_KEYS), one_of(&names::VALUES)),
        0..3,
    );
    (one_of(&names::NAMESPACES), labels).prop_map(|(name, labels)| {
        let mut labels = text_map(labels);
        // Kubernetes gives every namespace this label.
        labels["kubernetes.io/metadata.name"] = json!(name);
        json!({"apiVersion": "v1", "kind": "Namespace",
            "metadata": {"name": name, "labels": labels}})
    })
}

pub(super) fn service_account() -> impl Strategy<Value = Value> {
    let labels = vec((one_of(&names::ACCOUNT_KEYS), one_of(&names::VALUES)), 0..3);
    let name = (one_of(&names::NAMESPACES), one_of(&names::ACCOUNTS));
    (name, labels).prop_map(|((namespace, name), labels)| {
        json!({"apiVersion": "v1", "kind": "ServiceAccount",
            "metadata": {"name": name, "namespace": namespace, "labels": text_map(labels)}})
    })
}

pub(super) fn pod() -> impl Strategy<Value = Value> {
    let identity = (
        one_of(&["p0", "p1", "p2", "p3", "p4"]),
        one_of(&names::NAMESPACES),
        sometimes(85, one_of(&names::ACCOUNTS[..3])),
    );
    let addresses = prop_oneof![
        1 => Just(Vec::new()),
        6 => vec(one_of(&names::INSIDE), 1..3),
    ];
    let state = (
        chance(4),
        sometimes(8, one_of(&["Running", "Succeeded", "Failed"])),
    );
    let init = sometimes(30, init_container());
    (
        identity,
        own_labels(true),
        addresses,
        (ports("containerPort"), init),
        state,
    )
        .prop_map(
            |(
                (name, namespace, account),
                labels,
                addresses,
                (ports, init),
                (host_network, phase),
            )| {
                let spec = fields([
                    ("serviceAccountName", account.map(|name| json!(name))),
                    ("hostNetwork", host_network.then_some(json!(true))),
                    (
                        "containers",
                        Some(json!([{"name": "main", "ports": ports}])),
                    ),
                    ("initContainers", init.map(|init| json!([init]))),
                ]);
                let first = addresses.first().map(|ip| json!(ip));
                let all: Vec<Value> = addresses.iter().map(|ip| json!({"ip": ip})).collect();
                let status = fields([
                    ("podIP", first),
                    ("podIPs", Some(json!(all))),
                    ("phase", phase.map(|phase| json!(phase))),
                ]);
                json!({"apiVersion": "v1", "kind": "Pod",
                "metadata": {"name": name, "namespace": namespace, "labels": labels},
                "spec": spec, "status": status})
            },
        )
}

/// A container that runs before the others, or beside them.
fn init_container() -> impl Strategy<Value = Value> {
    let init = (ports("containerPort"), sometimes(50, Just("Always")));
    init.prop_map(|(ports, restart)| {
        fields([
            ("name", Some(json!("init"))),
            ("ports", Some(ports)),
            ("restartPolicy", restart.map(|restart| json!(restart))),
        ])
    })
}

pub(super) fn group() -> impl Strategy<Value = Value> {
    let identity = (one_of(&names::NAMESPACES), one_of(&names::ACCOUNTS));
    let addresses = vec(one_of(&names::INSIDE), 0..3);
    let all = (identity, own_labels(true), addresses, ports("port"));
    all.prop_map(|((namespace, account), labels, addresses, ports)| {
        json!({"apiVersion": "heliast.dev/v1alpha1", "kind": "WorkloadGroup",
            "metadata": {"name": "group"},
            "spec": {"namespace": namespace, "serviceAccount": account, "labels": labels,
                "namedPorts": ports, "addresses": addresses}})
    })
}

pub(super) fn network_set() -> impl Strategy<Value = Value> {
    let name = (
        one_of(&["s0", "s1", "s2"]),
        sometimes(60, one_of(&names::NAMESPACES)),
    );
    let nets = vec(one_of(&names::NETS_OF_SETS), 0..3);
    (name, own_labels(false), nets).prop_map(|((name, namespace), labels, nets)| {
        let kind = if namespace.is_some() {
            "NetworkSet"
        } else {
            "GlobalNetworkSet"
        };
        let metadata = fields([
            ("name", Some(json!(name))),
            ("namespace", namespace.map(|name| json!(name))),
            ("labels", Some(labels)),
        ]);
        json!({"apiVersion": "projectcalico.org/v3", "kind": kind, "metadata": metadata,
            "spec": {"nets": nets}})
    })
}

/// Labels of a workload's or a set's own, true or not.
pub(super) fn own_labels(is_workload: bool) -> impl Strategy<Value = Value> {
    let claims = one_of(&names::POD_KEYS).prop_filter("sets may not", move |key| {
        is_workload || *key != "projectcalico.org/namespace"
    });
    let key = prop_oneof![4 => one_of(&names::OWN_KEYS), 1 => claims];
    vec((key, one_of(&names::VALUES)), 0..4).prop_map(text_map)
}

/// Named ports, with the number under this key.
fn ports(number: &'static str) -> impl Strategy<Value = Value> {
    let port = (
        one_of(&names::PORT_NAMES[..2]),
        one_of(&names::PORTS),
        sometimes(20, one_of(&["TCP", "UDP"])),
    );
    vec(port, 0..3).prop_map(move |ports| {
        let port = |(name, port, protocol): (&str, u16, Option<&str>)| {
            fields([
                ("name", Some(json!(name))),
                (number, Some(json!(port))),
                ("protocol", protocol.map(|protocol| json!(protocol))),
            ])
        };
        ports.into_iter().map(port).collect()
    })
}
