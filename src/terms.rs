//! The words of policy that mean the same in every dialect, from the objects that use them to the
//! programs that answer them.

mod action;
mod glob;
mod header_match;
mod http_match;
mod ip_version;
mod mismatch;
mod mutual_tls_mode;
mod named_port;
mod net_group;
mod port;
mod protocol;
mod tier_default;

pub use self::action::Action;
pub use self::glob::Glob;
pub use self::header_match::{HeaderMatch, HeaderOperator};
pub use self::http_match::HttpMatch;
pub use self::ip_version::IpVersion;
pub use self::mismatch::Mismatch;
pub use self::mutual_tls_mode::MutualTlsMode;
pub use self::named_port::{Container, NamedPort};
pub use self::net_group::NetGroup;
pub use self::port::Port;
pub use self::protocol::Protocol;
pub use self::tier_default::TierDefault;
