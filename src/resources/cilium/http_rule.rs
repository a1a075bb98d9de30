//! HTTP rules (kubernetes-cilium.md 3.5).

use super::section::Context;
use super::{HeaderLine, HeaderMatch};
use crate::decode::{Field, Fields};
use crate::limits;
use crate::regex::Regex;
use crate::resources::expression::expression;

/// What a request must be: every field that is there.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct HttpRule {
    /// The whole of `:path`, with its query.
    pub path: Option<Regex>,
    /// The method.
    pub method: Option<Regex>,
    /// The whole of `:authority`, with its port if the client sent one.
    pub host: Option<Regex>,
    /// Headers that must be there.
    pub headers: Vec<HeaderLine>,
    /// Headers that must be as expected, or are made so.
    pub header_matches: Vec<HeaderMatch>,
}

impl HttpRule {
    pub(super) fn decode(field: &Field<'_, '_>, context: Context<'_>) -> Option<Self> {
        let fields = field.object(&["path", "method", "host", "headers", "headerMatches"])?;
        warn_of_query(&fields);
        warn_of_dots(&fields);
        let rule = Self {
            path: regex(&fields, "path"),
            method: regex(&fields, "method"),
            host: regex(&fields, "host"),
            headers: list(&fields, "headers", HeaderLine::decode),
            header_matches: list(&fields, "headerMatches", HeaderMatch::decode),
        };
        if let Some(method) = fields.get("method") {
            warn_of_head(&method, context);
        }
        Some(rule)
    }

    /// How many values it asks for.
    pub(super) fn values(&self) -> usize {
        let headers = self.headers.len().saturating_add(self.header_matches.len());
        // Path, method, host, and that it is HTTP.
        headers.saturating_add(4)
    }

    /// Whether it changes headers.
    pub(super) fn rewrites(&self) -> bool {
        let mut matches = self.header_matches.iter();
        matches.any(|one| one.mismatch.is_some())
    }
}

fn list<T>(
    fields: &Fields<'_, '_>,
    key: &'static str,
    read: fn(&Field<'_, '_>) -> Option<T>,
) -> Vec<T> {
    let Some(field) = fields.get(key) else {
        return Vec::new();
    };
    let list = field.list(limits::HTTP_HEADERS);
    list.iter().filter_map(read).collect()
}

/// An expression; an empty one asks nothing.
fn regex(fields: &Fields<'_, '_>, key: &'static str) -> Option<Regex> {
    let field = fields.get(key)?;
    let text = field.string().filter(|text| !text.is_empty())?;
    expression(
        &field,
        text,
        "it is matched against the whole text, in the grammar of RE2",
    )
}

/// GET does not take HEAD, which many clients and probes send.
fn warn_of_head(method: &Field<'_, '_>, context: Context<'_>) {
    if method.value().as_str() == Some("GET") && !context.warned_of_head.replace(true) {
        let message = "`GET` does not take HEAD";
        method.warn(
            "cilium-get-without-head",
            message,
            "write `GET|HEAD` if it shall",
        );
    }
}

/// A `?` that was meant as the start of a query, but makes the character before it optional.
fn warn_of_query(fields: &Fields<'_, '_>) {
    let Some(field) = fields.get("path") else {
        return;
    };
    let text = field.value().as_str().unwrap_or_default();
    let mut parts = text.split('?');
    let mut before = parts.next();
    for after in parts {
        let escaped =
            before.is_some_and(|before| before.ends_with(['\\', '[', '(', '*', '+', '}']));
        let name = after
            .bytes()
            .take_while(|byte| byte.is_ascii_alphanumeric() || *byte == b'_');
        let length = name.count();
        if !escaped && length > 0 && after.as_bytes().get(length) == Some(&b'=') {
            let message = "`?` makes what is before it optional, and begins no query";
            field.warn(
                "cilium-path-query",
                message,
                "write `[?]` for the character",
            );
            return;
        }
        before = Some(after);
    }
}

/// A dot in a host that takes any character.
fn warn_of_dots(fields: &Fields<'_, '_>) {
    let Some(field) = fields.get("host") else {
        return;
    };
    let text = field.value().as_str().unwrap_or_default();
    let bytes = text.as_bytes();
    let is_plain = |byte: Option<&u8>| byte.is_some_and(|byte| byte.is_ascii_alphanumeric());
    let mut windows = bytes.windows(3);
    let is_bare = windows.any(|three| {
        three.get(1) == Some(&b'.') && is_plain(three.first()) && is_plain(three.get(2))
    });
    if is_bare {
        let message = "a dot takes any character, so that other hosts match too";
        field.warn("cilium-host-dots", message, "write `[.]` for the character");
    }
}
