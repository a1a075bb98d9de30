//! Kubernetes' own objects, as far as policy looks at them.

mod named_port;
mod namespace;
mod node;
mod pod;
mod service_account;

pub use self::namespace::Namespace;
pub use self::node::Node;
pub use self::pod::Pod;
pub use self::service_account::ServiceAccount;
