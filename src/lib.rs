//! heliast: application layer policy, decided inside Envoy.

pub mod truth;
