//! Probes that pass without policy: by port, exact path and direct source address, never by user
//! agent (scenarios.md 4).

use crate::decode::Field;
use crate::limits;
use ipnet::IpNet;
use std::net::IpAddr;

/// One exempt probe.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Exemption {
    /// The destination port.
    pub port: u16,
    /// The whole `:path`, byte by byte.
    pub path: String,
    /// The networks its true source address may be in.
    pub sources: Vec<IpNet>,
}

impl Exemption {
    pub(super) fn decode(field: &Field<'_, '_>) -> Option<Self> {
        let fields = field.object(&["port", "path", "sources"])?;
        let port = fields
            .require("port")
            .and_then(|port| port.integer(1, 65_535));
        let path = fields.require("path").and_then(|path| {
            let text = path.string()?;
            if !text.starts_with('/') {
                path.error(
                    "exempt-path",
                    format!("`{text}` does not start with `/`"),
                    "",
                );
            }
            Some(text.to_owned())
        });
        let sources = fields
            .require("sources")
            .map(|sources| decode_sources(&sources));
        Some(Self {
            port: u16::try_from(port?).ok()?,
            path: path?,
            sources: sources?,
        })
    }

    /// Whether this is the probe.
    #[must_use]
    pub fn covers(&self, port: u16, path: &[u8], source: IpAddr) -> bool {
        self.port == port
            && self.path.as_bytes() == path
            && self.sources.iter().any(|net| net.contains(&source))
    }
}

fn decode_sources(field: &Field<'_, '_>) -> Vec<IpNet> {
    let items = field.list(limits::NETS);
    // A list that is too long, or none, was refused by now.
    if field.value().as_array().is_some_and(Vec::is_empty) {
        field.error(
            "exempt-sources",
            "is empty, so it exempts nobody",
            "write the nodes' networks",
        );
    }
    let net = |item: &Field<'_, '_>| {
        let text = item.string()?;
        // To some a leading zero of the length means octal, so it means nothing here.
        let is_plain = |net: &IpNet| text.ends_with(&format!("/{}", net.prefix_len()));
        let net = text.parse::<IpNet>().ok().filter(is_plain);
        if net.is_none() {
            item.error(
                "cidr",
                format!("`{text}` is no network"),
                "write it as `10.0.0.0/8`",
            );
        }
        net
    };
    items.iter().filter_map(net).collect()
}
