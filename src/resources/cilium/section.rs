//! The four lists of rules of a policy, and what the parts of a rule need to know of theirs.

use crate::decode::Field;
use std::cell::Cell;

/// One of the lists of rules of a policy (kubernetes-cilium.md 3.1).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Section {
    Ingress,
    IngressDeny,
    Egress,
    EgressDeny,
}

impl Section {
    pub(super) fn is_deny(self) -> bool {
        matches!(self, Self::IngressDeny | Self::EgressDeny)
    }

    pub(super) fn is_ingress(self) -> bool {
        matches!(self, Self::Ingress | Self::IngressDeny)
    }

    /// The name of the list.
    pub(super) fn field(self) -> &'static str {
        match self {
            Self::Ingress => "ingress",
            Self::IngressDeny => "ingressDeny",
            Self::Egress => "egress",
            Self::EgressDeny => "egressDeny",
        }
    }

    /// Reports a piece of a rule that cannot be enforced here: an allow loses its grant, a deny is
    /// refused (kubernetes-cilium.md section 4).
    pub(super) fn unsupported(self, field: &Field<'_, '_>, message: &str) {
        if self.is_deny() {
            let help = "deny by labels, networks or other entities";
            field.error("unsupported-field", message, help);
        } else {
            let message = format!("{message}: it grants nothing here, and still isolates");
            field.warn("cilium-unsupported-peer", message, "");
        }
    }
}

/// The policy around a rule.
#[derive(Debug, Clone, Copy)]
pub(super) struct Context<'c> {
    pub(super) section: Section,
    /// Whether the policy has a namespace, which its selectors of peers then stay in.
    pub(super) is_namespaced: bool,
    /// Whether the object was warned that GET does not take HEAD: once is enough.
    pub(super) warned_of_head: &'c Cell<bool>,
}
