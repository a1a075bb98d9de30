//! HTTP clauses: methods, paths and headers (calico.md 1.3, C100).

use crate::path::PathPattern;
use crate::resources::Strictness::Heliast;
use crate::resources::calico::{HeaderOperator, HttpMatch, Regex};
use crate::resources::tests::{check_rules, load, policy};
use serde_json::{Value, json};

fn http(http: Value) -> Value {
    json!({"action": "Allow", "http": http})
}

fn read(clause: Value) -> HttpMatch {
    let spec = json!({"types": ["Ingress"], "ingress": [http(clause)]});
    let loaded = load(&[policy(&spec)]);
    loaded.resources.policies[0].ingress.as_ref().unwrap()[0]
        .http
        .clone()
        .unwrap()
}

#[test]
fn methods() {
    let many: Vec<String> = (0..21).map(|n| format!("M{n}")).collect();
    check_rules(
        Heliast,
        &[
            (http(json!({})), &[]),
            (
                http(json!({"methods": ["GET", "*", "PROPFIND", "my-own"]})),
                &[],
            ),
            (
                http(json!({"methods": ["GET", "GET"]})),
                &["error repeated-value http.methods[1]"],
            ),
            (
                http(json!({"methods": ["get"]})),
                &["warning never-matches http.methods[0]"],
            ),
            (
                http(json!({"methods": ["GET "]})),
                &["error bad-method http.methods[0]"],
            ),
            (
                http(json!({"methods": [""]})),
                &["error bad-method http.methods[0]"],
            ),
            (
                json!({"action": "Deny", "http": {"methods": ["get"]}}),
                &["error bad-method http.methods[0]"],
            ),
            (
                http(json!({"methods": "GET"})),
                &["error wrong-type http.methods"],
            ),
            (
                http(json!({"methods": many})),
                &["error too-many http.methods"],
            ),
            (
                http(json!({"method": ["GET"]})),
                &["error unknown-field http.method"],
            ),
        ],
    );
}

#[test]
fn paths() {
    let path = |entry: Value| http(json!({"paths": [entry]}));
    let bad = "error bad-path http.paths[0]";
    check_rules(
        Heliast,
        &[
            (path(json!({"exact": "/a"})), &[]),
            (path(json!({"prefix": "/"})), &[]),
            (path(json!({"exact": "/a", "prefix": null})), &[]),
            (path(json!({"exact": "/a", "prefix": "/b"})), &[bad]),
            (path(json!({})), &[bad]),
            (path(json!("/a")), &["error wrong-type http.paths[0]"]),
            (
                path(json!({"regex": "/a"})),
                &["error unknown-field http.paths[0].regex", bad],
            ),
            (
                path(json!({"exact": ""})),
                &["error bad-path http.paths[0].exact"],
            ),
            (
                path(json!({"exact": "a"})),
                &["error bad-path http.paths[0].exact"],
            ),
            (
                path(json!({"exact": "/a?b"})),
                &["error bad-path http.paths[0].exact"],
            ),
            (
                path(json!({"prefix": "/a#b"})),
                &["error bad-path http.paths[0].prefix"],
            ),
            (
                path(json!({"prefix": "/a b"})),
                &["error bad-path http.paths[0].prefix"],
            ),
            (
                path(json!({"exact": 1})),
                &["error wrong-type http.paths[0].exact"],
            ),
            (
                path(json!({"exact": "/100%"})),
                &["warning never-matches http.paths[0].exact"],
            ),
        ],
    );
    // An entry that matches nothing must not leave an empty list, which matches everything.
    let clause = read(json!({"paths": [{"exact": "/100%"}, {"prefix": "/a"}]}));
    assert_eq!(clause.paths, [None, PathPattern::prefix("/a")]);
}

#[test]
fn headers() {
    let header = |operator: &str, values: Value| {
        http(json!({"headers": [{"header": "x-role", "operator": operator, "values": values}]}))
    };
    let at = |code: &str, field: &str| format!("error {code} http.headers[0]{field}");
    let (missing, taken) = (at("missing-field", ""), at("bad-header", ".values"));
    check_rules(
        Heliast,
        &[
            (header("Exists", Value::Null), &[]),
            (header("DoesNotExist", json!([])), &[]),
            (header("Exists", json!(["a"])), &[&taken]),
            (header("DoesNotExist", json!("a")), &[&taken]),
            (header("HasPrefix", json!(["a"])), &[]),
            (header("HasSuffix", json!(["a"])), &[]),
            (header("In", json!(["a", ""])), &[]),
            (header("NotIn", json!(["a"])), &[]),
            (header("In", json!([])), &[&missing]),
            (header("NotIn", Value::Null), &[&missing]),
            (header("In", json!("a")), &[&at("wrong-type", ".values")]),
            (header("In", json!([1])), &[&at("wrong-type", ".values[0]")]),
            (
                header("In", json!(vec!["a"; 51])),
                &[&at("too-many", ".values")],
            ),
            (header("MatchesRegex", json!(["a.*"])), &[]),
            (
                header("MatchesRegex", json!(["a", "("])),
                &[&at("bad-regex", ".values[1]")],
            ),
            (
                header("in", json!(["a"])),
                &[&at("unknown-value", ".operator")],
            ),
            (
                http(json!({"headers": [{"operator": "Exists"}]})),
                &[&missing],
            ),
            (
                http(json!({"headers": [{"header": ":path", "operator": "Exists"}]})),
                &[&at("bad-header", ".header")],
            ),
            (
                http(json!({"headers": [{"header": "", "operator": "Exists"}]})),
                &[&at("bad-header", ".header")],
            ),
            (
                http(json!({"headers": [{"header": "a", "op": "Exists"}]})),
                &[&at("unknown-field", ".op"), &missing],
            ),
            (
                http(json!({"headers": vec![Value::Null; 21]})),
                &["error too-many http.headers"],
            ),
        ],
    );
    let clause = read(json!({"headers": [
        {"header": "X-Role", "operator": "MatchesRegex", "values": ["a|b"]},
    ]}));
    let host = read(json!({"headers": [{"header": "Host", "operator": "Exists"}]}));
    assert_eq!(host.headers[0].header, ":authority");
    let regex = Regex::parse("a|b").unwrap();
    assert_eq!(clause.headers[0].header, "x-role");
    assert_eq!(
        clause.headers[0].operator,
        HeaderOperator::MatchesRegex(vec![regex])
    );
}
