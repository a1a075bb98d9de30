//! Calico v3 resources (calico.md section 1).

mod entity_rule;
mod http_match;
mod network_set;
mod policy;
mod port;
mod protocol;
mod rule;
mod tier;

pub use self::entity_rule::{EntityRule, NamespaceMatch, ServiceAccountMatch, ServiceMatch};
pub use self::http_match::{HeaderMatch, HeaderOperator, HttpMatch};
pub use self::network_set::NetworkSet;
pub use self::policy::{Policy, PolicyKind};
pub use self::port::Port;
pub use self::protocol::Protocol;
pub use self::rule::{Action, IpVersion, Rule};
pub use self::tier::{Tier, TierDefault};
