//! A proxy-wasm filter that lets every request go on: what any filter costs, before it does
//! anything. Built with the SDK and the profile that heliast is built with.

#[cfg(target_arch = "wasm32")]
mod filter;
