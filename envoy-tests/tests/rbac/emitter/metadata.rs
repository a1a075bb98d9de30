//! Dynamic metadata that filters ahead of ours have written.

use serde_json::{Value, json};

use super::text;

/// `[v]` asks for an element of a list, `v` for a text.
pub(super) fn entry(filter: &str, key: &str, value: &str) -> Value {
    let element = value
        .strip_prefix('[')
        .and_then(|value| value.strip_suffix(']'));
    let matcher = match element {
        Some(element) => element_of_list(&json!({"string_match": text::matcher(element)})),
        None => json!({"string_match": text::matcher(value)}),
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
