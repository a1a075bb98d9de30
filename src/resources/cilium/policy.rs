//! CiliumNetworkPolicy and CiliumClusterwideNetworkPolicy (kubernetes-cilium.md 3.1).

use super::{Peer, Spec};
use crate::decode::{Field, Fields};
use crate::limits;
use crate::resources::name::NameForm;
use crate::resources::object::{Form, Metadata, Place, Scope};
use std::cell::Cell;

/// Which of Cilium's policy kinds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PolicyKind {
    /// `CiliumNetworkPolicy`.
    CiliumNetworkPolicy,
    /// `CiliumClusterwideNetworkPolicy`.
    CiliumClusterwideNetworkPolicy,
}

impl PolicyKind {
    fn form(self) -> Form {
        let (kind, scope) = match self {
            Self::CiliumNetworkPolicy => ("CiliumNetworkPolicy", Scope::Namespaced),
            Self::CiliumClusterwideNetworkPolicy => {
                ("CiliumClusterwideNetworkPolicy", Scope::Cluster)
            }
        };
        Form {
            kind,
            scope,
            name: NameForm::Subdomain,
        }
    }
}

/// A Cilium policy.
#[derive(Debug, Clone, PartialEq)]
pub struct Policy {
    /// Which object; its namespace is `None` for the clusterwide kind.
    pub metadata: Metadata,
    /// Its bodies: `spec` first, then `specs`. All of them hold.
    pub specs: Vec<Spec>,
}

impl Policy {
    /// The peers that its rules name.
    pub fn peers(&self) -> impl Iterator<Item = &Peer> {
        let lists = self.specs.iter().flat_map(Spec::lists);
        let rules = lists.flat_map(|(_, rules)| rules);
        rules.flat_map(|rule| rule.peers.iter().flatten())
    }

    pub(in crate::resources) fn decode(
        kind: PolicyKind,
        root: &Field<'_, '_>,
        place: Place,
    ) -> Option<Self> {
        let root = root.object(&["apiVersion", "kind", "metadata", "spec", "specs", "status"])?;
        let form = kind.form();
        let metadata = form.decode(&root, place);
        let own = metadata
            .as_ref()
            .and_then(|metadata| metadata.id.namespace.as_deref());
        // The stand-in for a namespace that could not be read keeps follow-up errors away.
        let namespace = (form.scope == Scope::Namespaced).then(|| own.unwrap_or("default"));
        let specs = specs(&root, namespace);
        Some(Self {
            metadata: metadata?,
            specs,
        })
    }
}

fn specs(root: &Fields<'_, '_>, namespace: Option<&str>) -> Vec<Spec> {
    let warned_of_head = Cell::new(false);
    let mut specs = Vec::new();
    let mut seen = false;
    if let Some(field) = root.get("spec") {
        seen = true;
        specs.extend(Spec::decode(&field, None, namespace, &warned_of_head));
    }
    if let Some(field) = root.get("specs") {
        let list = field.list(limits::RULES);
        seen |= !list.is_empty();
        for (index, field) in list.iter().enumerate() {
            specs.extend(Spec::decode(field, Some(index), namespace, &warned_of_head));
        }
    }
    if !seen {
        let message = "has neither `spec` nor `specs`";
        root.here().error("missing-field", message, "");
    }
    specs
}
