//! Addresses and networks.

use std::net::IpAddr;

use anyhow::Result;
use serde_json::{Value, json};

/// As `envoy.config.core.v3.CidrRange`; an address alone is a network of one.
pub(super) fn range(value: &str) -> Result<Value> {
    let (address, length) = match value.split_once('/') {
        Some((address, length)) => (address.parse()?, length.parse()?),
        None => {
            let address: IpAddr = value.parse()?;
            (address, if address.is_ipv4() { 32_u8 } else { 128 })
        }
    };
    Ok(json!({"address_prefix": address.to_string(), "prefix_len": length}))
}
