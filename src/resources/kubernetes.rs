//! Kubernetes' own policy: NetworkPolicy, and that of a cluster's administrators
//! (kubernetes-cilium.md sections 1 and 2).

mod block;
mod cluster_policy;
mod cluster_rule;
mod domain;
mod edition;
mod network_policy;
mod peer;
mod pods;
mod port;
mod rule;
mod selector;
#[cfg(test)]
mod tests;

pub use self::cluster_policy::{ClusterPolicy, ClusterTier};
pub use self::domain::Domain;
pub(super) use self::edition::Edition;
pub use self::network_policy::NetworkPolicy;
pub(super) use self::network_policy::Outcome as NetworkPolicyOutcome;
pub use self::peer::Peer;
pub use self::pods::Pods;
pub use self::port::ProtocolPort;
pub use self::rule::Rule;
