//! Real Envoy sidecars on loopback.
