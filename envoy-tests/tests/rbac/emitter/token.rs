//! The claims of a token that `jwt_authn` has verified.

use serde_json::{Value, json};

use super::Reading;
use super::metadata::{element_of_list, metadata};
use super::text::{self, Wildcard, anything, wildcard};

const JWT: &str = "envoy.filters.http.jwt_authn";

/// `issuer/subject`, parted at the last slash. The wildcard is that of the whole value, so that a
/// star in front is the issuer's and one at the end the subject's.
pub(super) fn request_principal(value: &str, reading: Reading) -> Value {
    let anything = || anything(reading);
    let parts = value.rsplit_once('/');
    let (issuer, subject) = match (wildcard(value), parts) {
        (Wildcard::Present, _) => (anything(), anything()),
        (Wildcard::Suffix(_), Some((issuer, subject))) => {
            (text::matcher(issuer, reading), json!({"exact": subject}))
        }
        (Wildcard::Suffix(subject), None) => (anything(), json!({"suffix": subject})),
        (Wildcard::Prefix(_), Some((issuer, subject))) => {
            let subject = match subject.strip_suffix('*') {
                Some("") | None => anything(),
                // The star at the end is seen first, so one in front is no wildcard.
                Some(start) => json!({"prefix": start}),
            };
            (json!({"exact": issuer}), subject)
        }
        (Wildcard::Prefix(issuer), None) => (json!({"prefix": issuer}), anything()),
        (Wildcard::Exact(_), Some((issuer, subject))) => {
            (json!({"exact": issuer}), json!({"exact": subject}))
        }
        (Wildcard::Exact(_), None) => (json!({"exact": value}), json!({"exact": ""})),
    };
    let claim = |name, matcher: &Value| {
        let value = json!({"string_match": matcher});
        json!({"metadata": metadata(JWT, &["payload", name], &value)})
    };
    json!({"and_ids": {"ids": [claim("iss", &issuer), claim("sub", &subject)]}})
}

/// A text, or a list with such an element.
pub(super) fn claim(path: &[String], value: &str, reading: Reading) -> Value {
    let one = json!({"string_match": text::matcher(value, reading)});
    let either = json!({"or_match": {"value_matchers": [one, element_of_list(&one)]}});
    let mut keys = vec!["payload"];
    keys.extend(path.iter().map(String::as_str));
    json!({"metadata": metadata(JWT, &keys, &either)})
}
