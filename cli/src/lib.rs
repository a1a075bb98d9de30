//! The `heliast` command as a library: reading manifests, showing problems, running policy tests,
//! signing and serving bundles.
//!
//! The other test crates run the same PolicyTest cases through [`policy_test`], each with a
//! [`policy_test::Runner`] of its own.

pub mod bundles;
pub mod diagnostics;
pub mod gzip;
pub mod manifests;
pub mod policy_test;
pub mod serve;
pub mod signing_key;
