//! A proxy-wasm filter that lets every request go on, without the SDK: Envoy enters it only for the
//! callbacks that heliast has as well (`src/filter/exports.rs`), which shows what those alone cost;
//! and, where it is told to call the host, what such a call costs.

#[cfg(target_arch = "wasm32")]
mod calls;
#[cfg(target_arch = "wasm32")]
mod exports;
