//! Headers that an HTTP rule asks for (kubernetes-cilium.md 3.6).

use crate::decode::{Field, Fields};
use crate::limits;
use crate::resources::name::{is_http_token, shorten};
use crate::terms::Mismatch;

/// An entry of `headers`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HeaderLine {
    /// The name, in lower case; `:authority` for `host`, because Envoy keeps that line so.
    pub name: String,
    /// The value; none where it only must be there.
    pub value: Option<String>,
}

/// An entry of `headerMatches`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HeaderMatch {
    /// The name, as in [`HeaderLine`].
    pub name: String,
    /// The value it should have; none where it only should be there.
    pub value: Option<String>,
    /// What to do where it is not as expected; none keeps the rule from matching.
    pub mismatch: Option<Mismatch>,
}

/// What tells a proxy where a request goes or where it ends: to change it would make it another
/// request than the one that was judged.
const FRAMING: [&str; 10] = [
    ":authority",
    "connection",
    "content-length",
    "expect",
    "http2-settings",
    "keep-alive",
    "proxy-connection",
    "te",
    "transfer-encoding",
    "upgrade",
];

impl HeaderLine {
    /// Reads `Name: value`, which Cilium splits at the first blank.
    pub(super) fn decode(field: &Field<'_, '_>) -> Option<Self> {
        let text = field.string()?;
        let (name, value) = match text.split_once(' ') {
            Some((name, value)) => (name, Some(value)),
            None => (text, None),
        };
        let trimmed = name.trim_end_matches(':');
        if let (None, Some((name, value))) = (value, trimmed.split_once(':')) {
            let message =
                "Cilium splits at the first blank, and here is none: no header is called so";
            let help = format!("write `{}: {}`", shorten(name), shorten(value));
            field.error("bad-header", message, &help);
            return None;
        }
        Some(Self {
            name: header_name(field, trimmed)?,
            value: value.map(str::to_owned),
        })
    }
}

impl HeaderMatch {
    pub(super) fn decode(field: &Field<'_, '_>) -> Option<Self> {
        let fields = field.object(&["name", "value", "secret", "mismatch"])?;
        let name_field = fields.require("name")?;
        let name = header_name(&name_field, name_field.string()?)?;
        let value = value(&fields);
        if let Some(secret) = fields.get("secret") {
            check_secret(field, &secret, value.is_some());
        }
        let mismatch = fields.get("mismatch").and_then(|field| {
            field.one_of(&[
                ("LOG", Mismatch::Log),
                ("ADD", Mismatch::Add),
                ("DELETE", Mismatch::Delete),
                ("REPLACE", Mismatch::Replace),
            ])
        });
        let changes = match mismatch {
            Some(Mismatch::Add | Mismatch::Delete | Mismatch::Replace) => true,
            Some(Mismatch::Log) | None => false,
        };
        if changes && value.is_none() && fields.get("value").is_none() {
            field.error("missing-field", "this `mismatch` needs a `value`", "");
        }
        if changes && FRAMING.contains(&name.as_str()) {
            let message =
                format!("`{name}` cannot be changed: it says where a request goes or ends");
            field.error("bad-header", message, "remove `mismatch`");
        }
        Some(Self {
            name,
            value,
            mismatch,
        })
    }
}

/// The expected value, which may be sent on.
fn value(fields: &Fields<'_, '_>) -> Option<String> {
    let field = fields.get("value")?;
    let text = field.string().filter(|text| !text.is_empty())?;
    let is_blank = |end: Option<char>| end.is_some_and(|end| end == ' ' || end == '\t');
    let is_odd = text
        .chars()
        .any(|one| one.is_ascii_control() && one != '\t')
        || is_blank(text.chars().next())
        || is_blank(text.chars().next_back())
        || text.len() > limits::HEADER_VALUE_BYTES;
    if is_odd {
        let message = "no header can have this value";
        let help = "leave out control characters, and blanks around it";
        field.error("bad-header", message, help);
    }
    Some(text.to_owned())
}

/// Secrets are in no bundle. Without the value beside it Cilium's rule would never match, which
/// nobody means.
fn check_secret(whole: &Field<'_, '_>, secret: &Field<'_, '_>, has_value: bool) {
    if let Some(fields) = secret.object(&["namespace", "name"]) {
        let _name = fields.require("name").map(|name| name.string());
        let _namespace = fields.string("namespace");
    }
    if has_value {
        let message = "no secret is read: the `value` beside it holds";
        secret.warn("cilium-secret", message, "");
    } else {
        let message = "no secret is read, and there is no `value` to fall back to";
        whole.error("unsupported-field", message, "write a `value`");
    }
}

fn header_name(field: &Field<'_, '_>, text: &str) -> Option<String> {
    if !is_http_token(text) {
        let message = format!("`{}` is not the name of a header", shorten(text));
        field.error("bad-header", message, "write `Name: value`, or `Name`");
        return None;
    }
    let name = text.to_ascii_lowercase();
    Some(if name == "host" {
        ":authority".to_owned()
    } else {
        name
    })
}
