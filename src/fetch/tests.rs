//! Workers of one process, and a server, as tests have them.

mod agreement;
mod faults;
#[cfg(feature = "compiler")]
mod programs;
mod properties;
mod workers;
mod world;
