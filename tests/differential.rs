//! The engine against a plain reading of the specification, in whole worlds at random (house
//! rules 7 and 8), and what must hold of every verdict whatever the world (house.md 3.4).
//!
//! `HELIAST_PROPTEST_CASES` sets how many worlds each test looks at, and `HELIAST_PROPTEST_SEED`
//! where it begins; without them both are fixed, so that a run in CI can be repeated.
#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "a test, helpers included: what is not there fails it"
)]

#[path = "mesh/mesh.rs"]
mod mesh;
#[path = "reference/reference.rs"]
mod reference;
#[path = "world/world.rs"]
mod world;

#[path = "differential/agreement.rs"]
mod agreement;
#[path = "differential/asking.rs"]
mod asking;
#[path = "differential/coverage.rs"]
mod coverage;
#[path = "differential/paths.rs"]
mod paths;
#[path = "differential/properties.rs"]
mod properties;
#[path = "differential/pruning.rs"]
mod pruning;
