use std::time::Duration;

use heliast_wasm_tests::{
    Action, CALL_BODY_LIMIT, CallResponse, CallResult, Cluster, Connection, Host, Plugin,
    PluginConfig,
};

use crate::guest::{Guest, effective, report, resume, said};

/// Calls `cluster` on every tick and logs status and body of the answer.
fn caller() -> (Host, Plugin) {
    let mut guest = Guest::new();
    let call = guest.http_call("cluster", 1000);
    let answer = [
        guest.header(6, ":status"),
        Guest::buffer(4),
        guest.header(7, "t"),
    ];
    let guest = guest
        .on("tick", 0, &[call])
        .on("http_call_response", 0, &answer);
    let host = Host::new(&guest.module());
    let plugin = host.configure(PluginConfig::default()).unwrap();
    (host, plugin)
}

#[test]
fn bad_clusters_and_calls_fail_at_once() {
    let (host, plugin) = caller();
    plugin.main().tick();
    host.set_cluster("cluster", Cluster::NoHosts);
    plugin.main().tick();
    assert_eq!(said(&host), ["!02", "!10"]);
    assert!(host.pending_calls().is_empty());
}

#[test]
fn an_answer_is_shown_for_the_length_of_its_callback() {
    let (host, plugin) = caller();
    host.set_cluster("cluster", Cluster::Manual);
    plugin.main().tick();
    let calls = host.pending_calls();
    assert_eq!(
        calls[0].headers.text("x-envoy-expected-rq-timeout-ms"),
        Some("1000")
    );
    assert_eq!(calls[0].headers.text(":path"), Some("/b"));
    let runs = host
        .deliver(calls[0].id, CallResponse::new(304, "body"))
        .unwrap();
    assert_eq!(runs.len(), 1);
    assert_eq!(said(&host), ["", "304", "body", "!02"]);
    assert!(host.deliver(calls[0].id, CallResult::Timeout).is_err());
}

#[test]
fn failures_look_as_envoy_makes_them_look() {
    let (host, plugin) = caller();
    let over = CallResponse::new(200, vec![0; CALL_BODY_LIMIT + 1]);
    let results = [
        CallResult::ConnectionRefused,
        CallResult::Reset,
        over.into(),
    ];
    for result in results {
        host.set_cluster("cluster", Cluster::Always(result));
        plugin.main().tick();
        host.deliver_all();
    }
    let said = said(&host);
    assert_eq!((said[1].as_str(), said[2].len()), ("503", 98));
    assert_eq!(said[5..8], ["!02", "!01", "!02"], "no headers, no body");
    assert_eq!(said[9..12], ["!02", "!01", "!02"]);
}

#[test]
fn a_call_times_out_by_the_clock() {
    let (host, plugin) = caller();
    host.set_cluster("cluster", Cluster::Manual);
    plugin.main().tick();
    assert!(host.advance(Duration::from_millis(999)).is_empty());
    host.advance(Duration::from_millis(1));
    assert_eq!(said(&host), ["", "504", "upstream request timeout", "!02"]);
}

#[test]
fn the_canary_calls_and_never_hears() {
    let mut guest = Guest::new();
    let call = guest.http_call("cluster", 0);
    let host = Host::new(&guest.on("configure", 1, &[call]).module());
    host.set_cluster("cluster", Cluster::Manual);
    host.configure(PluginConfig::default()).unwrap();
    let callers: Vec<String> = host
        .pending_calls()
        .iter()
        .map(|call| call.vm.to_string())
        .collect();
    assert_eq!(callers, ["main", "worker 0"]);
}

#[test]
fn an_answer_can_resume_a_held_request() {
    let mut guest = Guest::new();
    let call = guest.http_call("cluster", 0);
    let answer = [
        effective(2),
        guest.set_property("verdict", "allow"),
        resume(0),
    ];
    let guest = guest
        .on("request_headers", 1, &[call])
        .on("http_call_response", 0, &answer);
    let host = Host::new(&guest.module());
    host.set_cluster(
        "cluster",
        Cluster::Script([CallResponse::new(200, "").into()].into()),
    );
    let plugin = host.configure(PluginConfig::default()).unwrap();
    let mut stream = plugin.worker(0).open_stream(Connection::new("a:1", "b:2"));
    assert_eq!(
        stream.request_headers([(":path", "/")], true).action,
        Action::Pause
    );
    let runs = host.deliver_all();
    assert_eq!(runs[0].context, 1, "the answer goes to the root");
    assert_eq!(stream.action(), Action::Continue);
    assert!(stream.upstream_request().unwrap().complete);
    assert_eq!(
        stream.property_text("wasm.verdict").as_deref(),
        Some("allow")
    );
}

#[test]
fn the_clock_has_microseconds() {
    let steps = [
        "(drop (call $now (i32.const 48)))".to_owned(),
        "(i32.store (i32.const 16) (i32.const 48))".to_owned(),
        "(i32.store (i32.const 20) (i32.const 8))".to_owned(),
        report("(i32.const 0)"),
    ];
    let host = Host::new(&Guest::new().on("tick", 0, &steps).module());
    let plugin = host.configure(PluginConfig::default()).unwrap();
    let wait = Duration::from_nanos(1999);
    host.skip(wait);
    plugin.main().tick();
    let nanoseconds = u64::try_from((host.now() - Duration::from_nanos(999)).as_nanos()).unwrap();
    let expected = String::from_utf8_lossy(&nanoseconds.to_le_bytes()).into_owned();
    assert_eq!(said(&host), [expected]);
}
