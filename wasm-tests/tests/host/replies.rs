use heliast_wasm_tests::{Action, Connection, Host, PluginConfig, Stream, pairs};

use crate::guest::{Guest, effective, said};

fn stream_of(guest: Guest) -> (Host, Stream) {
    let host = Host::new(&guest.module());
    let plugin = host.configure(PluginConfig::default()).unwrap();
    let stream = plugin
        .worker(0)
        .open_stream(Connection::new("10.0.0.1:1", "10.0.0.2:2"));
    (host, stream)
}

#[test]
fn a_reply_is_deferred_the_first_wins_and_it_ends_the_stream() {
    let mut guest = Guest::new();
    let extra = pairs::encode(&[("x-why", "policy")]);
    let replies = [
        guest.reply(403, "denied by policy", "no", &extra),
        guest.reply(500, "second", "", &[]),
        guest.log("request headers end"),
    ];
    let in_response = [
        guest.header(2, ":status"),
        guest.add_header(2, "x-seen", "yes"),
    ];
    let in_log = [guest.log("log")];
    let guest = guest
        .on("request_headers", 0, &replies)
        .on("response_headers", 0, &in_response)
        .on("log", 0, &in_log);
    let (host, mut stream) = stream_of(guest);
    let outcome = stream.request_headers([(":path", "/")], false);
    assert_eq!(
        outcome.action,
        Action::Pause,
        "although the callback said Continue"
    );
    let reply = outcome.reply.unwrap();
    assert_eq!(
        (reply.status, reply.details.as_str()),
        (403, "denied_by_policy")
    );
    assert_eq!(
        said(&host),
        ["", "", "request headers end", "403", "", "log"]
    );
    let response = stream.response().unwrap();
    assert_eq!(
        (response.status(), response.body.as_slice()),
        (Some(403), b"no".as_slice())
    );
    assert_eq!(response.headers.text("x-why"), Some("policy"));
    assert_eq!(response.headers.text("x-seen"), Some("yes"));
    assert!(stream.has_ended() && stream.upstream_request().is_none());
    assert!(stream.request_body("late", true).runs.is_empty());
}

#[test]
fn a_grpc_client_gets_its_own_kind_of_refusal() {
    let mut guest = Guest::new();
    let reply = guest.reply(403, "", "no", &[]);
    let (_host, mut stream) = stream_of(guest.on("request_headers", 0, &[reply]));
    stream.request_headers([("content-type", "application/grpc+proto")], false);
    let response = stream.response().unwrap();
    assert_eq!(response.status(), Some(200));
    assert_eq!(response.headers.text("grpc-status"), Some("7"));
    assert_eq!(response.headers.text("grpc-message"), Some("no"));
}

#[test]
fn a_reply_from_the_response_phase_replaces_the_response() {
    let mut guest = Guest::new();
    let reply = guest.reply(403, "late", "", &[]);
    let (_host, mut stream) = stream_of(guest.on("response_headers", 0, &[reply]));
    stream.request_headers([(":path", "/")], true);
    let outcome = stream.response_headers([(":status", "200")], false);
    assert_eq!(
        outcome
            .runs
            .iter()
            .filter(|run| run.callback.ends_with("headers"))
            .count(),
        1
    );
    assert_eq!(stream.response().unwrap().status(), Some(403));
    assert!(stream.has_ended());
}

#[test]
fn a_root_can_reply_for_a_held_stream() {
    let mut guest = Guest::new();
    let reply = guest.reply(503, "timeout", "", &[]);
    let guest = guest
        .on("request_headers", 1, &[])
        .on("tick", 0, &[effective(2), reply]);
    let host = Host::new(&guest.module());
    let plugin = host.configure(PluginConfig::default()).unwrap();
    let mut stream = plugin.worker(0).open_stream(Connection::new("a:1", "b:2"));
    assert_eq!(
        stream.request_headers([(":path", "/")], true).action,
        Action::Pause
    );
    assert!(stream.reply().is_none());
    plugin.worker(0).tick();
    assert_eq!(stream.reply().unwrap().details, "timeout");
    plugin.worker(0).tick();
    let after = said(&host);
    assert_eq!(
        after,
        ["", "", "!02", ""],
        "the stream is gone: BadArgument, the reply goes nowhere"
    );
}
