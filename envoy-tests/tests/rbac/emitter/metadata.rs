//! Dynamic metadata that filters ahead of ours have written.

use serde_json::{Value, json};

use super::{Reading, text};

/// `[v]` asks for an element of a list, `v` for a text. The code takes every bracket off both ends.
pub(super) fn entry(filter: &str, key: &str, value: &str, reading: Reading) -> Value {
    let element = value
        .strip_prefix('[')
        .and_then(|value| value.strip_suffix(']'));
    let string_match = |text: &str| json!({"string_match": text::matcher(text, reading)});
    let matcher = match (element, reading) {
        (Some(element), Reading::Author) => element_of_list(&string_match(element)),
        (Some(element), Reading::Code) => {
            element_of_list(&string_match(element.trim_matches(['[', ']'])))
        }
        (None, _) => string_match(value),
    };
    json!({"metadata": metadata(filter, &[key], &matcher)})
}

/// As `envoy.type.matcher.v3.MetadataMatcher`.
pub(super) fn metadata(filter: &str, path: &[&str], value: &Value) -> Value {
    let path = path.iter().map(|key| json!({"key": key}));
    json!({"filter": filter, "path": path.collect::<Vec<_>>(), "value": value})
}

pub(super) fn element_of_list(matcher: &Value) -> Value {
    json!({"list_match": {"one_of": matcher}})
}
