use heliast_wasm_tests::{Action, Connection, Host, PluginConfig, Stream};

use crate::guest::{Guest, said};

const REQUEST_BODY: u32 = 0;

fn stream_of(guest: Guest) -> (Host, Stream) {
    let host = Host::new(&guest.module());
    let plugin = host.configure(PluginConfig::default()).unwrap();
    let mut stream = plugin.worker(0).open_stream(Connection::new("a:1", "b:2"));
    stream.request_headers([(":path", "/")], false);
    (host, stream)
}

#[test]
fn a_paused_body_collects() {
    let steps = [Guest::buffer(REQUEST_BODY)];
    let (host, mut stream) = stream_of(Guest::new().on("request_body", 1, &steps));
    assert_eq!(stream.request_body("ab", false).action, Action::Pause);
    stream.request_body("cd", true);
    assert_eq!(said(&host), ["ab", "abcd"]);
    assert_eq!(stream.upstream_request().unwrap().body, b"");
}

#[test]
fn a_body_that_continues_is_shown_piece_by_piece() {
    let mut guest = Guest::new();
    let steps = [
        Guest::buffer(REQUEST_BODY),
        guest.set_buffer(REQUEST_BODY, 0, u32::MAX, "x"),
    ];
    let (host, mut stream) = stream_of(guest.on("request_body", 0, &steps));
    stream.request_body("ab", false);
    stream.request_body("cd", true);
    assert_eq!(said(&host), ["ab", "", "cd", ""]);
    let request = stream.upstream_request().unwrap();
    assert_eq!(
        (request.body.as_slice(), request.complete),
        (b"xx".as_slice(), true)
    );
}

#[test]
fn buffers_of_another_phase_are_not_found_and_changes_in_the_middle_fail() {
    let mut guest = Guest::new();
    let in_trailers = [Guest::buffer(REQUEST_BODY)];
    let in_body = [
        guest.set_buffer(REQUEST_BODY, 0, 0, "<"),
        guest.set_buffer(REQUEST_BODY, 9, 0, ">"),
        guest.set_buffer(REQUEST_BODY, 1, 1, "?"),
        Guest::buffer(REQUEST_BODY),
    ];
    let guest = guest
        .on("request_body", 0, &in_body)
        .on("request_trailers", 0, &in_trailers);
    let (host, mut stream) = stream_of(guest);
    stream.request_body("body", false);
    stream.request_trailers([("t", "1")]);
    assert_eq!(said(&host), ["", "", "!02", "<body>", "!01"]);
    assert!(stream.upstream_request().unwrap().complete);
}

#[test]
fn the_plugin_configuration_is_readable_only_in_configure() {
    let steps = [Guest::buffer(7), Guest::buffer(6)];
    let guest = Guest::new()
        .on("configure", 1, &steps)
        .on("request_headers", 0, &steps);
    let host = Host::new(&guest.module());
    let config = PluginConfig {
        vm_configuration: b"vm".to_vec(),
        ..PluginConfig::new("plugin")
    };
    let plugin = host.configure(config).unwrap();
    assert_eq!(
        said(&host),
        ["plugin", "vm", "plugin", "vm", "plugin", "vm"]
    );
    let mut stream = plugin.worker(0).open_stream(Connection::new("a:1", "b:2"));
    stream.request_headers([(":path", "/")], true);
    assert_eq!(said(&host), ["!01", "vm"]);
}
