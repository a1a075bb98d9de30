//! HTTP clauses, and requests that are nearly what they ask for.

use super::{fields, one_of, sometimes};
use proptest::collection::{btree_set, vec};
use proptest::prelude::*;
use serde_json::{Value, json};

/// `purge` is not `PURGE`, and unlike `get` no slip of the pen.
const METHODS: [&str; 4] = ["GET", "POST", "purge", "*"];
const RULE_PATHS: [&str; 10] = [
    "/", "/a", "/a/b", "/admin", "/public", "/a%2Fb", "/100%", "/A", "/a;x", "/a/",
];
const HEADERS: [&str; 3] = ["x-role", "X-Role", "x-env"];
const VALUES: [&str; 5] = ["a", "admin", "ad", "in", "a,admin"];

/// Every row of calico.md 4.6 and C61 to C72 that a clause above can tell from another, and what
/// other readers of a path may see in it.
pub(super) const PATHS: [&str; 40] = [
    "/",
    "/a",
    "/a/",
    "/a/b",
    "/a/b/",
    "/ab",
    "/A",
    "/admin",
    "/admin?x=1",
    "/admin#x",
    "/public",
    "/public/../admin",
    "/public%2F..%2Fadmin",
    "/public/%2E%2e/admin",
    "/public//../admin",
    "//public",
    "//public//foo",
    "/public-leak",
    "/public/index.html",
    "/public\\..\\admin",
    "/public%5C..%5Cadmin",
    "/public/..;x/admin",
    "/public/..%3Bx/admin",
    "/public/foo;j=1",
    "/%61dmin",
    "/%2561dmin",
    "/%252e%252e/admin",
    "/a%2Fb",
    "/a%2fb",
    "/a;x",
    "/a;x/b",
    "/x%00y",
    "/admin%00",
    "/%zz",
    "/..",
    "*",
    "",
    "foo",
    "http://h/admin",
    "/a%3Fb",
];
pub(super) const REQUEST_METHODS: [&str; 6] = ["GET", "POST", "get", "purge", "PURGE", "*"];
pub(super) const REQUEST_HEADERS: [(&str, &str); 12] = [
    ("x-role", "a"),
    ("x-role", "admin"),
    ("x-role", " admin\t"),
    ("x-role", "a,admin"),
    ("x-role", "guest, admin"),
    ("x-role", "guest"),
    ("x-role", ""),
    ("x-role", "ADMIN"),
    ("x-env", "a"),
    ("x-env", "in, ad"),
    ("x-env", ","),
    ("x-other", "admin"),
];

/// The clause `http`.
pub(super) fn clause() -> impl Strategy<Value = Value> {
    (
        sometimes(50, btree_set(one_of(&METHODS), 1..3)),
        sometimes(60, vec(path(), 1..3)),
        sometimes(35, vec(header(), 1..3)),
    )
        .prop_map(|(methods, paths, headers)| {
            fields([
                ("methods", methods.map(|methods| json!(methods))),
                ("paths", paths.map(|paths| json!(paths))),
                ("headers", headers.map(|headers| json!(headers))),
            ])
        })
}

/// The clause `http`, about paths alone.
pub(super) fn paths() -> impl Strategy<Value = Value> {
    vec(path(), 1..4).prop_map(|paths| json!({"paths": paths}))
}

fn path() -> impl Strategy<Value = Value> {
    (one_of(&["exact", "prefix"]), one_of(&RULE_PATHS))
        .prop_map(|(kind, path)| fields([(kind, Some(json!(path)))]))
}

fn header() -> impl Strategy<Value = Value> {
    let with_values = prop_oneof![
        4 => (one_of(&["HasPrefix", "HasSuffix", "In", "NotIn"]), vec(one_of(&VALUES), 1..3)),
        1 => (Just("MatchesRegex"), vec(one_of(&["a.*", "(?i)admin", "[^,]*", "a|in"]), 1..3)),
    ];
    let without = one_of(&["Exists", "DoesNotExist"]);
    let operator = prop_oneof![
        3 => with_values.prop_map(|(operator, values)| (operator, Some(json!(values)))),
        1 => without.prop_map(|operator| (operator, None)),
    ];
    (one_of(&HEADERS), operator).prop_map(|(header, (operator, values))| {
        fields([
            ("header", Some(json!(header))),
            ("operator", Some(json!(operator))),
            ("values", values),
        ])
    })
}
