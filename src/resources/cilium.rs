//! Cilium resources (kubernetes-cilium.md section 3).
//!
//! What a sidecar cannot enforce never widens access: an allow loses its grant and keeps the
//! isolation it causes, with a warning; a deny is refused (section 4 there).

mod authentication;
mod cidr;
mod cidr_group;
mod domain;
mod entity;
mod header_match;
mod http_rule;
mod icmp;
mod label_key;
mod notes;
mod peers;
mod policy;
mod port_rule;
mod rule;
mod section;
mod selector;
mod spec;
#[cfg(test)]
mod tests;

pub use self::authentication::Authentication;
pub use self::cidr_group::CidrGroup;
pub use self::domain::DomainPattern;
pub use self::entity::EntityName;
pub use self::header_match::{HeaderLine, HeaderMatch};
pub use self::http_rule::HttpRule;
pub use self::label_key::LabelKey;
pub use self::peers::Peer;
pub use self::policy::{Policy, PolicyKind};
pub use self::port_rule::{ApplicationRules, PortProtocol, PortRule};
pub use self::rule::Rule;
pub use self::selector::as_cilium_sees;
pub use self::spec::{Posture, Spec};
