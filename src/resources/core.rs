//! Kubernetes' own objects, as far as policy looks at them.

mod namespace;
mod pod;
mod service_account;

pub use self::namespace::Namespace;
pub use self::pod::{NamedPort, Pod};
pub use self::service_account::ServiceAccount;
