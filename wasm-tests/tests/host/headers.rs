use heliast_wasm_tests::{Action, Connection, Host, PluginConfig, pairs};

use crate::guest::{Guest, report, said};

const REQUEST: u32 = 0;
const RESPONSE: u32 = 2;

fn connection() -> Connection {
    Connection::new("10.0.0.1:40000", "10.0.0.2:8080")
}

#[test]
fn the_single_getter_shows_one_line_and_the_full_one_all() {
    let mut guest = Guest::new();
    let steps = [
        guest.header(REQUEST, "X-Role"),
        guest.header(REQUEST, "no"),
        Guest::pairs(REQUEST),
    ];
    let host = Host::new(&guest.on("request_headers", 0, &steps).module());
    let plugin = host.configure(PluginConfig::default()).unwrap();
    let mut stream = plugin.worker(0).open_stream(connection());
    let headers = [("x-role", "one"), ("X-Role", "two"), (":path", "/")];
    let outcome = stream.request_headers(headers, true);
    assert_eq!(outcome.action, Action::Continue);
    let all = [(":path", "/"), ("x-role", "one"), ("x-role", "two")];
    let all = String::from_utf8_lossy(&pairs::encode(&all)).into_owned();
    assert_eq!(said(&host), ["one", "!01", all.as_str()]);
}

#[test]
fn maps_of_another_phase_are_a_bad_argument_or_empty() {
    let mut guest = Guest::new();
    let in_request = [
        guest.header(RESPONSE, ":status"),
        Guest::pairs(RESPONSE),
        guest.add_header(RESPONSE, "a", "b"),
    ];
    let in_response = [guest.header(REQUEST, ":path"), Guest::pairs(REQUEST)];
    let in_log = [
        guest.header(REQUEST, ":path"),
        guest.header(RESPONSE, ":status"),
        guest.add_header(RESPONSE, "a", "b"),
    ];
    let guest = guest
        .on("request_headers", 0, &in_request)
        .on("response_headers", 0, &in_response)
        .on("log", 0, &in_log);
    let host = Host::new(&guest.module());
    let plugin = host.configure(PluginConfig::default()).unwrap();
    let mut stream = plugin.worker(0).open_stream(connection());
    stream.request_headers([(":path", "/a")], true);
    assert_eq!(said(&host), ["!02", "", "!02"]);
    let outcome = stream.response_headers([(":status", "200")], true);
    assert_eq!(said(&host), ["!02", "", "/a", "200", "!02"]);
    assert!(stream.has_ended());
    assert!(outcome.run("proxy_on_log").is_some());
}

#[test]
fn request_headers_stay_readable_while_the_request_is_paused() {
    let mut guest = Guest::new();
    let read = guest.header(REQUEST, ":path");
    let resume = crate::guest::resume(0);
    let steps = [crate::guest::effective(2), read.clone(), resume, read];
    let guest = guest.on("request_headers", 1, &[]).on("tick", 0, &steps);
    let host = Host::new(&guest.module());
    let plugin = host.configure(PluginConfig::default()).unwrap();
    let mut stream = plugin.worker(0).open_stream(connection());
    let outcome = stream.request_headers([(":path", "/a")], false);
    assert_eq!((outcome.action, stream.id()), (Action::Pause, 2));
    assert!(stream.request_body("x", true).held);
    plugin.worker(0).tick();
    assert_eq!(said(&host), ["", "/a", "", "!02"]);
    let request = stream.upstream_request().unwrap();
    assert_eq!(
        (request.body.as_slice(), request.complete),
        (b"x".as_slice(), true)
    );
}

#[test]
fn values_are_bytes_and_changes_reach_the_upstream() {
    let mut guest = Guest::new();
    let (name, value) = (guest.data("X-Id"), guest.data(b"\xff\x01"));
    let steps = [
        report(&format!(
            "(call $replace_header (i32.const 0) {name} {value})"
        )),
        guest.add_header(REQUEST, "new", "1"),
        report(&format!(
            "(call $remove_header (i32.const 0) {})",
            guest.data("gone")
        )),
    ];
    let host = Host::new(&guest.on("request_headers", 0, &steps).module());
    let plugin = host.configure(PluginConfig::default()).unwrap();
    let mut stream = plugin.worker(0).open_stream(connection());
    stream.request_headers(
        [(":path", "/"), ("x-id", "a"), ("x-id", "b"), ("gone", "1")],
        true,
    );
    let headers = stream.upstream_request().unwrap().headers;
    assert_eq!(headers.get_all("x-id").collect::<Vec<_>>(), [b"\xff\x01"]);
    assert_eq!(
        (headers.text("new"), headers.get("gone")),
        (Some("1"), None)
    );
}

#[test]
fn a_map_of_more_than_1024_pairs_is_taken_for_empty() {
    let mut guest = Guest::new();
    let many = pairs::encode(&vec![("k", "v"); pairs::MAX_PAIRS + 1]);
    let many = guest.data(many);
    let steps = [report(&format!("(call $set_pairs (i32.const 0) {many})"))];
    let host = Host::new(&guest.on("request_headers", 0, &steps).module());
    let plugin = host.configure(PluginConfig::default()).unwrap();
    let mut stream = plugin.worker(0).open_stream(connection());
    stream.request_headers([(":path", "/")], true);
    assert!(stream.upstream_request().unwrap().headers.is_empty());
}

#[test]
fn the_size_is_in_bytes() {
    let mut guest = Guest::new();
    let mark = guest.log("read");
    let steps = [
        "(drop (call $get_header_size (i32.const 0) (i32.const 20)))".to_owned(),
        "(if (i32.ne (i32.load (i32.const 20)) (i32.const 6)) (then unreachable))".to_owned(),
        mark,
    ];
    let host = Host::new(&guest.on("request_headers", 0, &steps).module());
    let plugin = host.configure(PluginConfig::default()).unwrap();
    let mut stream = plugin.worker(0).open_stream(connection());
    let outcome = stream.request_headers([(":path", "/")], true);
    assert_eq!(
        (outcome.trap(), said(&host)),
        (None, vec!["read".to_owned()])
    );
}
