//! One rule of a policy (calico.md 1.2).

use super::{EntityRule, HttpMatch, Protocol};
use std::collections::BTreeMap;

/// What a rule does with a request it matches (calico.md 1.2).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Action {
    /// Let it pass; no later rule is asked.
    Allow,
    /// Refuse it; no later rule is asked.
    Deny,
    /// Note it, and go on with the next rule.
    Log,
    /// Leave the tier, and go on with the next one.
    Pass,
}

/// The IP version a rule is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum IpVersion {
    /// IPv4.
    V4,
    /// IPv6.
    V6,
}

/// A rule: every clause must hold.
#[derive(Debug, Clone, PartialEq)]
pub struct Rule {
    /// What to do.
    pub action: Action,
    /// The IP version of the peer.
    pub ip_version: Option<IpVersion>,
    /// The protocol the request must have. ICMP details are validated and dropped: they never
    /// match HTTP or TCP, because the protocol differs.
    pub protocol: Option<Protocol>,
    /// A protocol the request must not have.
    pub not_protocol: Option<Protocol>,
    /// Where the request comes from.
    pub source: EntityRule,
    /// Where it goes to.
    pub destination: EntityRule,
    /// What the HTTP request must look like; `Some` with no clause matches any HTTP request.
    pub http: Option<HttpMatch>,
    /// The author's notes; carried into explanations.
    pub annotations: BTreeMap<String, String>,
}
