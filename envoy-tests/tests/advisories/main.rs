//! The security record of Istio and Envoy (istio.md section 9), entry by entry: what let requests
//! past policy there is sent here, byte by byte, through a real Envoy under an AuthorizationPolicy.
//!
//! Every test is named after its row. docs/compatibility.md has the table of all forty rows, with
//! the reason where a filter cannot see one; [`record`] holds that table to these tests.

mod addresses;
mod ask;
#[path = "../mesh/claims.rs"]
mod claims;
mod configuration;
mod headers;
mod hosts;
mod identities;
mod paths;
mod record;
mod requests;
mod sidecar;
mod tokens;
#[path = "../hostile/tweak.rs"]
#[expect(
    dead_code,
    reason = "all listeners of this test have an ordinary address"
)]
mod tweak;
#[path = "../mesh/world.rs"]
#[expect(dead_code, reason = "the mesh, without Calico's policy")]
mod world;
