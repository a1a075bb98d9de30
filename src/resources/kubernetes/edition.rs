//! The three kinds of an administrator's policy, and what each of them may say
//! (kubernetes-cilium.md 2.1).

use crate::resources::name::NameForm;
use crate::resources::object::{Form, Scope};
use crate::terms::Action;

/// Which kind of an administrator's policy.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::resources) enum Edition {
    /// `ClusterNetworkPolicy` of v1alpha2 and v1beta1.
    Cluster,
    /// `AdminNetworkPolicy` of v1alpha1.
    Admin,
    /// `BaselineAdminNetworkPolicy` of v1alpha1.
    Baseline,
}

impl Edition {
    pub(super) fn form(self) -> Form {
        Form {
            kind: match self {
                Self::Cluster => "ClusterNetworkPolicy",
                Self::Admin => "AdminNetworkPolicy",
                Self::Baseline => "BaselineAdminNetworkPolicy",
            },
            scope: Scope::Cluster,
            name: NameForm::Subdomain,
        }
    }

    /// The fields its spec may have.
    pub(super) fn fields(self) -> &'static [&'static str] {
        match self {
            Self::Cluster => &["tier", "priority", "subject", "ingress", "egress"],
            Self::Admin => &["priority", "subject", "ingress", "egress"],
            Self::Baseline => &["subject", "ingress", "egress"],
        }
    }

    /// The actions its rules may have.
    pub(super) fn actions(self) -> &'static [(&'static str, Action)] {
        match self {
            Self::Cluster => &[
                ("Accept", Action::Allow),
                ("Deny", Action::Deny),
                ("Pass", Action::Pass),
            ],
            Self::Admin => &[
                ("Allow", Action::Allow),
                ("Deny", Action::Deny),
                ("Pass", Action::Pass),
            ],
            Self::Baseline => &[("Allow", Action::Allow), ("Deny", Action::Deny)],
        }
    }

    /// The kinds of peers that its rules may name.
    pub(super) fn peers(self, is_egress: bool) -> &'static [&'static str] {
        if !is_egress {
            return &["namespaces", "pods"];
        }
        match self {
            Self::Cluster | Self::Admin => {
                &["namespaces", "pods", "nodes", "networks", "domainNames"]
            }
            Self::Baseline => &["namespaces", "pods", "nodes", "networks"],
        }
    }

    /// Whether `pods` may leave out `namespaceSelector`, and so mean pods of every namespace.
    pub(super) fn may_omit_namespaces(self) -> bool {
        self == Self::Cluster
    }

    /// The field of a rule that holds its ports.
    pub(super) fn ports_field(self) -> &'static str {
        match self {
            Self::Cluster => "protocols",
            Self::Admin | Self::Baseline => "ports",
        }
    }

    /// Most rules in a direction, peers in a rule, and entries of its ports.
    pub(super) fn most(self) -> usize {
        match self {
            Self::Cluster => 25,
            Self::Admin | Self::Baseline => 100,
        }
    }
}
