//! `toFQDNs`: peers by the name that is asked for (kubernetes-cilium.md 3.3).

use crate::decode::Field;
use crate::resources::name::shorten;

/// Longest name, in bytes.
const NAME_BYTES: usize = 255;

/// Which names, in lower case and without the dot at the end.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum DomainPattern {
    /// This one.
    Name(String),
    /// Those that look so: `*` is any number of characters but dots, `**.` in front any number of
    /// labels, and `*` alone every name.
    Pattern(String),
}

impl DomainPattern {
    pub(super) fn decode(field: &Field<'_, '_>) -> Option<Self> {
        let fields = field.object(&["matchName", "matchPattern"])?;
        match (fields.get("matchName"), fields.get("matchPattern")) {
            (Some(name), None) => Some(Self::Name(read(&name, false)?)),
            (None, Some(pattern)) => Some(Self::Pattern(read(&pattern, true)?)),
            (Some(_), Some(_)) | (None, None) => {
                let message = "must have exactly one of `matchName` and `matchPattern`";
                field.error("mixed-rule", message, "");
                None
            }
        }
    }
}

impl DomainPattern {
    /// An entry of `serverNames`. Before 1.20 the API has stars in front alone
    /// (<https://github.com/cilium/cilium/pull/43674>), and a bundle may come from either.
    pub(super) fn decode_server_name(field: &Field<'_, '_>) -> Option<Self> {
        let name = read(field, true)?;
        if name.trim_start_matches('*').contains('*') {
            let message = format!("`{}` has a star elsewhere than in front", shorten(&name));
            let help = "write `*.example.com`, or `**.example.com` for any number of labels";
            field.error("bad-name", message, help);
            return None;
        }
        Some(if name.contains('*') {
            Self::Pattern(name)
        } else {
            Self::Name(name)
        })
    }
}

fn read(field: &Field<'_, '_>, stars: bool) -> Option<String> {
    let text = field.string()?;
    let is_byte = |byte: u8| {
        byte.is_ascii_alphanumeric() || b"-_.".contains(&byte) || (stars && byte == b'*')
    };
    let name = text.strip_suffix('.').unwrap_or(text);
    let has_empty_label = name.split('.').any(str::is_empty);
    if has_empty_label || name.len() > NAME_BYTES || !name.bytes().all(is_byte) {
        let message = format!("`{}` is not the name of a host", shorten(text));
        field.error("bad-name", message, "");
        return None;
    }
    Some(name.to_ascii_lowercase())
}
