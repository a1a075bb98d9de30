//! The Envoy adapter: host calls in, one reply out (design section 7).
//!
//! It translates and decides nothing: [`crate::enforcer`] rules. Only for wasm32.

mod bundle_metrics;
mod enforcing;
mod envoy;
mod following;
mod hostcalls;
mod metrics;
mod node;
mod pairs;
mod process;
mod request;
mod root;

use self::root::Root;
use proxy_wasm::traits::RootContext;
use proxy_wasm::types::LogLevel;

proxy_wasm::main! {{
    proxy_wasm::set_log_level(LogLevel::Info);
    proxy_wasm::set_root_context(|_| -> Box<dyn RootContext> { Box::new(Root::default()) });
}}
