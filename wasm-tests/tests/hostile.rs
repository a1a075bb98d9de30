//! Whatever a peer sends and whatever the host answers: the module neither traps nor lets pass.

#![allow(clippy::expect_used, reason = "a test that cannot begin has failed")]

mod support;

use heliast_wasm_tests::{Connection, Headers, Host, Outcome, Plugin, PluginConfig};
use serde_json::{Value, json};

const SUMMARY: &str = "spiffe://cluster.local/ns/default/sa/summary";

/// What the module uses of the ABI.
const CAPABILITIES: [&str; 22] = [
    "proxy_on_vm_start",
    "proxy_on_configure",
    "proxy_on_context_create",
    "proxy_on_request_headers",
    "proxy_on_response_headers",
    "proxy_on_done",
    "proxy_on_log",
    "proxy_on_delete",
    "proxy_on_memory_allocate",
    "proxy_log",
    "proxy_get_log_level",
    "proxy_get_buffer_bytes",
    "proxy_get_property",
    "proxy_set_property",
    "proxy_get_header_map_pairs",
    "proxy_send_local_response",
    "proxy_define_metric",
    "proxy_increment_metric",
    "proxy_record_metric",
    "random_get",
    "fd_write",
    "clock_time_get",
];

/// A database that only summary may ask, over a path, in plain sight of every kind of clause.
fn resources() -> Value {
    let pod = |name: &str, address: &str| {
        json!({"apiVersion": "v1", "kind": "Pod",
            "metadata": {"namespace": "default", "name": name, "labels": {"app": name}},
            "spec": {"serviceAccountName": name}, "status": {"podIP": address}})
    };
    let policy = json!({"apiVersion": "projectcalico.org/v3", "kind": "GlobalNetworkPolicy",
        "metadata": {"name": "database"},
        "spec": {"selector": "app == 'database'", "types": ["Ingress"], "ingress": [
            {"action": "Deny", "http": {"paths": [{"prefix": "/admin"}]}},
            {"action": "Deny", "http": {"headers": [{"header": "x-role", "operator": "In", "values": ["guest"]}]}},
            {"action": "Deny", "source": {"nets": ["127.66.0.0/16"]}},
            {"action": "Allow", "source": {"serviceAccounts": {"names": ["summary"]}},
             "http": {"methods": ["GET"], "paths": [{"prefix": "/"}]}}]}});
    json!([
        policy,
        pod("database", "127.0.10.3"),
        pod("summary", "127.0.10.2")
    ])
}

fn start() -> (Host, Plugin) {
    let config = json!({"direction": "Ingress", "bundle": {"inline": {"resources": resources()}}});
    configure(config.to_string().as_bytes()).expect("a good configuration")
}

fn configure(bytes: &[u8]) -> Result<(Host, Plugin), String> {
    let host = Host::new(support::module());
    let config = PluginConfig::new(bytes.to_vec())
        .node_metadata(json!({"NAMESPACE": "default", "NAME": "database"}));
    let configured = host.configure(config);
    match configured {
        Ok(plugin) => Ok((host, plugin)),
        Err(_) => {
            let logs = host.logs();
            let lines: Vec<String> = logs.into_iter().map(|line| line.message).collect();
            Err(lines.join("\n"))
        }
    }
}

fn summary() -> Connection {
    Connection::mtls("127.0.10.2:40000", "127.0.10.3:2379", SUMMARY)
        .filter_state("heliast.peer_address", "127.0.10.2")
        .filter_state("heliast.peer_uri_sans", SUMMARY)
}

fn send(plugin: &Plugin, connection: &Connection, headers: impl Into<Headers>) -> Outcome {
    let outcome = plugin
        .worker(0)
        .open_stream(connection)
        .request_headers(headers, true);
    assert_eq!(outcome.trap(), None);
    outcome
}

fn passes(outcome: &Outcome) -> bool {
    outcome.reply.is_none()
}

type Lines = Vec<(Vec<u8>, Vec<u8>)>;

/// A good request with some lines in place of others of their name.
fn request(lines: &[(&[u8], &[u8])]) -> Lines {
    let usual: [(&[u8], &[u8]); 3] = [
        (b":method", b"GET"),
        (b":authority", b"database:2379"),
        (b":path", b"/v2/keys"),
    ];
    let replaced = |name: &[u8]| lines.iter().any(|(other, _)| *other == name);
    let kept = usual.iter().filter(|(name, _)| !replaced(name));
    kept.chain(lines)
        .map(|(name, value)| (name.to_vec(), value.to_vec()))
        .collect()
}

#[test]
fn a_good_request_passes() {
    let (_host, plugin) = start();
    assert!(passes(&send(&plugin, &summary(), request(&[]))));
}

#[test]
fn odd_bytes_in_headers_are_bytes() {
    let (_host, plugin) = start();
    let every_byte: Vec<u8> = (0..=255).collect();
    let good: [&[(&[u8], &[u8])]; 3] = [
        &[(b"x-odd", &every_byte)],
        &[(b"\xff\xfe", b"\x80")],
        &[(b"x-role", b"\xff"), (b"x-role", b"")],
    ];
    for lines in good {
        assert!(
            passes(&send(&plugin, &summary(), request(lines))),
            "{lines:?}"
        );
    }
    let bad: [&[(&[u8], &[u8])]; 8] = [
        &[(b":path", b"\xff\xfe")],
        &[(b":path", b"")],
        &[(b":path", b"*")],
        &[(b":path", b"/%00")],
        &[(b":method", b"\xff")],
        &[(b":method", b"")],
        &[(b":method", b"CONNECT")],
        &[(b"X-ROLE", b"admin"), (b"x-role", b" guest ")],
    ];
    for lines in bad {
        assert!(
            !passes(&send(&plugin, &summary(), request(lines))),
            "{lines:?}"
        );
    }
}

#[test]
fn missing_pseudo_headers_are_refused() {
    let (_host, plugin) = start();
    for missing in [b":method".as_slice(), b":path"] {
        let mut lines = request(&[]);
        lines.retain(|(name, _)| name != missing);
        assert!(!passes(&send(&plugin, &summary(), lines)));
    }
}

#[test]
fn large_and_many_headers_change_nothing() {
    let (_host, plugin) = start();
    let large = vec![b'a'; 60 * 1024];
    assert!(passes(&send(
        &plugin,
        &summary(),
        request(&[(b"x-large", &large)])
    )));
    let path = [b"/".as_slice(), &large].concat();
    assert!(
        !passes(&send(&plugin, &summary(), request(&[(b":path", &path)]))),
        "too long to be read"
    );
    let query = [b"/v2/keys?".as_slice(), &large].concat();
    assert!(passes(&send(
        &plugin,
        &summary(),
        request(&[(b":path", &query)])
    )));
    let many = |count: usize| -> Lines {
        let lines = (0..count).map(|line| (format!("x-{line}").into_bytes(), b"v".to_vec()));
        request(&[]).into_iter().chain(lines).collect()
    };
    assert!(passes(&send(&plugin, &summary(), many(1000))));
    assert!(passes(&send(&plugin, &summary(), many(5000))));
    let nothing: Lines = Vec::new();
    assert!(
        !passes(&send(&plugin, &summary(), nothing)),
        "an empty map may hide anything"
    );
}

#[test]
fn addresses_that_are_none_match_no_allow() {
    let (_host, plugin) = start();
    let none = [
        "",
        "-",
        "/run/envoy.sock",
        "envoy://internal_client_address/",
        "127.0.10.2:x",
        "::",
        "[::1]:1",
        "\u{0}",
        "127.0.10.2,127.0.10.9",
    ];
    for address in none {
        let connection = summary().filter_state("heliast.peer_address", address);
        assert!(
            !passes(&send(&plugin, &connection, request(&[]))),
            "{address:?}"
        );
    }
    let mapped = summary().filter_state("heliast.peer_address", "::ffff:127.0.10.2");
    assert!(
        passes(&send(&plugin, &mapped, request(&[]))),
        "an IPv4 address inside IPv6 is the IPv4 address"
    );
}

#[test]
fn sans_that_are_not_one_name_are_no_identity() {
    let (_host, plugin) = start();
    let two = format!("{SUMMARY},spiffe://cluster.local/ns/default/sa/other");
    let long = format!("{SUMMARY}{}", "x".repeat(100_000));
    for sans in [
        two.as_str(),
        &long,
        "spiffe://cluster.local/ns/default/sa/summary/",
        "spiffe://other/ns/default/sa/summary",
        "spiffe://cluster.local/ns/default/sa/summary\u{0}",
        "\u{fffd}",
    ] {
        let connection = summary().filter_state("heliast.peer_uri_sans", sans.to_owned());
        assert!(
            !passes(&send(&plugin, &connection, request(&[]))),
            "{:?}",
            sans.chars().take(80).collect::<String>()
        );
    }
    let unsaid = Connection::mtls("127.0.10.2:40000", "127.0.10.3:2379", "")
        .filter_state("heliast.peer_address", "127.0.10.2");
    assert!(!passes(&send(&plugin, &unsaid, request(&[]))));
}

#[test]
fn a_grpc_caller_gets_status_7() {
    let (_host, plugin) = start();
    let lines = request(&[
        (b":path", b"/admin"),
        (b"content-type", b"application/grpc"),
    ]);
    let mut stream = plugin.worker(0).open_stream(summary());
    let outcome = stream.request_headers(lines, true);
    assert!(!passes(&outcome));
    let response = stream.response().expect("a reply");
    assert_eq!(response.headers.get("grpc-status"), Some(b"7".as_slice()));
}

#[test]
fn a_denial_tells_the_access_log_and_not_the_caller() {
    let (_host, plugin) = start();
    let mut stream = plugin.worker(0).open_stream(summary());
    let outcome = stream.request_headers(request(&[(b":path", b"/admin")]), true);
    let reply = outcome.reply.expect("a reply");
    let rule = "calico/default/GlobalNetworkPolicy/-/database/ingress/0";
    assert_eq!(
        reply.details,
        format!("rbac_access_denied_matched_policy[{rule}]")
    );
    assert_eq!(
        stream.property_text("wasm.heliast_rule").as_deref(),
        Some(rule)
    );
    let told = format!(
        "{:?} {:?}",
        reply.headers,
        String::from_utf8_lossy(&reply.body)
    );
    assert!(!told.contains("database"), "{told}");
    let id = stream.property_text("wasm.heliast_id");
    assert_eq!(
        reply.headers.get("x-heliast-id").map(<[u8]>::to_vec),
        id.map(String::into_bytes)
    );
}

#[test]
fn hostile_configuration_is_refused_with_a_reason() {
    let deep = "[".repeat(100_000);
    let long_selector = json!({"apiVersion": "projectcalico.org/v3", "kind": "GlobalNetworkPolicy",
        "metadata": {"name": "x"}, "spec": {"selector": "(".repeat(1_000_000)}});
    let wrapped = json!({"bundle": {"inline": {"resources": [long_selector]}}}).to_string();
    for (bytes, why) in [
        (b"".as_slice(), "is empty"),
        (b"{", "is not JSON"),
        (b"\xff\xfe", "is not JSON"),
        (deep.as_bytes(), "is not JSON"),
        (b"[]", "must be a map"),
        (b"{}", "`bundle` is required"),
        (b"{\"bundle\":{\"inline\":{\"resources\":[{}]}}}", "kind"),
        (wrapped.as_bytes(), "spec.selector"),
    ] {
        let refused = configure(bytes).err().unwrap_or_default();
        assert!(refused.contains(why), "{why}: {refused}");
    }
}

#[test]
fn a_host_that_withholds_its_calls_gets_denials() {
    for withheld in ["proxy_get_property", "proxy_get_header_map_pairs"] {
        let config = json!({"direction": "Ingress",
            "workload": {"namespace": "default", "name": "database"},
            "bundle": {"inline": {"resources": resources()}}});
        let host = Host::new(support::module());
        let mut config = PluginConfig::new(config.to_string().into_bytes());
        config.capabilities = Some(
            CAPABILITIES
                .into_iter()
                .filter(|name| *name != withheld)
                .map(str::to_owned)
                .collect(),
        );
        let plugin = host.configure(config).expect("a good configuration");
        assert!(
            !passes(&send(&plugin, &summary(), request(&[]))),
            "{withheld}"
        );
    }
}
