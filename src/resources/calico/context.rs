//! What the parts of a rule need to know of the rest of it.

use super::policy_type::PolicyType;
use crate::decode::Field;
use crate::resources::Strictness;
use crate::terms::{Action, IpVersion, Protocol};
use ipnet::IpNet;
use std::cell::Cell;

/// The policy around a rule.
#[derive(Debug, Clone, Copy)]
pub(super) struct RuleContext<'c> {
    pub(super) strictness: Strictness,
    pub(super) direction: PolicyType,
    /// The namespace of the policy; none for the global kinds.
    pub(super) namespace: Option<&'c str>,
}

/// Which end of a rule.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum End {
    Source,
    Destination,
}

/// The rule around one of its ends.
#[derive(Debug, Clone, Copy)]
pub(super) struct EndContext<'c> {
    pub(super) rule: RuleContext<'c>,
    pub(super) end: End,
    /// None if it could not be read.
    pub(super) action: Option<Action>,
    pub(super) protocol: ProtocolClause,
    pub(super) families: &'c Families,
}

/// What a rule says of the protocol.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum ProtocolClause {
    Unset,
    Is(Protocol),
    /// Something that was reported already.
    Unreadable,
}

impl ProtocolClause {
    pub(super) fn known(self) -> Option<Protocol> {
        match self {
            Self::Is(protocol) => Some(protocol),
            Self::Unset | Self::Unreadable => None,
        }
    }
}

/// The one IP version that all networks of a rule must have (calico.md 1.6 row 3).
#[derive(Debug, Default)]
pub(super) struct Families {
    /// The one the rule asks for.
    wanted: Option<IpVersion>,
    /// The one of its first network.
    seen: Cell<Option<IpVersion>>,
}

impl Families {
    pub(super) fn new(wanted: Option<IpVersion>) -> Self {
        Self {
            wanted,
            seen: Cell::new(None),
        }
    }

    /// Holds one more network against the others.
    pub(super) fn admit(&self, field: &Field<'_, '_>, net: &IpNet) {
        let version = match net {
            IpNet::V4(_) => IpVersion::V4,
            IpNet::V6(_) => IpVersion::V6,
        };
        if self.wanted.is_some_and(|wanted| wanted != version) {
            let message = format!("`{net}` is not of the rule's ipVersion");
            field.error("mixed-families", message, "remove it, or `ipVersion`");
        }
        let first = self.seen.get().unwrap_or(version);
        self.seen.set(Some(first));
        if first != version {
            let message = "the rule has both IPv4 and IPv6 networks";
            field.error("mixed-families", message, "write one rule for each");
        }
    }
}
