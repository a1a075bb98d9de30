//! heliast: application layer policy, decided inside Envoy.

pub mod decode;
pub mod limits;
pub mod path;
pub mod problem;
pub mod selector;
pub mod truth;
