//! The Envoy adapter: host calls in, one reply out (design section 7).
//!
//! It translates and decides nothing: [`crate::enforcer`] rules. Only for wasm32.

mod bundle_metrics;
mod contexts;
mod enforcing;
mod envoy;
mod exports;
mod following;
mod hostcalls;
mod logging;
mod metrics;
mod node;
mod pairs;
mod process;
mod root;
mod stream;
