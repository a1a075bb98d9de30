//! Everything we ship, held against what reads it: manifests and bootstraps against real Envoy, the
//! containers against the rules of Compose, every configuration against the engine, documents
//! against the repository.

mod bootstraps;
mod compose;
mod documents;
mod engine;
mod istio;
mod pieces;
mod tree;
