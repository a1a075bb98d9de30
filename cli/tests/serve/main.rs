//! `heliast serve`: a real process on a free loopback port, and clients of every kind.

#[cfg(test)]
mod client;
#[cfg(test)]
mod documents;
#[cfg(test)]
mod endpoints;
#[cfg(test)]
mod follow;
#[cfg(test)]
mod limits;
#[cfg(test)]
mod numbers;
#[cfg(test)]
mod server;
#[cfg(test)]
mod sources;
#[cfg(test)]
mod start;
#[cfg(test)]
mod tls;
#[cfg(test)]
mod walk;
