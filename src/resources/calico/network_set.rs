//! NetworkSet and GlobalNetworkSet (calico.md 1.4).

use crate::decode::{Field, Fields};
use crate::limits;
use crate::resources::name::NameForm;
use crate::resources::network;
use crate::resources::object::{self, Form, Metadata, Place, Scope};
use ipnet::IpNet;

const FORM: Form = Form {
    kind: "NetworkSet",
    scope: Scope::Namespaced,
    name: NameForm::Subdomain,
};
const GLOBAL_FORM: Form = Form {
    kind: "GlobalNetworkSet",
    scope: Scope::Cluster,
    name: NameForm::Subdomain,
};

/// The label by which Calico knows the namespace of a set; nobody may claim it.
const NAMESPACE_LABEL: &str = "projectcalico.org/namespace";

/// A named set of networks; the labels in its metadata are what selectors see.
#[derive(Debug, Clone, PartialEq)]
pub struct NetworkSet {
    /// Which object; its namespace is `None` for a GlobalNetworkSet.
    pub metadata: Metadata,
    /// Its networks, masked; a bare address is a network of one.
    pub nets: Vec<IpNet>,
}

impl NetworkSet {
    pub(in crate::resources) fn decode(root: &Field<'_, '_>, place: Place) -> Option<Self> {
        Self::of(FORM, root, place)
    }

    pub(in crate::resources) fn decode_global(root: &Field<'_, '_>, place: Place) -> Option<Self> {
        Self::of(GLOBAL_FORM, root, place)
    }

    fn of(form: Form, root: &Field<'_, '_>, place: Place) -> Option<Self> {
        let root = object::strict(root)?;
        let metadata = form.decode(&root, place);
        refuse_reserved_label(&root);
        let spec = root.get("spec");
        let spec = spec
            .as_ref()
            .and_then(|spec| spec.object(&["nets", "allowedEgressDomains"]));
        let nets = spec.as_ref().and_then(|spec| spec.get("nets")).map(|nets| {
            nets.list(limits::OBJECTS)
                .iter()
                .filter_map(network::in_set)
                .collect()
        });
        if let Some(domains) = spec
            .as_ref()
            .and_then(|spec| spec.get("allowedEgressDomains"))
        {
            let help = "list networks in `nets`";
            domains.error(
                "unsupported-field",
                "domain names are not enforced yet",
                help,
            );
        }
        Some(Self {
            metadata: metadata?,
            nets: nets.unwrap_or_default(),
        })
    }
}

fn refuse_reserved_label(root: &Fields<'_, '_>) {
    let metadata = root.get("metadata");
    let metadata = metadata
        .as_ref()
        .and_then(|metadata| metadata.open_object());
    let labels = metadata
        .as_ref()
        .and_then(|metadata| metadata.get("labels"));
    let labels = labels.as_ref().filter(|labels| labels.value().is_object());
    let labels = labels.and_then(|labels| labels.open_object());
    if let Some(label) = labels
        .as_ref()
        .and_then(|labels| labels.get(NAMESPACE_LABEL))
    {
        let message = format!("the label `{NAMESPACE_LABEL}` is Calico's own");
        label.error("reserved-label", message, "remove it");
    }
}
