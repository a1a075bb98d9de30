//! Entities: peers by what they are (kubernetes-cilium.md 3.3).

use super::section::Section;
use crate::decode::Field;

/// A peer by what it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum EntityName {
    /// Everybody.
    All,
    /// What is neither a pod nor a node.
    World,
    /// The same, over IPv4.
    WorldIpv4,
    /// The same, over IPv6.
    WorldIpv6,
    /// Pods and nodes.
    Cluster,
    /// The node that the workload runs on.
    Host,
    /// The other nodes.
    RemoteNode,
    /// Nobody.
    None,
    /// What heliast does not know of: the API server, gateways, health checks, and endpoints that
    /// are not ready or not Cilium's.
    Unknown,
}

const WORDS: [(&str, EntityName); 14] = [
    ("all", EntityName::All),
    ("world", EntityName::World),
    ("world-ipv4", EntityName::WorldIpv4),
    ("world-ipv6", EntityName::WorldIpv6),
    ("cluster", EntityName::Cluster),
    ("host", EntityName::Host),
    ("remote-node", EntityName::RemoteNode),
    ("none", EntityName::None),
    // The pods and nodes of all clusters of a mesh, of which heliast knows one.
    ("cluster-mesh", EntityName::Unknown),
    ("kube-apiserver", EntityName::Unknown),
    ("ingress", EntityName::Unknown),
    ("init", EntityName::Unknown),
    ("health", EntityName::Unknown),
    ("unmanaged", EntityName::Unknown),
];

impl EntityName {
    pub(super) fn decode(field: &Field<'_, '_>, section: Section) -> Option<Self> {
        let entity = field.one_of(&WORDS)?;
        entity.check(field, section);
        Some(entity)
    }

    /// The entity that a reserved label stands for, as in `reserved:host`.
    pub(super) fn of_label(name: &str, field: &Field<'_, '_>, section: Section) -> Option<Self> {
        let found = WORDS.iter().find(|(word, _)| *word == name);
        let entity = found.map(|(_, entity)| *entity).filter(|entity| {
            // These are names of entities only, not of labels.
            !matches!(entity, Self::All | Self::Cluster | Self::None)
        })?;
        entity.check(field, section);
        if entity == Self::World && !section.is_deny() {
            // In a cluster of both IP versions nobody has this label.
            let message = "nobody has `reserved:world` where a cluster has both IP versions";
            section.unsupported(field, message);
            return Some(Self::None);
        }
        Some(entity)
    }

    fn check(self, field: &Field<'_, '_>, section: Section) {
        if self == Self::Unknown {
            let name = field.value().as_str().unwrap_or("that reserved label");
            section.unsupported(field, &format!("heliast does not know who is `{name}`"));
        }
    }
}
