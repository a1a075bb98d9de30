//! Calico v3 resources (calico.md section 1).

mod action;
mod context;
mod entity_rule;
mod header_match;
mod host_only;
mod http_match;
mod network_set;
mod policy;
mod policy_type;
mod port;
mod protocol;
mod rule;
mod selectors;
pub(super) mod staged;
mod tier;

pub use self::entity_rule::{EntityRule, NamespaceMatch, ServiceAccountMatch, ServiceMatch};
pub use self::network_set::NetworkSet;
pub use self::policy::{Policy, PolicyKind};
pub use self::rule::Rule;
pub use self::tier::Tier;
