//! Whatever a request says of addresses and identities, the verdict is the one it would have got
//! without saying so.

mod egress;
mod headers;
mod ingress;
#[path = "../mesh/world.rs"]
mod world;
