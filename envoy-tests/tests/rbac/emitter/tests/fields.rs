//! The table of 1.4, and the wildcards of 1.3.

use serde_json::{Value, json};

use super::{condition, field};

fn principal(matcher: &Value) -> Value {
    json!({"authenticated": {"principal_name": matcher}})
}

fn regex(expression: &str) -> Value {
    json!({"safe_regex": {"regex": expression}})
}

#[test]
fn row_principals() {
    for (value, matcher) in [
        (
            "cluster.local/ns/a/sa/b",
            json!({"exact": "spiffe://cluster.local/ns/a/sa/b"}),
        ),
        (
            "cluster.local/ns/*",
            json!({"prefix": "spiffe://cluster.local/ns/"}),
        ),
        ("*/sa/a.b[", regex(r"spiffe://.*/sa/a\.b\[")),
        ("*", regex(".+")),
        ("*a*", regex(r"spiffe://.*a\*")),
        ("a*b", json!({"exact": "spiffe://a*b"})),
    ] {
        assert_eq!(field("principals", value), principal(&matcher), "{value}");
        assert_eq!(
            condition("source.principal", value),
            principal(&matcher),
            "{value}"
        );
    }
}

#[test]
fn row_namespaces() {
    for (value, expression) in [
        ("foo", ".*/ns/foo/.*"),
        ("f*o*", ".*/ns/f.*o.*/.*"),
        ("a.b", r".*/ns/a\.b/.*"),
        ("*", ".*/ns/.*/.*"),
    ] {
        assert_eq!(field("namespaces", value), principal(&regex(expression)));
        assert_eq!(
            condition("source.namespace", value),
            principal(&regex(expression))
        );
    }
}

#[test]
fn row_service_accounts() {
    for (value, expression) in [
        (
            "admin.prod",
            r"spiffe://.+/ns/ns/(.+/|)sa/admin\.prod(/.+)?",
        ),
        ("bar/web", "spiffe://.+/ns/bar/(.+/|)sa/web(/.+)?"),
    ] {
        assert_eq!(
            field("serviceAccounts", value),
            principal(&regex(expression))
        );
        let key = "source.serviceAccount";
        assert_eq!(condition(key, value), principal(&regex(expression)));
    }
}

#[test]
fn row_trust_domains() {
    for (value, matcher) in [
        ("a.b", json!({"prefix": "spiffe://a.b/"})),
        ("*", json!({"prefix": "spiffe://"})),
        ("a.*", regex(r"spiffe://a\.[^/]*/.*")),
        ("*.b", regex(r"spiffe://[^/]*\.b/.*")),
    ] {
        assert_eq!(field("trustDomains", value), principal(&matcher));
        assert_eq!(condition("source.trustDomain", value), principal(&matcher));
    }
}

#[test]
fn rows_of_addresses() {
    let range = |prefix: &str, length: u8| json!({"address_prefix": prefix, "prefix_len": length});
    for (value, range) in [
        ("10.0.0.0/8", range("10.0.0.0", 8)),
        ("10.1.2.3", range("10.1.2.3", 32)),
        ("2001:db8::1", range("2001:db8::1", 128)),
    ] {
        let direct = json!({"direct_remote_ip": range});
        assert_eq!(field("ipBlocks", value), direct);
        assert_eq!(condition("source.ip", value), direct);
        let remote = json!({"remote_ip": range});
        assert_eq!(field("remoteIpBlocks", value), remote);
        assert_eq!(condition("remote.ip", value), remote);
        assert_eq!(
            condition("destination.ip", value),
            json!({"destination_ip": range})
        );
    }
    assert_eq!(field("ports", "8080"), json!({"destination_port": 8080}));
    assert_eq!(
        condition("destination.port", "80"),
        json!({"destination_port": 80})
    );
}

#[test]
fn row_hosts() {
    let authority =
        |matcher: Value| json!({"header": {"name": ":authority", "string_match": matcher}});
    for (value, matcher) in [
        ("a.com", json!({"exact": "a.com", "ignore_case": true})),
        ("*.com", json!({"suffix": ".com", "ignore_case": true})),
        ("a.*", json!({"prefix": "a.", "ignore_case": true})),
    ] {
        assert_eq!(field("hosts", value), authority(matcher));
    }
    let present = json!({"header": {"name": ":authority", "present_match": true}});
    assert_eq!(field("hosts", "*"), present);
}

#[test]
fn rows_of_methods_and_headers() {
    let header =
        |name: &str, matcher: Value| json!({"header": {"name": name, "string_match": matcher}});
    assert_eq!(
        field("methods", "GET"),
        header(":method", json!({"exact": "GET"}))
    );
    assert_eq!(
        field("methods", "P*"),
        header(":method", json!({"prefix": "P"}))
    );
    let present = json!({"header": {"name": ":method", "present_match": true}});
    assert_eq!(field("methods", "*"), present);
    let key = "request.headers[X-Role]";
    assert_eq!(condition(key, "a"), header("X-Role", json!({"exact": "a"})));
    assert_eq!(
        condition(key, "*a"),
        header("X-Role", json!({"suffix": "a"}))
    );
    let present = json!({"header": {"name": "X-Role", "present_match": true}});
    assert_eq!(condition(key, "*"), present);
    let method = condition("request.headers[:method]", "GET");
    assert_eq!(method, header(":method", json!({"exact": "GET"})));
}

#[test]
fn row_paths() {
    let path = |matcher: Value| json!({"url_path": {"path": matcher}});
    assert_eq!(field("paths", "/a"), path(json!({"exact": "/a"})));
    assert_eq!(field("paths", "/a/*"), path(json!({"prefix": "/a/"})));
    assert_eq!(field("paths", "*.txt"), path(json!({"suffix": ".txt"})));
    assert_eq!(field("paths", "*"), path(regex(".+")));
    assert_eq!(field("paths", "/a/*b"), path(json!({"exact": "/a/*b"})));
    assert_eq!(field("paths", "*foo*"), path(json!({"suffix": "foo*"})));
}

#[test]
fn templates_of_1_5() {
    let kind =
        "type.googleapis.com/envoy.extensions.path.match.uri_template.v3.UriTemplateMatchConfig";
    assert_eq!(
        field("paths", "/foo/{*}/bar/{**}"),
        json!({"uri_template": {
            "name": "envoy.path.match.uri_template.uri_template_matcher",
            "typed_config": {"@type": kind, "path_template": "/foo/*/bar/**"},
        }})
    );
}

#[test]
fn row_server_name() {
    let name = |matcher: Value| json!({"requested_server_name": matcher});
    assert_eq!(
        condition("connection.sni", "a.b"),
        name(json!({"exact": "a.b"}))
    );
    assert_eq!(condition("connection.sni", "*"), name(regex(".+")));
}

#[test]
fn row_metadata() {
    let key = "experimental.envoy.filters.a.b[c]";
    let metadata = |value: Value| json!({"metadata": {"filter": "envoy.filters.a.b", "path": [{"key": "c"}], "value": value}});
    let text = json!({"string_match": {"exact": "v"}});
    assert_eq!(condition(key, "v"), metadata(text.clone()));
    let element = json!({"list_match": {"one_of": text}});
    assert_eq!(condition(key, "[v]"), metadata(element));
}
