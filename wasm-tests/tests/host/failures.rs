use std::time::Duration;

use heliast_wasm_tests::{
    Action, Connection, FAIL_STREAM_DETAILS, FailurePolicy, Host, HostError, HostOptions, Module,
    PluginConfig,
};

use crate::guest::{Guest, said, trap};

fn connection() -> Connection {
    Connection::new("10.0.0.1:1", "10.0.0.2:2")
}

/// Traps on requests with the header `x-trap`, in the given callback.
fn fragile() -> Module {
    let mut guest = Guest::new();
    let name = guest.data("x-trap");
    let found = format!("(call $get_header (i32.const 0) {name} (i32.const 16) (i32.const 20))");
    let step = format!("(if (i32.eqz {found}) (then unreachable))");
    guest.on("request_headers", 0, &[step]).module()
}

fn policy(failure_policy: FailurePolicy) -> PluginConfig {
    PluginConfig {
        failure_policy,
        ..PluginConfig::default()
    }
}

#[test]
fn a_trap_takes_every_stream_of_its_vm_and_no_other() {
    let host = Host::with_options(
        &fragile(),
        HostOptions {
            workers: 2,
            ..HostOptions::default()
        },
    );
    let plugin = host.configure(policy(FailurePolicy::FailClosed)).unwrap();
    let mut in_flight = plugin.worker(0).open_stream(connection());
    assert_eq!(
        in_flight.request_headers([(":path", "/")], false).action,
        Action::Continue
    );
    let mut bad = plugin.worker(0).open_stream(connection());
    let outcome = bad.request_headers([("x-trap", "1")], true);
    assert!(
        outcome.trap().unwrap().contains("unreachable"),
        "{outcome:?}"
    );
    let mut later = plugin.worker(0).open_stream(connection());
    later.request_headers([(":path", "/")], true);
    for stream in [&in_flight, &bad, &later] {
        let reply = stream.reply().unwrap();
        assert_eq!(
            (reply.status, reply.details.as_str()),
            (503, FAIL_STREAM_DETAILS)
        );
        assert_eq!(stream.response().unwrap().status(), Some(503));
    }
    assert!(plugin.worker(0).failure().is_some());
    let mut other = plugin.worker(1).open_stream(connection());
    assert!(
        other
            .request_headers([(":path", "/")], true)
            .reply
            .is_none()
    );
}

#[test]
fn fail_open_lets_later_requests_past() {
    let host = Host::new(&fragile());
    let plugin = host.configure(policy(FailurePolicy::FailOpen)).unwrap();
    let mut bad = plugin.worker(0).open_stream(connection());
    assert!(bad.request_headers([("x-trap", "1")], true).reply.is_some());
    let mut later = plugin.worker(0).open_stream(connection());
    let outcome = later.request_headers([("x-trap", "1")], true);
    assert_eq!((outcome.action, outcome.runs.len()), (Action::Continue, 0));
    assert!(later.upstream_request().is_some());
}

#[test]
fn fail_reload_brings_a_fresh_vm_after_the_backoff() {
    let backoff = Duration::from_secs(1);
    let host = Host::new(&fragile());
    let plugin = host
        .configure(policy(FailurePolicy::FailReload { backoff }))
        .unwrap();
    let mut bad = plugin.worker(0).open_stream(connection());
    bad.request_headers([("x-trap", "1")], true);
    let mut early = plugin.worker(0).open_stream(connection());
    assert_eq!(
        early
            .request_headers([(":path", "/")], true)
            .reply
            .map(|reply| reply.status),
        Some(503)
    );
    host.skip(backoff);
    let mut later = plugin.worker(0).open_stream(connection());
    assert!(
        later
            .request_headers([(":path", "/")], true)
            .reply
            .is_none()
    );
    assert_eq!(plugin.worker(0).failure(), None);
}

#[test]
fn a_new_configuration_neither_revives_a_dead_vm_nor_lets_requests_past_it() {
    let host = Host::new(&fragile());
    let plugin = host.configure(PluginConfig::new("v1")).unwrap();
    let mut bad = plugin.worker(0).open_stream(connection());
    bad.request_headers([("x-trap", "1")], true);
    let plugin = host.configure(PluginConfig::new("v2")).unwrap();
    assert!(!plugin.worker(0).bypassed());
    let mut later = plugin.worker(0).open_stream(connection());
    let reply = later.request_headers([(":path", "/")], true).reply;
    assert_eq!(reply.map(|reply| reply.status), Some(503));
    let fresh = PluginConfig {
        vm_id: "fresh".to_owned(),
        ..PluginConfig::new("v2")
    };
    let plugin = host.configure(fresh).unwrap();
    let mut healed = plugin.worker(0).open_stream(connection());
    assert!(
        healed
            .request_headers([(":path", "/")], true)
            .reply
            .is_none()
    );
}

#[test]
fn a_failed_reload_answers_503_and_is_tried_again_after_the_backoff() {
    let mut guest = Guest::new();
    // Configures only while the shared value `broken` is not there.
    let key = guest.data("broken");
    let get = format!("(call $get_shared {key} (i32.const 16) (i32.const 20) (i32.const 24))");
    let refuse = format!("(if (i32.eqz {get}) (then (return (i32.const 0))))");
    let set = guest.set_shared("broken", "1", 0);
    let guest = guest
        .on("configure", 1, &[refuse])
        .on("request_headers", 0, &[set, trap()]);
    let host = Host::new(&guest.module());
    let backoff = Duration::from_millis(200);
    let plugin = host
        .configure(policy(FailurePolicy::FailReload { backoff }))
        .unwrap();
    for _ in 0..3 {
        let mut stream = plugin.worker(0).open_stream(connection());
        let reply = stream.request_headers([(":path", "/")], true).reply;
        assert_eq!(reply.map(|reply| reply.status), Some(503));
        host.skip(backoff);
    }
    let refusals = said(&host)
        .iter()
        .filter(|line| line.contains("answered false"))
        .count();
    assert!(refusals >= 2, "{refusals}");
}

#[test]
fn a_failure_on_a_worker_after_the_canary_lets_requests_past_and_poisons_the_vm_key() {
    let mut guest = Guest::new();
    // The second VM to configure finds what the first has written, and traps.
    let key = guest.data("seen");
    let get = format!("(call $get_shared {key} (i32.const 16) (i32.const 20) (i32.const 24))");
    let steps = [
        format!("(if (i32.eqz {get}) (then unreachable))"),
        guest.set_shared("seen", "1", 0),
    ];
    let host = Host::new(
        &guest
            .on("configure", 1, &steps)
            .on("request_headers", 1, &[])
            .module(),
    );
    let plugin = host.configure(PluginConfig::new("v1")).unwrap();
    assert!(plugin.worker(0).bypassed());
    let mut stream = plugin.worker(0).open_stream(connection());
    assert_eq!(
        stream.request_headers([(":path", "/")], true).action,
        Action::Continue
    );
    assert!(stream.upstream_request().is_some());
    assert!(matches!(
        host.configure(PluginConfig::new("v2")),
        Err(HostError::Poisoned)
    ));
    let fresh = PluginConfig {
        vm_id: "fresh".to_owned(),
        ..PluginConfig::new("v2")
    };
    host.configure(fresh).unwrap();
}

#[test]
fn a_trap_in_log_lets_the_reply_out_and_then_kills() {
    let mut guest = Guest::new();
    let reply = guest.reply(403, "denied", "", &[]);
    let guest = guest
        .on("request_headers", 0, &[reply])
        .on("log", 0, &[trap()]);
    let host = Host::new(&guest.module());
    let plugin = host.configure(PluginConfig::default()).unwrap();
    let mut stream = plugin.worker(0).open_stream(connection());
    let outcome = stream.request_headers([(":path", "/")], true);
    assert_eq!(outcome.reply.clone().map(|reply| reply.status), Some(403));
    assert!(outcome.trap().is_some());
    assert_eq!(stream.response().unwrap().status(), Some(403));
    let mut later = plugin.worker(0).open_stream(connection());
    assert_eq!(
        later
            .request_headers([(":path", "/")], true)
            .reply
            .map(|reply| reply.status),
        Some(503)
    );
}

#[test]
fn a_trap_after_the_response_began_resets_the_stream() {
    let guest = Guest::new().on("response_body", 0, &[trap()]);
    let host = Host::new(&guest.module());
    let plugin = host.configure(PluginConfig::default()).unwrap();
    let mut stream = plugin.worker(0).open_stream(connection());
    stream.request_headers([(":path", "/")], true);
    stream.response_headers([(":status", "200")], false);
    stream.response_body("x", true);
    assert!(stream.was_reset() && stream.reply().is_none());
}

#[test]
fn an_unknown_import_traps_with_its_name() {
    let text = r#"(module (import "env" "proxy_new" (func $new)) (memory (export "memory") 1)
        (func (export "proxy_abi_version_0_2_1"))
        (func (export "proxy_on_tick") (param i32) (call $new)))"#;
    let host = Host::new(&Module::load(text).unwrap());
    let plugin = host.configure(PluginConfig::default()).unwrap();
    let runs = plugin.worker(0).tick();
    assert!(
        runs[0].trap.as_ref().unwrap().contains("proxy_new"),
        "{runs:?}"
    );
    assert_eq!(said(&host).len(), 1, "the trap is logged");
}

#[test]
fn an_endless_loop_runs_out_of_fuel() {
    let guest = Guest::new().on("tick", 0, &["(loop $again (br $again))".to_owned()]);
    let options = HostOptions {
        fuel_per_callback: 10_000,
        ..HostOptions::default()
    };
    let host = Host::with_options(&guest.module(), options);
    let plugin = host.configure(PluginConfig::default()).unwrap();
    let runs = plugin.worker(0).tick();
    assert!(runs[0].trap.as_ref().unwrap().contains("fuel"), "{runs:?}");
}

#[test]
fn memory_is_bounded() {
    let grow = "(if (i32.ne (memory.grow (i32.const 1)) (i32.const -1)) (then unreachable))";
    let guest = Guest::new().on("tick", 0, &[grow.to_owned()]);
    let options = HostOptions {
        memory_per_vm: 4 << 16,
        ..HostOptions::default()
    };
    let host = Host::with_options(&guest.module(), options);
    let plugin = host.configure(PluginConfig::default()).unwrap();
    let runs = plugin.worker(0).tick();
    assert_eq!((runs[0].trap.as_ref(), runs[0].memory_pages), (None, 4));
}

#[test]
fn without_its_capability_a_callback_is_not_called_and_a_host_call_fails() {
    let mut guest = Guest::new();
    let steps = [guest.property(&["source", "address"])];
    let guest = guest
        .on("request_headers", 1, &steps)
        .on("response_headers", 0, &steps);
    let host = Host::new(&guest.module());
    let allowed = ["proxy_on_response_headers", "proxy_log"]
        .map(str::to_owned)
        .into();
    let config = PluginConfig {
        capabilities: Some(allowed),
        ..PluginConfig::default()
    };
    let plugin = host.configure(config).unwrap();
    let mut stream = plugin.worker(0).open_stream(connection());
    let outcome = stream.request_headers([(":path", "/")], true);
    assert_eq!((outcome.action, outcome.runs.len()), (Action::Continue, 0));
    stream.response_headers([(":status", "200")], true);
    assert_eq!(said(&host)[1], "!10");
}
