//! Workers of one process, and a server, as tests have them.

mod agreement;
mod faults;
mod properties;
mod workers;
mod world;
