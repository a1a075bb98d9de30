//! Workers of one process, and a server, as tests have them.

mod faults;
mod properties;
mod workers;
mod world;
