//! heliast: application layer policy, decided inside Envoy.

pub mod bundle;
pub mod config;
pub mod decode;
pub mod enforcer;
pub mod evaluate;
pub mod explain;
#[cfg(target_arch = "wasm32")]
mod filter;
pub mod host;
pub mod identify;
pub mod limits;
pub mod model;
pub mod path;
pub mod peer;
pub mod problem;
pub mod program;
pub mod request;
pub mod resources;
pub mod selector;
pub mod spiffe;
pub mod truth;
pub mod verdict;
