//! Networks of a rule: `ipBlock` and `networks` (kubernetes-cilium.md 1.2.5, 2.1).

use crate::decode::{Field, Fields};
use crate::limits;
use crate::resources::network;
use ipnet::IpNet;
use std::net::IpAddr;

/// The network at this field. Bits beyond the prefix are dropped, as Kubernetes does, but a bare
/// address is no network.
pub(super) fn network(field: &Field<'_, '_>) -> Option<IpNet> {
    let (net, is_exact) = read(field)?;
    if !is_exact {
        let text = field.value().as_str().unwrap_or_default();
        let message = format!("`{text}` means `{net}`: bits beyond the prefix are dropped");
        field.warn("kubernetes-host-bits", message, "write it so");
    }
    Some(net)
}

/// The network at this field, which must have no bits beyond the prefix.
pub(super) fn exact_network(field: &Field<'_, '_>) -> Option<IpNet> {
    let (net, is_exact) = read(field)?;
    if !is_exact {
        let message = format!("bits are set beyond the prefix length of `{net}`");
        field.error("host-bits", message, "write it so");
    }
    Some(net)
}

/// The network, and whether it is written without bits beyond the prefix.
fn read(field: &Field<'_, '_>) -> Option<(IpNet, bool)> {
    let net = network::in_set(field)?;
    let text = field.string()?;
    let Some((address, _)) = text.split_once('/') else {
        let message = format!("`{text}` is an address, not a network");
        field.error("bare-address", message, &format!("write `{net}`"));
        return None;
    };
    Some((net, address.parse::<IpAddr>() == Ok(net.addr())))
}

/// `ipBlock`: a network, and the parts of it that are left out.
pub(super) fn decode(field: &Field<'_, '_>) -> Option<(IpNet, Vec<IpNet>)> {
    let fields = field.object(&["cidr", "except"])?;
    let net = fields.require("cidr").and_then(|cidr| network(&cidr))?;
    Some((net, except(&fields, net)))
}

fn except(fields: &Fields<'_, '_>, net: IpNet) -> Vec<IpNet> {
    let Some(list) = fields.get("except") else {
        return Vec::new();
    };
    let mut excepted = Vec::new();
    for item in list.list(limits::PEERS) {
        let Some(part) = network(&item) else {
            continue;
        };
        // Networks of two families never contain each other.
        if part == net || !net.contains(&part) {
            let message = format!("`{part}` is no part of `{net}`");
            item.error(
                "not-a-part",
                message,
                "`except` takes from its own `cidr` only",
            );
        }
        excepted.push(part);
    }
    excepted
}
