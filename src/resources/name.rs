//! Spellings that Kubernetes and Calico allow for names (calico.md 1.6 rows 7 and 8).

use crate::decode::Field;
use crate::limits;

/// Longest namespace or tier name, in bytes.
const LABEL_BYTES: usize = limits::TIER_NAME_BYTES;
/// Longest name part of an annotation key, in bytes.
const QUALIFIED_BYTES: usize = 63;

/// Longest name of a port, in bytes (RFC 6335).
const PORT_NAME_BYTES: usize = 15;

/// What a name must look like.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum NameForm {
    /// Lower-case letters, digits and `-`, no dots, at most 63 bytes: namespaces, and tiers, whose
    /// names are parts of other names.
    Label,
    /// Such labels joined by dots, at most 253 bytes: every other Kubernetes object.
    Subdomain,
    /// Policies of a namespace: a label, or two (the first may repeat the tier), or what Calico
    /// makes of a Kubernetes policy.
    Policy,
    /// Cluster-wide policies: a label, or two.
    GlobalPolicy,
}

impl NameForm {
    /// Whether `name` looks so.
    pub(super) fn admits(self, name: &str) -> bool {
        match self {
            Self::Label => name.len() <= LABEL_BYTES && is_label(name),
            Self::Subdomain => name.len() <= limits::NAME_BYTES && is_subdomain(name),
            Self::Policy => Self::GlobalPolicy.admits(name) || is_converted(name),
            Self::GlobalPolicy => {
                Self::Subdomain.admits(name)
                    && name.bytes().filter(|byte| *byte == b'.').count() < 2
            }
        }
    }

    /// What it looks like, for the user.
    fn help(self) -> &'static str {
        match self {
            Self::Label => "use lower-case letters, digits and `-` only, at most 63",
            Self::Subdomain => "use lower-case letters, digits, `-` and `.` only, at most 253",
            Self::Policy | Self::GlobalPolicy => {
                "use lower-case letters, digits and `-`, and at most one `.`"
            }
        }
    }
}

/// The name at this field; anything that could name nothing is an error.
pub(super) fn decode(field: &Field<'_, '_>, form: NameForm) -> Option<String> {
    let name = field.string()?;
    if form.admits(name) {
        return Some(name.to_owned());
    }
    let message = format!("`{}` is not a valid name", shorten(name));
    field.error("bad-name", message, form.help());
    None
}

/// Enough of a user's text to know it by.
pub(super) fn shorten(text: &str) -> String {
    shorten_to(80, text)
}

/// At most so many characters of a user's text, fit for one line.
pub(super) fn shorten_to(most: usize, text: &str) -> String {
    let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-./ ".contains(&byte);
    // Nearly every text is fit as it is, and every object has its label made from it.
    if text.len() <= most && text.bytes().all(is_plain) {
        return text.to_owned();
    }
    let mut short: String = text
        .chars()
        .take(most)
        .flat_map(char::escape_debug)
        .collect();
    if text.chars().nth(most).is_some() {
        short.push('…');
    }
    short
}

/// The name Calico gives to a converted Kubernetes policy.
fn is_converted(name: &str) -> bool {
    let rest = ["knp.default.", "ossg.default."]
        .iter()
        .find_map(|start| name.strip_prefix(start));
    name.len() <= limits::NAME_BYTES && rest.is_some_and(is_subdomain)
}

fn is_subdomain(text: &str) -> bool {
    text.split('.').all(is_label)
}

fn is_label(text: &str) -> bool {
    let is_plain = |byte: &u8| byte.is_ascii_lowercase() || byte.is_ascii_digit();
    let bytes = text.as_bytes();
    bytes.first().is_some_and(is_plain)
        && bytes.last().is_some_and(is_plain)
        && bytes.iter().all(|byte| is_plain(byte) || *byte == b'-')
}

/// Whether Kubernetes takes this as the key of an annotation: as that of a label, in any case.
pub(super) fn is_annotation_key(key: &str) -> bool {
    is_qualified_name(&key.to_ascii_lowercase())
}

/// Whether Kubernetes takes this as the name of a port: at most 15 letters, digits and single
/// dashes inside, with a letter (RFC 6335). Kubernetes has such letters in lower case only.
pub(super) fn is_port_name(name: &str) -> bool {
    let is_plain = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit();
    (1..=PORT_NAME_BYTES).contains(&name.len())
        && name.bytes().any(|byte| byte.is_ascii_lowercase())
        && name.bytes().all(|byte| is_plain(byte) || byte == b'-')
        && !(name.starts_with('-') || name.ends_with('-') || name.contains("--"))
}

/// Whether Kubernetes takes this as the key of a label: `[prefix/]name`, the prefix in lower case.
pub(super) fn is_qualified_name(key: &str) -> bool {
    let (prefix, name) = key
        .split_once('/')
        .map_or((None, key), |(p, name)| (Some(p), name));
    let bytes = name.as_bytes();
    prefix.is_none_or(|prefix| NameForm::Subdomain.admits(prefix))
        && name.len() <= QUALIFIED_BYTES
        && bytes.first().is_some_and(u8::is_ascii_alphanumeric)
        && bytes.last().is_some_and(u8::is_ascii_alphanumeric)
        && bytes
            .iter()
            .all(|byte| byte.is_ascii_alphanumeric() || b"-_.".contains(byte))
}

/// Whether this is a token of HTTP: a method, or the name of a header (RFC 9110 5.6.2).
pub(super) fn is_http_token(text: &str) -> bool {
    let is_token_byte =
        |byte: u8| byte.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&byte);
    !text.is_empty() && text.bytes().all(is_token_byte)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_follow_their_form() {
        use NameForm::{GlobalPolicy, Label, Policy, Subdomain};
        let long_label = "a".repeat(64);
        let long_name = "a".repeat(254);
        let cases = [
            (Label, "dev", true),
            (Label, "a-1", true),
            (Label, "-a", false),
            (Label, "a-", false),
            (Label, "A", false),
            (Label, "a.b", false),
            (Label, "a/b", false),
            (Label, "", false),
            (Label, &long_label, false),
            (Subdomain, &long_label, true),
            (Subdomain, "a.b.c", true),
            (Subdomain, "a..c", false),
            (Subdomain, &long_name, false),
            (Policy, "web", true),
            (Policy, "security.web", true),
            (Policy, "a.b.c", false),
            (Policy, "knp.default.a.b.c", true),
            (Policy, "ossg.default.a", true),
            (Policy, "knp.default.", false),
            (GlobalPolicy, "default.web", true),
            (GlobalPolicy, "knp.default.a", false),
        ];
        for (form, name, expected) in cases {
            assert_eq!(form.admits(name), expected, "{form:?} {name}");
        }
    }

    #[test]
    fn annotation_keys_and_tokens() {
        for key in ["owner", "Team_1", "example.org/Owner", "example.org/a.b"] {
            assert!(is_qualified_name(key), "{key}");
            assert!(is_annotation_key(key), "{key}");
        }
        assert!(is_annotation_key("Example.ORG/a.b"));
        assert!(!is_qualified_name("Example.ORG/a.b"));
        for key in ["", "/", "a/", "/a", "a/b/c", "_a", "a b", "-"] {
            assert!(!is_qualified_name(key), "{key}");
            assert!(!is_annotation_key(key), "{key}");
        }
        assert!(is_http_token("GET") && is_http_token("x-role") && is_http_token("*"));
        assert!(!is_http_token("") && !is_http_token(":path") && !is_http_token("GET "));
    }

    #[test]
    fn names_of_ports() {
        for name in ["http", "8x", "a-b", "a", "123456789012-ab"] {
            assert!(is_port_name(name), "{name}");
        }
        for name in [
            "",
            "80",
            "HTTP",
            "-a",
            "a-",
            "a--b",
            "a_b",
            "a.b",
            "1234567890123-ab",
        ] {
            assert!(!is_port_name(name), "{name}");
        }
    }

    #[test]
    fn long_text_is_shortened() {
        assert_eq!(shorten("a\nb"), "a\\nb");
        assert_eq!(shorten(&"é".repeat(100)).chars().count(), 81);
    }
}
