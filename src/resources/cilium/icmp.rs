//! A rule's `icmps`: checked, counted for isolation, and not enforced, because ICMP reaches no
//! proxy (kubernetes-cilium.md section 4).

use super::section::Section;
use crate::decode::{Field, Fields};

/// Most fields of one ICMP rule.
const FIELDS: usize = 40;

/// Whether the rule is about ICMP.
pub(super) fn check(rule: &Fields<'_, '_>, section: Section) -> bool {
    let Some(field) = rule.get("icmps") else {
        return false;
    };
    if let Some(ports) = rule.get("toPorts") {
        let message = "`icmps` and `toPorts` cannot be in one rule";
        ports.error("mixed-rule", message, "write one rule for each");
    }
    for icmp in field.list(FIELDS) {
        let fields = icmp.object(&["fields"]);
        let list = fields.as_ref().and_then(|fields| fields.get("fields"));
        for entry in list.iter().flat_map(|list| list.list(FIELDS)) {
            check_field(&entry);
        }
    }
    let does = if section.is_deny() {
        "denies"
    } else {
        "grants"
    };
    let message =
        format!("ICMP reaches no proxy: the rule {does} nothing here, and still isolates");
    field.warn("cilium-not-tcp", message, "");
    true
}

fn check_field(field: &Field<'_, '_>) {
    let Some(fields) = field.object(&["family", "type"]) else {
        return;
    };
    if let Some(family) = fields.get("family") {
        let _known = family.one_of(&[("IPv4", ()), ("IPv6", ())]);
    }
    if let Some(kind) = fields.require("type") {
        // A number, or a name such as `EchoRequest`.
        if kind.value().is_string() {
            return;
        }
        let _number = kind.integer(0, u32::from(u8::MAX));
    }
}
