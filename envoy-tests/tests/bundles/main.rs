//! Policy that is fetched: a real sidecar, a bundle server that does as it is told, and requests
//! that flow all the while. Whatever the server does, no request gets a wrong verdict, nothing
//! crashes, and what is wrong can be seen.

mod answers;
mod deltas;
mod documents;
mod fault;
mod hot;
mod large;
mod neighbour;
mod numbered;
mod polls;
mod quiet;
mod replicas;
mod serve;
mod sidecar;
mod signatures;
mod soak;
mod spread;
mod staleness;
mod story;
mod traffic;
mod world;
