//! WorkloadGroup: many pods that are alike, in heliast's own compact form (design 6.2).

use crate::decode::Field;
use crate::limits;
use crate::resources::name::{self, NameForm};
use crate::resources::network;
use crate::resources::object::{self, Form, Metadata, Place, Scope};
use crate::terms::NamedPort;
use litemap::LiteMap;
use std::net::IpAddr;

const FORM: Form = Form {
    kind: "WorkloadGroup",
    scope: Scope::Cluster,
    name: NameForm::Subdomain,
};

/// Workloads of one namespace, service account and label set.
#[derive(Debug, Clone, PartialEq)]
pub struct WorkloadGroup {
    /// Which object; the labels of the workloads are in [`Self::labels`].
    pub metadata: Metadata,
    /// The namespace of the workloads.
    pub namespace: String,
    /// Their service account.
    pub service_account: String,
    /// Their own labels.
    pub labels: LiteMap<String, String>,
    /// Their named ports.
    pub named_ports: Vec<NamedPort>,
    /// Their addresses.
    pub addresses: Vec<IpAddr>,
}

impl WorkloadGroup {
    pub(in crate::resources) fn decode(root: &Field<'_, '_>, place: Place) -> Option<Self> {
        let root = object::strict(root)?;
        let metadata = FORM.decode(&root, place);
        let spec = root.require("spec")?;
        let known = [
            "namespace",
            "serviceAccount",
            "labels",
            "namedPorts",
            "addresses",
        ];
        let spec = spec.object(&known)?;
        let namespace = spec
            .require("namespace")
            .and_then(|field| name::decode(&field, NameForm::Label));
        let service_account = match spec.get("serviceAccount") {
            Some(field) => name::decode(&field, NameForm::Subdomain),
            None => Some("default".to_owned()),
        };
        let labels = spec
            .get("labels")
            .map(|labels| labels.string_map())
            .unwrap_or_default();
        let named_ports = spec.get("namedPorts").map(|ports| {
            ports
                .list(limits::OBJECTS)
                .iter()
                .filter_map(NamedPort::decode)
                .collect()
        });
        let addresses = spec.get("addresses").map(|addresses| {
            addresses
                .list(limits::OBJECTS)
                .iter()
                .filter_map(network::address)
                .collect()
        });
        Some(Self {
            metadata: metadata?,
            namespace: namespace?,
            service_account: service_account?,
            labels,
            named_ports: named_ports.unwrap_or_default(),
            addresses: addresses.unwrap_or_default(),
        })
    }
}
