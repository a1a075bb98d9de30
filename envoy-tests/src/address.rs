//! Where something listens.

use std::fmt;
use std::net::{IpAddr, SocketAddr, TcpListener};
use std::path::PathBuf;

use anyhow::{Context, Result};
use serde_json::{Value, json};

/// A TCP address, or a Unix socket: the stand-in for what only one pod's own network can reach.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Address {
    /// An address and a port.
    Tcp(SocketAddr),
    /// The path of a Unix socket.
    Unix(PathBuf),
}

impl Address {
    /// As `envoy.config.core.v3.Address`.
    #[must_use]
    pub fn to_envoy(&self) -> Value {
        match self {
            Self::Tcp(address) => json!({"socket_address": {
                "address": address.ip().to_string(),
                "port_value": address.port(),
            }}),
            Self::Unix(path) => json!({"pipe": {"path": path}}),
        }
    }
}

impl From<SocketAddr> for Address {
    fn from(address: SocketAddr) -> Self {
        Self::Tcp(address)
    }
}

impl From<PathBuf> for Address {
    fn from(path: PathBuf) -> Self {
        Self::Unix(path)
    }
}

impl fmt::Display for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Tcp(address) => address.fmt(f),
            Self::Unix(path) => path.display().fmt(f),
        }
    }
}

/// An address on which nothing listens: with the wished-for port if it is to be had (it may be in
/// use, or reserved for root), else with any.
///
/// # Errors
/// When the machine does not have this address.
pub fn free(ip: IpAddr, wish: Option<u16>) -> Result<SocketAddr> {
    let wished = wish.and_then(|port| TcpListener::bind((ip, port)).ok());
    let listener = match wished {
        Some(listener) => listener,
        None => TcpListener::bind((ip, 0)).with_context(|| format!("cannot listen on {ip}"))?,
    };
    Ok(listener.local_addr()?)
}
