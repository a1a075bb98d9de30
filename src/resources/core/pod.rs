//! Pods: who is behind an address (calico.md 2.2).

mod announced;
mod ports;

use crate::decode::{Field, Fields};
use crate::limits;
use crate::resources::name::{self, NameForm};
use crate::resources::network;
use crate::resources::object::{self, Form, Metadata, Place, Scope};
use crate::terms::NamedPort;
use std::net::IpAddr;

const FORM: Form = Form {
    kind: "Pod",
    scope: Scope::Namespaced,
    name: NameForm::Subdomain,
};

/// A pod.
#[derive(Debug, Clone, PartialEq)]
pub struct Pod {
    /// Which object, and its own labels.
    pub metadata: Metadata,
    /// Its service account; `default` where the object names none.
    pub service_account: String,
    /// Its addresses: those that the kubelet reports, and before it does, those that the network
    /// plugin announces. Empty for a pod that has none of its own: host network, unscheduled,
    /// succeeded or failed (calico.md 2.2).
    pub addresses: Vec<IpAddr>,
    /// Whether it has no address of its own because it is on the network of its host.
    pub host_network: bool,
    /// The addresses of the node it runs on.
    pub node_addresses: Vec<IpAddr>,
    /// The named ports of its containers, those of init containers marked as such.
    pub named_ports: Vec<NamedPort>,
}

impl Pod {
    /// The namespace it is in.
    #[must_use]
    pub fn namespace(&self) -> &str {
        self.metadata.id.namespace.as_deref().unwrap_or("default")
    }

    /// Reads a pod; fields that policy does not look at are ignored.
    pub(in crate::resources) fn decode(root: &Field<'_, '_>, place: Place) -> Option<Self> {
        let root = root.open_object()?;
        let metadata = FORM.decode(&root, place);
        let spec = root.get("spec");
        let spec = spec.as_ref().and_then(Field::open_object);
        let service_account = match spec.as_ref().and_then(service_account_field) {
            Some(field) => name::decode(&field, NameForm::Subdomain),
            None => Some("default".to_owned()),
        };
        let named_ports = spec.as_ref().map(ports::named_ports).unwrap_or_default();
        let host_network = spec.as_ref().is_some_and(|spec| spec.flag("hostNetwork"));
        let addresses = if host_network || has_finished(&root) {
            Vec::new()
        } else {
            addresses(&root, spec.as_ref())
        };
        Some(Self {
            metadata: metadata?,
            service_account: service_account?,
            addresses,
            host_network,
            node_addresses: status_addresses(&root, "hostIPs", "hostIP"),
            named_ports,
        })
    }
}

/// `serviceAccountName`, or the field it replaced.
fn service_account_field<'v, 'p>(spec: &Fields<'v, 'p>) -> Option<Field<'v, 'p>> {
    ["serviceAccountName", "serviceAccount"]
        .into_iter()
        .filter_map(|key| spec.get(key))
        .find(|field| !object::is_empty_text(field))
}

/// The addresses that the kubelet reports; while it reports none, those that the network plugin
/// announces of a pod that has been given to a node.
fn addresses(root: &Fields<'_, '_>, spec: Option<&Fields<'_, '_>>) -> Vec<IpAddr> {
    let reported = status_addresses(root, "podIPs", "podIP");
    let node = spec.and_then(|spec| spec.get("nodeName"));
    let is_scheduled = node.is_some_and(|node| !object::is_empty_text(&node));
    if reported.is_empty() && is_scheduled {
        return announced::addresses(root);
    }
    reported
}

/// Whether the pod has given its address back, so that it may be another's by now.
fn has_finished(root: &Fields<'_, '_>) -> bool {
    let status = root.get("status");
    let status = status.as_ref().and_then(Field::open_object);
    let phase = status.as_ref().and_then(|status| status.string("phase"));
    matches!(phase, Some("Succeeded" | "Failed" | "Completed")) || announced::is_released(root)
}

/// The addresses in a list of the status such as `podIPs`, or the one beside it where that is all
/// there is.
fn status_addresses(root: &Fields<'_, '_>, all: &'static str, single: &'static str) -> Vec<IpAddr> {
    let status = root.get("status");
    let Some(status) = status.as_ref().and_then(Field::open_object) else {
        return Vec::new();
    };
    let mut addresses: Vec<IpAddr> = Vec::new();
    if let Some(list) = status.get(all) {
        for entry in list.list(limits::OBJECTS) {
            let fields = entry.open_object();
            let ip = fields.as_ref().and_then(|fields| fields.get("ip"));
            addresses.extend(ip.as_ref().and_then(network::address));
        }
    }
    let single = status
        .get(single)
        .filter(|field| !object::is_empty_text(field));
    let single = single.as_ref().and_then(network::address);
    addresses.extend(single.filter(|_| addresses.is_empty()));
    addresses
}
