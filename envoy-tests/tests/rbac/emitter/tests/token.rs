//! Rows `requestPrincipals` and `request.auth` of 1.4.

use serde_json::{Value, json};

use super::{condition, field};

fn claim(name: &str, matcher: &Value) -> Value {
    json!({"metadata": {
        "filter": "envoy.filters.http.jwt_authn",
        "path": [{"key": "payload"}, {"key": name}],
        "value": {"string_match": matcher},
    }})
}

#[test]
fn row_request_principals() {
    let any = || json!({"safe_regex": {"regex": ".+"}});
    let exact = |text: &str| json!({"exact": text});
    for (value, issuer, subject) in [
        ("i/s", exact("i"), exact("s")),
        ("https://i/s", exact("https://i"), exact("s")),
        ("*", any(), any()),
        ("*x", any(), json!({"suffix": "x"})),
        ("*x/s", json!({"suffix": "x"}), exact("s")),
        ("*/s", any(), exact("s")),
        ("x*", json!({"prefix": "x"}), any()),
        ("i/s*", exact("i"), json!({"prefix": "s"})),
        ("i/*", exact("i"), any()),
        ("i", exact("i"), exact("")),
    ] {
        let both = [claim("iss", &issuer), claim("sub", &subject)];
        let both = json!({"and_ids": {"ids": both}});
        assert_eq!(field("requestPrincipals", value), both, "{value}");
        assert_eq!(condition("request.auth.principal", value), both, "{value}");
    }
}

#[test]
fn rows_of_claims() {
    for (key, path) in [
        ("request.auth.audiences", vec!["payload", "aud"]),
        ("request.auth.presenter", vec!["payload", "azp"]),
        ("request.auth.claims[a]", vec!["payload", "a"]),
        ("request.auth.claims[a][b]", vec!["payload", "a", "b"]),
    ] {
        let text = json!({"string_match": {"prefix": "v"}});
        let either = json!({"or_match": {"value_matchers": [
            text,
            {"list_match": {"one_of": text}},
        ]}});
        let path: Vec<_> = path.iter().map(|key| json!({"key": key})).collect();
        assert_eq!(
            condition(key, "v*"),
            json!({"metadata": {
                "filter": "envoy.filters.http.jwt_authn",
                "path": path,
                "value": either,
            }})
        );
    }
}
