//! CiliumCIDRGroup: a named list of networks (kubernetes-cilium.md 3.3).

use super::cidr;
use crate::decode::Field;
use crate::limits;
use crate::resources::name::NameForm;
use crate::resources::object::{self, Form, Metadata, Place, Scope};
use crate::terms::NetGroup;
use ipnet::IpNet;

const FORM: Form = Form {
    kind: "CiliumCIDRGroup",
    scope: Scope::Cluster,
    name: NameForm::Subdomain,
};

/// A named list of networks.
#[derive(Debug, Clone, PartialEq)]
pub struct CidrGroup {
    /// Which object.
    pub metadata: Metadata,
    /// Its networks.
    pub nets: NetGroup,
}

impl CidrGroup {
    pub(in crate::resources) fn decode(root: &Field<'_, '_>, place: Place) -> Option<Self> {
        let root = object::strict(root)?;
        let metadata = FORM.decode(&root, place);
        let spec = root.require("spec")?;
        let spec = spec.object(&["externalCIDRs"])?;
        let nets = spec.require("externalCIDRs")?;
        let nets = nets.list(limits::OBJECTS);
        let nets: Vec<IpNet> = nets.iter().filter_map(cidr::with_prefix).collect();
        let metadata = metadata?;
        Some(Self {
            nets: NetGroup::new(&metadata.id.name, &nets),
            metadata,
        })
    }
}
