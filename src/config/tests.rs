//! `bundle.http`: what is taken, and what is refused with which reason.

use super::{BundleSource, HttpSource, PluginConfig};
use crate::problem::Problems;
use serde_json::{Value, json};
use std::time::Duration;

const KEY: &str = "MCowBQYDK2VwAyEAGb9ECWmEzf6FQbrBZ9w7lshQhqowtrbLDFw4rXAxZuE=";

fn read(http: &Value) -> Result<HttpSource, Problems> {
    let config = json!({"bundle": {"http": http}});
    PluginConfig::from_value(&config).map(|config| match config.bundle {
        BundleSource::Http(source) => source,
        BundleSource::Inline(_) | BundleSource::Compiled(_) => panic!("inline"),
    })
}

fn with(key: &str, value: Value) -> Value {
    let mut http = json!({"cluster": "heliast", "path": "/v1/bundle"});
    http[key] = value;
    http
}

#[test]
fn what_is_left_out_has_a_default() {
    let source = read(&json!({"cluster": "heliast", "path": "/v1/bundle"})).unwrap();
    assert_eq!(source.authority, "heliast");
    assert_eq!(source.poll_interval, Duration::from_secs(10));
    assert_eq!(source.timeout, Duration::from_secs(5));
    assert_eq!((source.max_staleness, source.public_keys.len()), (None, 0));
    assert!(!source.is_long_poll());
    assert_eq!(read(&with("maxStaleness", Value::Null)).unwrap(), source);
}

#[test]
#[allow(clippy::too_many_lines, reason = "a table of cases")]
fn what_cannot_work_is_refused_at_its_field() {
    for (http, path, reason) in [
        (json!({"path": "/"}), "bundle.http", "`cluster` is required"),
        (json!({"cluster": "c"}), "bundle.http", "`path` is required"),
        (
            with("cluster", json!("a b")),
            "bundle.http.cluster",
            "no header",
        ),
        (
            with("authority", json!("")),
            "bundle.http.authority",
            "empty",
        ),
        (
            with("path", json!("v1/bundle")),
            "bundle.http.path",
            "not the path",
        ),
        (
            with("path", json!("/a\r\nb: c")),
            "bundle.http.path",
            "no header",
        ),
        (
            with("pollInterval", json!("0s")),
            "bundle.http.pollInterval",
            "from 100ms to 1h",
        ),
        (
            with("pollInterval", json!(10)),
            "bundle.http.pollInterval",
            "must be a string",
        ),
        (
            with("timeout", json!("0ms")),
            "bundle.http.timeout",
            "from 100ms to 10m",
        ),
        (
            with("maxStaleness", json!("10s")),
            "bundle.http",
            "silent for 10s",
        ),
        (
            with("path", json!("/v1/bundle?wait=5s")),
            "bundle.http",
            "the timeout is 5s",
        ),
        (
            with("publicKeys", json!(["x"])),
            "bundle.http.publicKeys[0]",
            "neither PEM nor base64",
        ),
        (
            with("publickeys", json!([])),
            "bundle.http.publickeys",
            "unknown field",
        ),
    ] {
        let problems = read(&http).unwrap_err();
        let found = problems
            .list
            .iter()
            .any(|problem| problem.path.to_string() == path && problem.message.contains(reason));
        assert!(found, "{http}: {problems}");
    }
}

#[test]
fn a_bundle_has_one_source() {
    let both = json!({"bundle": {"inline": {"resources": []}, "http": with("path", json!("/"))}});
    for config in [both, json!({"bundle": {}})] {
        let problems = PluginConfig::from_value(&config).unwrap_err();
        assert!(
            problems.to_string().contains("exactly one of"),
            "{problems}"
        );
    }
}

#[test]
fn sources_that_ask_for_the_same_are_known_as_one() {
    let plain = read(&with("timeout", json!("5s"))).unwrap();
    let slower = read(&with("pollInterval", json!("1m"))).unwrap();
    let other_path = read(&with("path", json!("/v1/bundle/dev/web"))).unwrap();
    let with_key = read(&with("publicKeys", json!([KEY]))).unwrap();
    assert_eq!(plain.fingerprint(), slower.fingerprint());
    for other in [other_path, with_key] {
        assert_ne!(plain.fingerprint(), other.fingerprint());
    }
}

#[test]
fn an_exempt_source_is_a_network_in_one_spelling() {
    let read = |source: &str| {
        let probe = json!({"port": 80, "path": "/", "sources": [source]});
        let config = json!({"bundle": {"http": with("path", json!("/"))}, "exempt": [probe]});
        PluginConfig::from_value(&config).map_err(|problems| problems.to_string())
    };
    for source in ["10.0.0.0/8", "0.0.0.0/0", "2001:DB8::/32"] {
        assert!(read(source).is_ok(), "{source}");
    }
    for source in [
        "10.0.0.0",
        "10.0.0.0/08",
        "10.0.0.0/033",
        "::/00",
        "10.0.0.0/+8",
    ] {
        let problems = read(source).unwrap_err();
        assert!(problems.contains("is no network"), "{problems}");
    }
}

/// The numbers are written out: a limit that changes is to be noticed.
#[test]
fn lists_are_as_long_as_they_may_be_and_no_longer() {
    type Make = fn(usize) -> Value;
    let lists: [(&str, usize, Make); 3] = [
        (
            "bundle.http.publicKeys",
            16,
            |count| json!({"bundle": {"http": with("publicKeys", json!(vec![KEY; count]))}}),
        ),
        ("exempt", 64, |count| {
            let probe = json!({"port": 80, "path": "/", "sources": ["10.0.0.0/8"]});
            json!({"bundle": {"http": with("path", json!("/"))}, "exempt": vec![probe; count]})
        }),
        ("exempt[0].sources", 256, |count| {
            let probe = json!({"port": 80, "path": "/", "sources": vec!["10.0.0.0/8"; count]});
            json!({"bundle": {"http": with("path", json!("/"))}, "exempt": [probe]})
        }),
    ];
    for (place, most, make) in lists {
        assert!(PluginConfig::from_value(&make(most)).is_ok(), "{place}");
        let problems = PluginConfig::from_value(&make(most + 1)).unwrap_err();
        let found = problems
            .list
            .iter()
            .map(|problem| (problem.code, problem.path.to_string()));
        let expected = ("too-many", place.to_owned());
        assert_eq!(found.collect::<Vec<_>>(), [expected]);
    }
}
