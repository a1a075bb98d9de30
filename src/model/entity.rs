//! One end of a rule, spelt out (calico.md 2.4, 4.1, 4.2).

use super::principal::PrincipalClause;
#[cfg(feature = "compiled")]
use crate::reader::{Read, Reader};
use crate::selector::Selector;
use crate::terms::NetGroup;
use ipnet::IpNet;

/// What one end of a request must be. Absent clauses ask nothing.
#[derive(Debug, Clone, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[cfg_attr(feature = "compiler", derive(serde::Serialize))]
pub struct Entity {
    /// One of these networks contains the address; empty asks nothing.
    pub nets: Vec<IpNet>,
    /// None of these networks contains the address.
    pub not_nets: Vec<IpNet>,
    /// A workload or network set at the address has these labels.
    pub member: Option<Selector>,
    /// No workload or network set at the address has these labels.
    pub not_member: Option<Selector>,
    /// What the verified principal must be, where there is one.
    pub identity: IdentityClause,
    /// Asks for what is not known here, such as endpoint slices: never holds.
    pub unknowable: bool,
    /// The address is one of the enforcing workload's own, or of the node it runs on.
    pub own_host: bool,
    /// Whether the address is that of a known node.
    pub node: Option<bool>,
    /// Whether the peer has, or has not, shown a certificate that is accepted.
    pub verified: Option<bool>,
    /// What the name of the verified principal must be: all of these.
    pub principals: Vec<PrincipalClause>,
    /// The address is not of the node that the enforcing workload runs on.
    pub other_host: bool,
    /// One of the networks of this group contains the address; asked of peers alone.
    pub group: Option<NetGroup>,
}

#[cfg(feature = "compiled")]
impl Read for Entity {
    fn read(from: &mut Reader<'_>) -> Self {
        Self {
            nets: from.read(),
            not_nets: from.read(),
            member: from.read(),
            not_member: from.read(),
            identity: from.read(),
            unknowable: from.read(),
            own_host: from.read(),
            node: from.read(),
            verified: from.read(),
            principals: from.read(),
            other_host: from.read(),
            group: from.read(),
        }
    }
}

/// What a verified principal must be, besides the workload at its address (calico.md 4.2).
#[derive(Debug, Clone, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[cfg_attr(feature = "compiler", derive(serde::Serialize))]
pub struct IdentityClause {
    /// One of these service accounts; empty asks nothing.
    pub service_accounts: Vec<String>,
    /// The labels of its service account, without prefix.
    pub service_account_selector: Option<Selector>,
    /// Its namespace.
    pub namespace: NamespaceClause,
}

#[cfg(feature = "compiled")]
impl Read for IdentityClause {
    fn read(from: &mut Reader<'_>) -> Self {
        Self {
            service_accounts: from.read(),
            service_account_selector: from.read(),
            namespace: from.read(),
        }
    }
}

/// What the namespace of a verified principal must be.
#[derive(Debug, Clone, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[cfg_attr(feature = "compiler", derive(serde::Serialize))]
pub enum NamespaceClause {
    /// Any.
    #[default]
    Any,
    /// This one.
    Named(String),
    /// One with these labels, without prefix.
    Labelled(Selector),
}

#[cfg(feature = "compiled")]
impl Read for NamespaceClause {
    fn read(from: &mut Reader<'_>) -> Self {
        match from.variant() {
            0 => Self::Any,
            1 => Self::Named(from.read()),
            2 => Self::Labelled(from.read()),
            _ => from.refuse(Self::Any),
        }
    }
}

impl Entity {
    /// Whether the clauses ask for labels or identity, and not only for networks.
    #[must_use]
    pub fn asks_who(&self) -> bool {
        self.member.is_some() || self.not_member.is_some()
    }
}
