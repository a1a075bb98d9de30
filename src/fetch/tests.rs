//! Workers of one process, and a server, as tests have them.

mod agreement;
mod deaths;
mod faults;
mod interest;
mod limits;
mod order;
mod postings;
#[cfg(feature = "compiler")]
mod programs;
mod properties;
mod workers;
mod world;
