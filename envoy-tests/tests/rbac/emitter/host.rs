//! Hosts: the header `:authority`, port and all, in any case.

use serde_json::{Value, json};

use super::Reading;
use super::text::{Wildcard, header, matcher, wildcard};

const AUTHORITY: &str = ":authority";

pub(super) fn authority(value: &str) -> Value {
    if wildcard(value) == Wildcard::Present {
        return header(AUTHORITY, value);
    }
    let mut matcher = matcher(value, Reading::Code);
    if let Some(members) = matcher.as_object_mut() {
        members.insert("ignore_case".into(), true.into());
    }
    json!({"header": {"name": AUTHORITY, "string_match": matcher}})
}
