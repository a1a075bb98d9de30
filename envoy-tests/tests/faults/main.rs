//! Everything that can go wrong with a filter in Envoy, under the configuration we ship: the guard
//! behind it, FAIL_RELOAD, a `vm_id` of its own. Nothing that goes wrong lets anything through.

mod capabilities;
mod configuration;
mod hole;
mod load;
mod mix;
mod probe;
mod stand_in;
mod trap;
mod workers;
#[path = "../mesh/world.rs"]
mod world;
