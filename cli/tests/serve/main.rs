//! `heliast serve`: a real process on a free loopback port, and clients of every kind.

mod client;
mod endpoints;
mod follow;
mod limits;
mod server;
mod sources;
mod start;
mod tls;
mod walk;
