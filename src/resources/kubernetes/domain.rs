//! Domain names of an egress rule (kubernetes-cilium.md 2.1).

use crate::decode::Field;
use crate::resources::name::{NameForm, shorten};

/// A domain name, in lower case, without the dot at its end.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Domain {
    /// This name.
    Exact(String),
    /// Every name below this one, at any depth, and not this one.
    Below(String),
}

impl Domain {
    pub(super) fn decode(field: &Field<'_, '_>) -> Option<Self> {
        let text = field.string()?;
        let lower = text.to_ascii_lowercase();
        let name = lower.strip_suffix('.').unwrap_or(&lower);
        let (name, is_wild) = match name.strip_prefix("*.") {
            Some(name) => (name, true),
            None => (name, false),
        };
        if !name.contains('.') || !NameForm::Subdomain.admits(&name.replace('_', "-")) {
            let message = format!("`{}` is not a domain name", shorten(text));
            let help = "write `example.com`, or `*.example.com` for all names below it";
            field.error("bad-domain", message, help);
            return None;
        }
        let name = name.to_owned();
        Some(if is_wild {
            Self::Below(name)
        } else {
            Self::Exact(name)
        })
    }
}
