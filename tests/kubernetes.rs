//! Kubernetes policy against a plain reading of its documentation (house rules 7 and 8), over
//! clusters at random: the labels, the policies and the tiers of kubernetes-cilium.md 1.2, 1.3, 2.1.
//!
//! `HELIAST_PROPTEST_CASES` sets how many clusters each test looks at, and `HELIAST_PROPTEST_SEED`
//! where it begins; without them both are fixed, so that a run in CI can be repeated.
#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "a test, helpers included: what is not there fails it"
)]

#[path = "kubernetes/agreement.rs"]
mod agreement;
#[path = "kubernetes/cluster.rs"]
mod cluster;
#[path = "kubernetes/connection.rs"]
mod connection;
#[path = "kubernetes/naive.rs"]
mod naive;
#[path = "kubernetes/policies.rs"]
mod policies;
#[path = "kubernetes/selectors.rs"]
mod selectors;
#[path = "kubernetes/upstream.rs"]
mod upstream;
