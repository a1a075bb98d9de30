//! Input that nobody sends by accident: the module answers, never traps, and lets nothing past.

mod addresses;
mod certificates;
mod endurance;
mod headers;
mod requests;
mod sidecar;
mod tweak;
#[path = "../mesh/world.rs"]
mod world;
