//! A rule's `authentication` (kubernetes-cilium.md 3.1).

use super::section::Section;
use crate::decode::{Field, Fields};

/// What a rule asks of the peer's certificate.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Authentication {
    /// Nothing.
    #[default]
    Disabled,
    /// The peer has shown one that is accepted.
    Required,
    /// The rule never grants anything.
    AlwaysFails,
}

impl Authentication {
    pub(super) fn decode(rule: &Fields<'_, '_>, section: Section) -> Self {
        let Some(field) = rule.get("authentication") else {
            return Self::default();
        };
        let mode = read(&field);
        if mode == Self::Required && !section.is_ingress() {
            let message = "a proxy sees no certificate of whom a pod calls before it calls: the \
                           rule grants nothing here";
            field.warn("cilium-egress-authentication", message, "");
        }
        mode
    }
}

fn read(field: &Field<'_, '_>) -> Authentication {
    let mode = field.object(&["mode"]).and_then(|fields| {
        fields.require("mode")?.one_of(&[
            ("required", Authentication::Required),
            ("disabled", Authentication::Disabled),
            ("test-always-fail", Authentication::AlwaysFails),
        ])
    });
    mode.unwrap_or(Authentication::AlwaysFails)
}
