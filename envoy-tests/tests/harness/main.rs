//! The harness itself: before a test may blame the filter, its sidecars must be what they claim.

mod certificates;
mod discovery;
mod origin;
mod requests;
mod sidecar;
mod world;
