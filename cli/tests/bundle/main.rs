//! `heliast bundle`, as a process: what it prints where, its exit codes, and what must hold of
//! whatever it is given.
#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "a test, helpers included: what is not there fails it"
)]

mod building;
mod comparing;
mod compiling;
mod documents;
mod inspecting;
mod process;
mod properties;
mod pruning;
mod signing;
mod taking;

#[path = "../../../tests/reference/reference.rs"]
#[allow(
    dead_code,
    unused_imports,
    reason = "the worlds of the engine's tests come with it"
)]
mod reference;
#[path = "../../../tests/world/world.rs"]
#[allow(
    dead_code,
    unused_imports,
    reason = "the engine's tests use more of it"
)]
mod world;
