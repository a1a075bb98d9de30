//! Networks and addresses, read strictly (calico.md 1.3, 1.4).

use super::name::shorten;
use crate::decode::Field;
use ipnet::IpNet;
use std::net::IpAddr;

/// The network at a field of a rule: an address and a prefix length, without host bits. A bare
/// address, or bits beyond the prefix, may be a slip that selects the wrong peers.
pub(super) fn in_rule(field: &Field<'_, '_>) -> Option<IpNet> {
    let text = field.string()?;
    let Some(net) = parse(text) else {
        report_malformed(field, text);
        return None;
    };
    let net = unmapped(field, net)?;
    if !text.contains('/') {
        let help = format!("write `{net}`");
        field.error(
            "bare-address",
            format!("`{text}` is an address, not a network"),
            &help,
        );
    } else if net != net.trunc() {
        let help = format!("write `{}`", net.trunc());
        let message = format!("`{text}` has bits set beyond its prefix length");
        field.error("host-bits", message, &help);
    }
    Some(net.trunc())
}

/// The network at a field of a network set: a bare address is a network of one, and bits beyond
/// the prefix are dropped.
pub(super) fn in_set(field: &Field<'_, '_>) -> Option<IpNet> {
    let text = field.string()?;
    let Some(net) = parse(text) else {
        report_malformed(field, text);
        return None;
    };
    unmapped(field, net).map(|net| net.trunc())
}

/// The address at a field. An IPv4 address in IPv6 clothes is IPv4 (calico.md 4.1).
pub(super) fn address(field: &Field<'_, '_>) -> Option<IpAddr> {
    let text = field.string()?;
    let address: Option<IpAddr> = text.parse().ok();
    if address.is_none() {
        let message = format!("`{}` is not an IP address", shorten(text));
        field.error("bad-address", message, "");
    }
    address.map(|address| address.to_canonical())
}

fn report_malformed(field: &Field<'_, '_>, text: &str) {
    let message = format!("`{}` is not a network", shorten(text));
    field.error(
        "bad-network",
        message,
        "write it as `10.0.0.0/8` or `2001:db8::/32`",
    );
}

/// Tools disagree whether `::ffff:10.0.0.0/104` is IPv4 or IPv6, so it is neither here.
fn unmapped(field: &Field<'_, '_>, net: IpNet) -> Option<IpNet> {
    let IpNet::V6(v6) = net else {
        return Some(net);
    };
    if v6.addr().to_ipv4_mapped().is_none() {
        return Some(net);
    }
    field.error(
        "bad-network",
        format!("`{net}` is IPv4 written as IPv6"),
        "write it as IPv4",
    );
    None
}

fn parse(text: &str) -> Option<IpNet> {
    let Some((address, prefix)) = text.split_once('/') else {
        return Some(text.parse::<IpAddr>().ok()?.into());
    };
    let is_number = (1..=3).contains(&prefix.len()) && prefix.bytes().all(|b| b.is_ascii_digit());
    // `/08` is a network to Go's net.ParseCIDR (Calico) and none to netip.ParsePrefix (Kubernetes,
    // Cilium, Istio); to other readers a leading zero means octal.
    let is_padded = prefix.len() > 1 && prefix.starts_with('0');
    if !is_number || is_padded {
        return None;
    }
    IpNet::new(address.parse().ok()?, prefix.parse().ok()?).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn networks_are_read_strictly() {
        for text in [
            "10.0.0.0/8",
            "10.0.0.1/8",
            "10.0.0.1",
            "::/0",
            "2001:db8::1/32",
            "::1",
        ] {
            assert!(parse(text).is_some(), "{text}");
        }
        let bad = [
            "",
            "/",
            "10.0.0.0/",
            "10.0.0.0/33",
            "10.0.0.0/+8",
            "10.0.0/8",
            "010.0.0.0/8",
            "::/129",
            "10.0.0.0/8/8",
            " 10.0.0.0/8",
            "fe80::1%eth0/64",
            "10.0.0.0/255.0.0.0",
            "10.0.0.0/0008",
            "10.0.0.0/08",
            "::/032",
            "::/00",
        ];
        for text in bad {
            assert!(parse(text).is_none(), "{text}");
        }
    }
}
