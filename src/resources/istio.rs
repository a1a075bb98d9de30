//! Istio's kinds (istio.md 1, 2).

mod authorization_policy;
mod condition;
mod metadata;
mod peer_authentication;
mod rule;
mod scope;
mod value;
mod warnings;
mod when;

pub use self::authorization_policy::{AuthorizationPolicy, PolicyAction};
pub use self::condition::{Condition, Listed};
pub use self::peer_authentication::PeerAuthentication;
pub use self::rule::Rule;
pub use self::scope::Scope;
pub use self::value::{MetadataValue, PathValue, RequestPrincipal, ServiceAccount};

/// The namespace whose policy governs the whole mesh, unless the operator says otherwise.
pub const ROOT_NAMESPACE: &str = "istio-system";
