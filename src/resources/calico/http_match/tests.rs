//! HTTP clauses: methods, paths and headers (calico.md 1.3, C100).

use crate::path::PathPattern;
use crate::regex::Regex;
use crate::resources::Strictness::Heliast;
use crate::resources::tests::{check_rules, load, policy};
use crate::terms::{HeaderOperator, HttpMatch};
use serde_json::{Value, json};

const HTTP: &str = r#"{"action": "Allow", "http": $}"#;

fn read(http: &Value) -> HttpMatch {
    let rule = json!({"action": "Allow", "http": http});
    let loaded = load(&[policy(&json!({"types": ["Ingress"], "ingress": [rule]}))]);
    loaded.resources.policies[0].ingress.as_ref().unwrap()[0]
        .http
        .clone()
        .unwrap()
}

#[test]
fn methods() {
    let table = r#"
        {} ->
        {"methods": ["GET", "*", "PROPFIND", "my-own"]} ->
        {"methods": ["GET", "GET"]} -> error repeated-value http.methods[1]
        {"methods": ["get"]} -> warning never-matches http.methods[0]
        {"methods": ["GET "]} -> error bad-method http.methods[0]
        {"methods": [""]} -> error bad-method http.methods[0]
        {"methods": "GET"} -> error wrong-type http.methods
        {"method": ["GET"]} -> error unknown-field http.method
    "#;
    check_rules(Heliast, HTTP, table);
    let table = r#"["get"] -> error bad-method http.methods[0]"#;
    check_rules(
        Heliast,
        r#"{"action": "Deny", "http": {"methods": $}}"#,
        table,
    );
    let many: Vec<String> = (0..21).map(|n| format!("M{n}")).collect();
    let many = format!(r#"{{"methods": {many:?}}} -> error too-many http.methods"#);
    check_rules(Heliast, HTTP, &many);
}

#[test]
fn paths() {
    let table = r#"
        {"exact": "/a"} ->
        {"prefix": "/"} ->
        {"exact": "/a", "prefix": null} -> error null-field http.paths[0].prefix
        {"exact": "/a", "prefix": "/b"} -> error bad-path http.paths[0]
        {} -> error bad-path http.paths[0]
        "/a" -> error wrong-type http.paths[0]
        {"regex": "/a"} -> error unknown-field http.paths[0].regex, error bad-path http.paths[0]
        {"exact": ""} -> error bad-path http.paths[0].exact
        {"exact": "a"} -> error bad-path http.paths[0].exact
        {"exact": "/a?b"} -> error bad-path http.paths[0].exact
        {"prefix": "/a#b"} -> error bad-path http.paths[0].prefix
        {"prefix": "/a b"} -> error bad-path http.paths[0].prefix
        {"exact": 1} -> error wrong-type http.paths[0].exact
        {"exact": "/100%"} -> warning never-matches http.paths[0].exact
    "#;
    check_rules(
        Heliast,
        r#"{"action": "Allow", "http": {"paths": [$]}}"#,
        table,
    );
    // An entry that matches nothing must not leave an empty list, which matches everything.
    let clause = read(&json!({"paths": [{"exact": "/100%"}, {"prefix": "/a"}]}));
    assert_eq!(clause.paths, [None, PathPattern::prefix("/a")]);
}

#[test]
fn headers() {
    let table = r#"
        "operator": "Exists" ->
        "operator": "DoesNotExist", "values": [] ->
        "operator": "Exists", "values": ["a"] -> error bad-header http.headers[0].values
        "operator": "DoesNotExist", "values": "a" -> error bad-header http.headers[0].values
        "operator": "HasPrefix", "values": ["a"] ->
        "operator": "HasSuffix", "values": ["a"] ->
        "operator": "In", "values": ["a", ""] ->
        "operator": "NotIn", "values": ["a"] ->
        "operator": "In", "values": [] -> error missing-field http.headers[0]
        "operator": "NotIn" -> error missing-field http.headers[0]
        "operator": "In", "values": "a" -> error wrong-type http.headers[0].values
        "operator": "In", "values": [1] -> error wrong-type http.headers[0].values[0]
        "operator": "MatchesRegex", "values": ["a.*"] ->
        "operator": "MatchesRegex", "values": ["a", "("] -> error bad-regex http.headers[0].values[1]
        "operator": "in", "values": ["a"] -> error unknown-value http.headers[0].operator
        "op": "In" -> error unknown-field http.headers[0].op, error missing-field http.headers[0]
    "#;
    let template = r#"{"action": "Allow", "http": {"headers": [{"header": "x-role", $}]}}"#;
    check_rules(Heliast, template, table);
    let table = r#"
        {"headers": [{"operator": "Exists"}]} -> error missing-field http.headers[0]
        {"headers": [{"operator": "Exists", "header": ":path"}]} -> error bad-header http.headers[0].header
        {"headers": [{"operator": "Exists", "header": ""}]} -> error bad-header http.headers[0].header
    "#;
    check_rules(Heliast, HTTP, table);
    let many = format!(
        r#"{{"headers": {:?}}} -> error too-many http.headers"#,
        [0; 21]
    );
    check_rules(Heliast, HTTP, &many);
    let many = format!(r#""operator": "In", "values": {:?}"#, [""; 51]);
    check_rules(
        Heliast,
        template,
        &format!("{many} -> error too-many http.headers[0].values"),
    );
}

#[test]
fn headers_are_read() {
    let clause = |header: &str| {
        let clause = json!({"header": header, "operator": "MatchesRegex", "values": ["a|b"]});
        read(&json!({"headers": [clause]})).headers.remove(0)
    };
    assert_eq!(clause("X-Role").header, "x-role");
    assert_eq!(clause("Host").header, ":authority");
    let regex = Regex::parse("a|b").unwrap();
    assert_eq!(
        clause("a").operator,
        HeaderOperator::MatchesRegex(vec![regex])
    );
}
