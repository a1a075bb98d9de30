//! Wildcards: one algorithm, checked in this order (1.3).

use serde_json::{Value, json};

use super::Reading;

/// What a value with wildcards asks of a text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Wildcard<'a> {
    /// Something.
    Present,
    Suffix(&'a str),
    Prefix(&'a str),
    Exact(&'a str),
}

pub(super) fn wildcard(value: &str) -> Wildcard<'_> {
    if value == "*" {
        Wildcard::Present
    } else if let Some(suffix) = value.strip_prefix('*') {
        Wildcard::Suffix(suffix)
    } else if let Some(prefix) = value.strip_suffix('*') {
        Wildcard::Prefix(prefix)
    } else {
        Wildcard::Exact(value)
    }
}

/// As `envoy.type.matcher.v3.StringMatcher`.
pub(super) fn matcher(value: &str, reading: Reading) -> Value {
    match wildcard(value) {
        Wildcard::Present => anything(reading),
        Wildcard::Suffix(suffix) => json!({"suffix": suffix}),
        Wildcard::Prefix(prefix) => json!({"prefix": prefix}),
        Wildcard::Exact(value) => json!({"exact": value}),
    }
}

/// A header of this name, which a lone `*` asks to be there, empty or not.
pub(super) fn header(name: &str, value: &str) -> Value {
    json!({"header": match wildcard(value) {
        Wildcard::Present => json!({"name": name, "present_match": true}),
        Wildcard::Suffix(_) | Wildcard::Prefix(_) | Wildcard::Exact(_) => {
            json!({"name": name, "string_match": matcher(value, Reading::Code)})
        }
    }})
}

/// A text that is not empty; to the code no line end is part of it.
pub(super) fn anything(reading: Reading) -> Value {
    regex(match reading {
        Reading::Code => ".+",
        Reading::Author => "(?s).+",
    })
}

/// A text that is this expression from end to end.
pub(super) fn regex(expression: &str) -> Value {
    json!({"safe_regex": {"regex": expression}})
}

/// The expression that means this text and nothing else.
pub(super) fn quoted(text: &str) -> String {
    let mut quoted = String::new();
    for letter in text.chars() {
        if r"\.+*?()|[]{}^$".contains(letter) {
            quoted.push('\\');
        }
        quoted.push(letter);
    }
    quoted
}
