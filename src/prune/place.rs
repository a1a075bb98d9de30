//! What a Pod or a WorkloadGroup says of workloads, and the two written again.

use crate::bundle::{API_VERSION, Object};
use crate::model::Workload;
use crate::resources::core::{Node, Pod};
use crate::resources::workload_group::WorkloadGroup;
use crate::terms::{Container, NamedPort};
use litemap::LiteMap;
use serde_json::{Map, Value, json};
use std::collections::BTreeMap;
use std::net::IpAddr;

/// The workloads of one object.
#[derive(Debug)]
pub(super) struct Placed {
    pub(super) namespace: String,
    pub(super) service_account: String,
    pub(super) labels: LiteMap<String, String>,
    pub(super) named_ports: Vec<NamedPort>,
    pub(super) addresses: Box<[IpAddr]>,
    /// The addresses of the node, of a pod.
    pub(super) node_addresses: Vec<IpAddr>,
    /// Whether a pod is on the network of its host.
    pub(super) host_network: bool,
}

impl From<Pod> for Placed {
    fn from(pod: Pod) -> Self {
        Self {
            namespace: pod
                .metadata
                .id
                .namespace
                .unwrap_or_else(|| "default".to_owned()),
            service_account: pod.service_account,
            labels: pod.metadata.labels,
            named_ports: pod.named_ports,
            addresses: pod.addresses.into(),
            node_addresses: pod.node_addresses,
            host_network: pod.host_network,
        }
    }
}

impl From<WorkloadGroup> for Placed {
    fn from(group: WorkloadGroup) -> Self {
        Self {
            namespace: group.namespace,
            service_account: group.service_account,
            labels: group.labels,
            named_ports: group.named_ports,
            addresses: group.addresses.into(),
            node_addresses: Vec::new(),
            host_network: false,
        }
    }
}

/// A node with what policy looks at, and nothing else.
pub(super) fn trimmed_node(node: &Node) -> Option<Object> {
    let addresses = text(&node.addresses).into_iter();
    let addresses: Vec<Value> = addresses
        .map(|address| json!({"type": "InternalIP", "address": address}))
        .collect();
    let labels: BTreeMap<_, _> = node.metadata.labels.iter().collect();
    let object = json!({
        "apiVersion": "v1",
        "kind": "Node",
        "metadata": {"name": node.metadata.id.name, "labels": labels},
        "status": {"addresses": addresses},
    });
    Object::new(object).ok()
}

/// A pod with what policy looks at, and nothing else: labels that every pod of its identity has
/// follow from that.
pub(super) fn trimmed_pod(
    name: &str,
    workload: &Workload,
    addresses: &[IpAddr],
    placed: &Placed,
    bare: &Workload,
) -> Option<Object> {
    let own = workload.labels.own.iter();
    let labels: BTreeMap<_, _> = own
        .filter(|(key, _)| !bare.labels.own.contains_key(*key))
        .collect();
    let mut spec = json!({"serviceAccountName": workload.service_account});
    if let Some(spec) = spec.as_object_mut() {
        insert_containers(workload, spec);
    }
    if let (true, Some(spec)) = (placed.host_network, spec.as_object_mut()) {
        spec.insert("hostNetwork".to_owned(), json!(true));
    }
    let node_addresses = &placed.node_addresses;
    let ips = |addresses| -> Vec<Value> {
        let texts = text(addresses).into_iter();
        texts.map(|ip| json!({"ip": ip})).collect()
    };
    let mut status = json!({"podIPs": ips(addresses)});
    if let (false, Some(status)) = (node_addresses.is_empty(), status.as_object_mut()) {
        status.insert("hostIPs".to_owned(), json!(ips(node_addresses)));
    }
    let object = json!({
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": {
            "labels": labels,
            "name": name,
            "namespace": workload.namespace,
        },
        "spec": spec,
        "status": status,
    });
    Object::new(object).ok()
}

/// The containers of each sort, as one that has the named ports of all of them.
fn insert_containers(workload: &Workload, spec: &mut Map<String, Value>) {
    let of = |wanted: Container| -> Vec<Value> {
        let ports = workload.named_ports.iter();
        let ports = ports.filter(|port| port.container == wanted);
        ports
            .map(|port| encode_port(port, "containerPort"))
            .collect()
    };
    let main = of(Container::Main);
    if !main.is_empty() {
        spec.insert("containers".to_owned(), json!([{"ports": main}]));
    }
    let mut others = Vec::new();
    let sidecars = of(Container::Sidecar);
    if !sidecars.is_empty() {
        others.push(json!({"ports": sidecars, "restartPolicy": "Always"}));
    }
    let init = of(Container::Init);
    if !init.is_empty() {
        others.push(json!({"ports": init}));
    }
    if !others.is_empty() {
        spec.insert("initContainers".to_owned(), json!(others));
    }
}

fn text(addresses: &[IpAddr]) -> Vec<String> {
    addresses.iter().map(ToString::to_string).collect()
}

/// A named port, with the number under this key.
fn encode_port(port: &NamedPort, number: &str) -> Value {
    json!({"name": port.name, number: port.port, "protocol": port.protocol.to_string()})
}

/// A named port of a group, with its container where that is not the usual one.
fn encode_group_port(port: &NamedPort) -> Value {
    let mut encoded = encode_port(port, "port");
    let container = match port.container {
        Container::Main => return encoded,
        Container::Sidecar => "Sidecar",
        Container::Init => "Init",
    };
    if let Some(fields) = encoded.as_object_mut() {
        fields.insert("container".to_owned(), json!(container));
    }
    encoded
}

/// Workloads that are alike to every rule that can ask.
#[derive(Debug)]
pub(super) struct Group<'f> {
    pub(super) name: String,
    pub(super) namespace: &'f str,
    pub(super) service_account: &'f str,
    pub(super) labels: &'f BTreeMap<&'f str, &'f str>,
    pub(super) named_ports: &'f [&'f NamedPort],
    pub(super) addresses: Vec<IpAddr>,
}

impl Group<'_> {
    /// The group as an object.
    pub(super) fn object(&self) -> Option<Object> {
        let mut spec = json!({
            "addresses": text(&self.addresses),
            "namespace": self.namespace,
            "serviceAccount": self.service_account,
        });
        if let Some(spec) = spec.as_object_mut() {
            if !self.labels.is_empty() {
                spec.insert("labels".to_owned(), json!(self.labels));
            }
            if !self.named_ports.is_empty() {
                let ports = self.named_ports.iter();
                let ports = ports.map(|port| encode_group_port(port)).collect();
                spec.insert("namedPorts".to_owned(), ports);
            }
        }
        let object = json!({
            "apiVersion": API_VERSION,
            "kind": "WorkloadGroup",
            "metadata": {"name": self.name},
            "spec": spec,
        });
        Object::new(object).ok()
    }
}
