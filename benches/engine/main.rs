//! What the engine costs, natively: `cargo bench -p heliast`, or `cargo bench -p heliast evaluate`
//! for one of the groups `load`, `compile` and `evaluate`. It prints, and asserts nothing.
#![allow(
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a measurement: what is not there ends it"
)]

mod asked;
mod compile;
mod evaluate;
mod load;
mod worlds;

/// Where the stories are.
pub(crate) const POLICIES: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/policies");

fn main() {
    divan::main();
}
