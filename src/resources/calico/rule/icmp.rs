//! A rule's ICMP clauses: checked, because a mistake is a mistake, and then dropped: ICMP reaches
//! no sidecar (calico.md 1.2, 1.6 row 6).

use crate::decode::Fields;
use crate::resources::calico::context::ProtocolClause;
use crate::terms::{IpVersion, Protocol};

const BOTH: [Protocol; 2] = [Protocol::ICMP, Protocol::ICMPV6];

pub(super) fn check(
    fields: &Fields<'_, '_>,
    protocol: ProtocolClause,
    ip_version: Option<IpVersion>,
) {
    check_details(fields, "icmp");
    check_details(fields, "notICMP");
    let is_icmp = match protocol {
        ProtocolClause::Is(protocol) => BOTH.contains(&protocol),
        ProtocolClause::Unset => false,
        ProtocolClause::Unreadable => true,
    };
    if let (Some(icmp), false) = (fields.get("icmp"), is_icmp) {
        let help = "write `protocol: ICMP` or `protocol: ICMPv6`";
        icmp.error("protocol-mismatch", "`icmp` needs an ICMP protocol", help);
    }
    for key in ["protocol", "notProtocol"] {
        check_family(fields, key, ip_version);
    }
}

fn check_details(fields: &Fields<'_, '_>, key: &'static str) {
    let field = fields.get(key);
    let Some(icmp) = field
        .as_ref()
        .and_then(|field| field.object(&["type", "code"]))
    else {
        return;
    };
    // Their ranges are all that is looked at.
    let _ = icmp.get("type").map(|field| field.integer(0, 254));
    let Some(code) = icmp.get("code") else {
        return;
    };
    let _ = code.integer(0, 255);
    if icmp.get("type").is_none() {
        code.error("missing-field", "`code` needs a `type`", "");
    }
}

fn check_family(fields: &Fields<'_, '_>, key: &'static str, ip_version: Option<IpVersion>) {
    let Some(field) = fields.get(key) else {
        return;
    };
    let is = |name: &str, number: u8| {
        field.value().as_str() == Some(name)
            || field.value().as_f64() == Some(f64::from(number))
            || field.value().as_str() == Some(&number.to_string())
    };
    let message = match ip_version {
        Some(IpVersion::V6) if is("ICMP", Protocol::ICMP.0) => {
            "ICMP is IPv4; for IPv6 it is ICMPv6"
        }
        Some(IpVersion::V4) if is("ICMPv6", Protocol::ICMPV6.0) => {
            "ICMPv6 is IPv6; for IPv4 it is ICMP"
        }
        Some(IpVersion::V4 | IpVersion::V6) | None => return,
    };
    field.error("mixed-families", message, "");
}
