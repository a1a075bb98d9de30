//! Nodes: where they are, for peers that are nodes (kubernetes-cilium.md 2.1).

use crate::decode::{Field, Fields};
use crate::limits;
use crate::resources::name::NameForm;
use crate::resources::network;
use crate::resources::object::{Form, Metadata, Place, Scope};
use std::net::IpAddr;

const FORM: Form = Form {
    kind: "Node",
    scope: Scope::Cluster,
    name: NameForm::Subdomain,
};

/// A node.
#[derive(Debug, Clone, PartialEq)]
pub struct Node {
    /// Which object, and its labels.
    pub metadata: Metadata,
    /// Its addresses, inside the cluster and outside.
    pub addresses: Vec<IpAddr>,
}

impl Node {
    /// Reads a node; fields that policy does not look at are ignored.
    pub(in crate::resources) fn decode(root: &Field<'_, '_>, place: Place) -> Option<Self> {
        let root = root.open_object()?;
        let metadata = FORM.decode(&root, place);
        let addresses = addresses(&root);
        Some(Self {
            metadata: metadata?,
            addresses,
        })
    }
}

fn addresses(root: &Fields<'_, '_>) -> Vec<IpAddr> {
    let status = root.get("status");
    let status = status.as_ref().and_then(Field::open_object);
    let Some(list) = status.as_ref().and_then(|status| status.get("addresses")) else {
        return Vec::new();
    };
    let mut addresses = Vec::new();
    for entry in list.list(limits::OBJECTS) {
        let Some(fields) = entry.open_object() else {
            continue;
        };
        // The other types are names.
        if let Some("InternalIP" | "ExternalIP") = fields.string("type") {
            let address = fields.require("address");
            addresses.extend(address.as_ref().and_then(network::address));
        }
    }
    addresses
}
