use heliast_wasm_tests::{Connection, Host, Plugin, PluginConfig, Value};
use serde_json::json;

use crate::guest::{Guest, said};

fn connection() -> Connection {
    Connection::mtls(
        "10.0.0.1:40000",
        "10.0.0.2:8080",
        "spiffe://cluster.local/ns/a/sa/b",
    )
}

fn host_of(guest: Guest) -> (Host, Plugin) {
    let host = Host::new(&guest.module());
    let plugin = host.configure(PluginConfig::default()).unwrap();
    (host, plugin)
}

/// What a guest reads under those paths in the request phase.
fn read(paths: &[&[&str]], connection: Connection, headers: &[(&str, &str)]) -> Vec<String> {
    let mut guest = Guest::new();
    let steps: Vec<String> = paths.iter().map(|path| guest.property(path)).collect();
    let (host, plugin) = host_of(guest.on("request_headers", 0, &steps));
    plugin
        .worker(0)
        .open_stream(connection)
        .request_headers(headers, true);
    said(&host)
}

#[test]
fn encodings_are_those_of_envoy() {
    let connection = connection().property("source.labels", Value::from(json!({"a": 1.0})));
    let paths: [&[&str]; 6] = [
        &["source", "address"],
        &["source", "port"],
        &["connection", "mtls"],
        &["connection", "uri_san_peer_certificate"],
        &["xds", "listener_direction"],
        &["connection_id"],
    ];
    let said = read(&paths, connection, &[]);
    assert_eq!(said[0], "10.0.0.1:40000");
    assert_eq!(said[1], "@\u{fffd}\0\0\0\0\0\0");
    assert_eq!(said[2], "\u{1}");
    assert_eq!(said[3], "spiffe://cluster.local/ns/a/sa/b");
    assert_eq!(said[4], "\u{1}\0\0\0\0\0\0\0");
    assert_eq!(said[5], "\u{1}\0\0\0\0\0\0\0");
}

#[test]
fn container_roots_cannot_be_serialised() {
    let roots: [&[&str]; 6] = [
        &["xds"],
        &["request"],
        &["filter_state"],
        &["connection"],
        &["request", "headers"],
        &["source"],
    ];
    assert_eq!(read(&roots, connection(), &[]), ["!03"; 6]);
}

#[test]
fn requests_are_shown_raw_and_repeated_headers_joined() {
    let paths: [&[&str]; 6] = [
        &["request", "path"],
        &["request", "url_path"],
        &["request", "query"],
        &["request", "host"],
        &["request", "headers", "x-role"],
        &["request", "headers", "none"],
    ];
    let headers = [
        (":path", "/a/../b//c?x=1"),
        (":authority", "Host:80"),
        ("x-role", "one"),
        ("x-role", "two"),
    ];
    let expected = [
        "/a/../b//c?x=1",
        "/a/../b//c",
        "x=1",
        "Host:80",
        "one,two",
        "!01",
    ];
    assert_eq!(read(&paths, connection(), &headers), expected);
}

#[test]
fn the_source_is_what_x_forwarded_for_says() {
    let paths: [&[&str]; 2] = [&["source", "address"], &["source", "port"]];
    let headers = [
        ("x-forwarded-for", "1.2.3.4"),
        ("x-forwarded-for", "5.6.7.8, 9.8.7.6"),
    ];
    let zero = "\0\0\0\0\0\0\0\0";
    assert_eq!(read(&paths, connection(), &headers), ["9.8.7.6:0", zero]);
    let port = "@\u{fffd}\0\0\0\0\0\0";
    let direct = connection().use_remote_address(true);
    assert_eq!(read(&paths, direct, &headers), ["10.0.0.1:40000", port]);
    let malformed = [("x-forwarded-for", "unknown")];
    assert_eq!(
        read(&paths, connection(), &malformed),
        ["10.0.0.1:40000", port]
    );
}

#[test]
fn configure_sees_the_node_and_nothing_of_a_connection() {
    let mut guest = Guest::new();
    let steps = [
        guest.property(&["xds", "node", "metadata", "NAMESPACE"]),
        guest.property(&[
            "xds",
            "node",
            "metadata",
            "LABELS",
            "app.kubernetes.io/name",
        ]),
        guest.property(&["xds", "node", "metadata", "IPS", "1"]),
        guest.property(&["plugin_root_id"]),
        guest.property(&["xds", "listener_direction"]),
        guest.property(&["source", "address"]),
        guest.property(&["connection", "mtls"]),
        guest.property(&["filter_state", "x"]),
        guest.property(&["node", "id"]),
        guest.set_property("verdict", "allow"),
    ];
    let host = Host::new(&guest.on("configure", 1, &steps).module());
    let config = PluginConfig {
        root_id: "root".to_owned(),
        ..PluginConfig::default()
    };
    let labels = json!({"app.kubernetes.io/name": "db"});
    let config =
        config.node_metadata(json!({"NAMESPACE": "default", "LABELS": labels, "IPS": ["a", "b"]}));
    host.configure(config).unwrap();
    let once = [
        "default", "db", "b", "root", "!01", "!01", "!01", "!01", "!01", "!01",
    ];
    let thrice: Vec<&str> = once.iter().chain(&once).chain(&once).copied().collect();
    assert_eq!(said(&host), thrice, "canary, main, worker");
}

#[test]
fn set_property_is_filter_state_of_this_request_only() {
    let mut guest = Guest::new();
    let steps = [
        guest.property(&["verdict"]),
        guest.set_property("verdict", "allow"),
        guest.property(&["verdict"]),
        guest.property(&["filter_state", "wasm.verdict"]),
        guest.set_property("request.path", "changed"),
        guest.property(&["request", "path"]),
    ];
    let (host, plugin) = host_of(guest.on("request_headers", 0, &steps));
    let connection = connection();
    for _ in 0..2 {
        let mut stream = plugin.worker(0).open_stream(&connection);
        stream.request_headers([(":path", "/")], true);
        assert_eq!(said(&host), ["!01", "", "allow", "allow", "", "/"]);
        assert_eq!(
            stream.property_text("wasm.verdict").as_deref(),
            Some("allow")
        );
    }
}

#[test]
fn network_filters_leave_state_on_the_connection() {
    let mut guest = Guest::new();
    let set = guest.set_property("peer", "10.9.9.9");
    let get = guest.property(&["filter_state", "wasm.peer"]);
    let written = guest.property(&["filter_state", "heliast.peer_address"]);
    let guest = guest
        .on("new_connection", 0, &[set])
        .on("request_headers", 0, &[get, written]);
    let (host, plugin) = host_of(guest);
    let mut tcp = plugin
        .worker(0)
        .open_tcp(connection().filter_state("heliast.peer_address", "10.0.0.1"));
    tcp.new_connection();
    let mut stream = plugin.worker(0).open_stream(tcp.connection());
    stream.request_headers([(":path", "/")], true);
    assert_eq!(said(&host), ["", "10.9.9.9", "10.0.0.1"]);
    assert_eq!(stream.connection().id(), tcp.connection().id());
}

#[test]
fn request_properties_are_gone_in_the_response_and_back_in_the_log() {
    let mut guest = Guest::new();
    let path = guest.property(&["request", "path"]);
    let code = guest.property(&["response", "code"]);
    let upstream = guest.property(&["upstream", "address"]);
    let steps = [path, code, upstream];
    let guest = guest
        .on("request_headers", 0, &steps)
        .on("response_headers", 0, &steps)
        .on("log", 0, &steps);
    let (host, plugin) = host_of(guest);
    let mut stream = plugin
        .worker(0)
        .open_stream(connection().property("upstream.address", "u:1"));
    stream.request_headers([(":path", "/")], true);
    assert_eq!(said(&host), ["/", "!01", "!01"]);
    stream.response_headers([(":status", "200")], true);
    let code = "\u{fffd}\0\0\0\0\0\0\0";
    assert_eq!(said(&host), ["!01", code, "u:1", "/", code, "u:1"]);
}
