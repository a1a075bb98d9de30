//! heliast: application layer policy, decided inside Envoy.
//!
//! One arrow, from what users write to what Envoy does:
//!
//! ```text
//! manifests -> resources -> model -> program -> verdict -> Envoy
//! ```
//!
//! | stage | module | what it holds |
//! |---|---|---|
//! | resources | [`resources`] | the users' own objects, as types that cannot be wrong |
//! | model | [`model`] | one tiered form for all dialects, and who is behind an address |
//! | program | [`program`] | what one workload enforces; what is left of it for one peer |
//! | verdict | [`mod@evaluate`], [`mod@explain`], [`verdict`] | the decision, and the walk that led to it |
//! | Envoy | [`enforcer`], [`host`], `filter` | facts in, one reply out |
//!
//! Beside the arrow stand [`bundle`] and [`config`], which carry input to it; [`prune`], which
//! leaves out of a bundle what one workload cannot ask about; [`decode`],
//! [`problem`] and [`limits`], which tell what is wrong with input; [`peer`], [`identify`],
//! [`spiffe`] and [`request`], the facts that are judged, and [`settings`], how they are; [`terms`],
//! the words that all stages share; and the leaf algorithms [`selector`], [`path`], [`regex`] and [`truth`]. No stage imports a later one.

mod authority;
pub mod bundle;
mod case;
#[cfg(feature = "compiled")]
pub mod compiled;
pub mod config;
pub mod decode;
pub mod enforcer;
pub mod evaluate;
pub mod explain;
pub mod fetch;
#[cfg(target_arch = "wasm32")]
mod filter;
mod gather;
pub mod host;
pub mod identify;
pub mod limits;
pub mod model;
pub mod pace;
pub mod path;
pub mod peer;
pub mod problem;
pub mod program;
#[cfg(feature = "objects")]
pub mod prune;
mod reader;
pub mod regex;
pub mod request;
#[cfg(feature = "objects")]
pub mod resources;
pub mod selector;
pub mod settings;
pub mod spiffe;
mod substring;
pub mod suggest;
pub mod terms;
pub mod truth;
pub mod verdict;
