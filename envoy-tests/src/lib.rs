//! Real Envoy sidecars on loopback: processes, certificates, configurations, clients, upstreams.
//!
//! A [`Bootstrap`] gathers listeners ([`Inbound`], [`Outbound`]); [`Envoy::start`] runs it; a
//! [`Dial`] from a chosen address with a chosen certificate asks it; the [`AccessLog`] tells what
//! the filters saw. Everything lives in temporary folders and ends with its owner.

pub mod access_log;
pub mod address;
mod child;
pub mod client;
pub mod config;
pub mod envoy;
mod figure;
pub mod foreign;
pub mod install;
pub mod manifests;
pub mod origin;
pub mod pki;
pub mod program;
pub mod server;
pub mod upstream;

pub use access_log::{AccessLog, Record};
pub use address::Address;
pub use client::{Answer, Call, Dial, Protocol, Session};
pub use config::{
    Bootstrap, Cluster, ClusterFile, ExtensionFile, Failure, Inbound, ListenerFile, Node, Outbound,
    PeerRecord, Plugin, Route, Target, guard,
};
pub use envoy::{BundleState, Envoy, Options};
pub use figure::figure;
pub use foreign::ForeignServer;
pub use origin::{Edition, Origin, Reply, Response, Signer};
pub use pki::{Authority, Identity, Leaf};
pub use server::Server;
pub use upstream::Upstream;
