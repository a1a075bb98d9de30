use heliast_wasm_tests::{Connection, Host, HostError, HostOptions, Module, PluginConfig, VmRole};

use crate::guest::{Guest, said, tick_every};

fn connection() -> Connection {
    Connection::new("10.0.0.1:1", "10.0.0.2:2")
}

/// A guest that logs its configuration on every callback of the root, and ticks.
fn narrator() -> Module {
    let mut guest = Guest::new();
    let say = |guest: &mut Guest, text: &str| vec![guest.log(text)];
    let created = say(&mut guest, "create");
    let started = say(&mut guest, "start");
    let configured = vec![
        Guest::buffer(7),
        tick_every(1000),
        guest.count("configured", 5),
    ];
    let ticked = say(&mut guest, "tick");
    let done = say(&mut guest, "done");
    let deleted = say(&mut guest, "delete");
    guest
        .on("context_create", 0, &created)
        .on("vm_start", 1, &started)
        .on("configure", 1, &configured)
        .on("tick", 0, &ticked)
        .on("request_headers", 0, &[])
        .on("done", 1, &done)
        .on("delete", 0, &deleted)
        .module()
}

#[test]
fn a_configuration_goes_through_canary_main_and_workers() {
    let host = Host::with_options(
        &narrator(),
        HostOptions {
            workers: 2,
            ..HostOptions::default()
        },
    );
    let plugin = host.configure(PluginConfig::new("v1")).unwrap();
    let order: Vec<VmRole> = plugin
        .startup()
        .iter()
        .filter(|run| run.callback == "proxy_on_configure")
        .map(|run| run.vm)
        .collect();
    assert_eq!(
        order,
        [
            VmRole::Canary,
            VmRole::Main,
            VmRole::Worker(0),
            VmRole::Worker(1)
        ]
    );
    assert_eq!(said(&host).len(), 4 * 4);
    assert_eq!(
        host.metric("configured"),
        Some(20),
        "the canary's count stays"
    );
    host.configure(PluginConfig::new("v1")).unwrap();
    assert_eq!(
        host.metric("configured"),
        Some(20),
        "the same configuration again is none"
    );
}

#[test]
fn the_canary_never_ticks_and_the_main_thread_does() {
    let host = Host::new(&narrator());
    host.configure(PluginConfig::new("v1")).unwrap();
    let runs = host.advance(std::time::Duration::from_millis(2500));
    let ticks: Vec<VmRole> = runs.iter().map(|run| run.vm).collect();
    assert_eq!(
        ticks,
        [
            VmRole::Main,
            VmRole::Worker(0),
            VmRole::Main,
            VmRole::Worker(0)
        ]
    );
}

#[test]
fn an_old_root_lives_until_its_last_stream_has_ended() {
    let host = Host::new(&narrator());
    let old = host.configure(PluginConfig::new("v1")).unwrap();
    let mut stream = old.worker(0).open_stream(connection());
    stream.request_headers([(":path", "/")], true);
    let new = host.configure(PluginConfig::new("v2")).unwrap();
    assert_eq!((old.worker(0).roots(), old.is_retired()), (2, true));
    let ticks = host.advance(std::time::Duration::from_secs(1));
    let on_worker = ticks
        .iter()
        .filter(|run| run.vm == VmRole::Worker(0))
        .count();
    assert_eq!(on_worker, 2, "the old root still ticks");
    said(&host);
    let closing = stream.close();
    let calls: Vec<&str> = closing.runs.iter().map(|run| run.callback).collect();
    let expected = [
        "proxy_on_done",
        "proxy_on_delete",
        "proxy_on_done",
        "proxy_on_delete",
    ];
    assert_eq!(calls, expected, "the stream, then its root");
    assert_eq!(new.worker(0).roots(), 1);
    let mut late = old.worker(0).open_stream(connection());
    late.request_headers([(":path", "/")], true);
    assert_eq!(
        new.worker(0).contexts(),
        2,
        "a late stream goes to the new root"
    );
}

#[test]
fn the_same_vm_gets_a_new_root_and_another_vm_key_a_new_vm() {
    let host = Host::new(&narrator());
    let first = host.configure(PluginConfig::new("v1")).unwrap();
    let second = host.configure(PluginConfig::new("v2")).unwrap();
    let third = PluginConfig {
        vm_configuration: b"2".to_vec(),
        ..PluginConfig::new("v2")
    };
    let third = host.configure(third).unwrap();
    let root = |startup: &[heliast_wasm_tests::Run]| startup.last().unwrap().context;
    assert_eq!((root(first.startup()), root(second.startup())), (1, 2));
    assert_eq!(root(third.startup()), 1);
    assert_eq!(second.worker(0).roots(), 0);
}

#[test]
fn the_canary_refuses_and_the_last_good_configuration_keeps_serving() {
    let mut guest = Guest::new();
    let length = "(if (i32.eq (local.get 1) (i32.const 3)) (then (return (i32.const 0))))";
    let steps = [length.to_owned(), guest.count("configured", 1)];
    let host = Host::new(
        &guest
            .on("configure", 1, &steps)
            .on("request_headers", 0, &[])
            .module(),
    );
    let good = host.configure(PluginConfig::new("good")).unwrap();
    let error = host.configure(PluginConfig::new("bad")).unwrap_err();
    assert!(
        matches!(
            error,
            HostError::Rejected {
                callback: "proxy_on_configure",
                ..
            }
        ),
        "{error}"
    );
    assert!(!good.is_retired());
    assert_eq!(host.metric("configured"), Some(3));
    host.configure(PluginConfig::new("better")).unwrap();
}

#[test]
fn a_root_that_is_not_done_waits_for_proxy_done() {
    let guest = Guest::new()
        .on("done", 0, &[])
        .on("tick", 0, &["(drop (call $done))".to_owned()]);
    let guest = guest.on("configure", 1, &[tick_every(10)]);
    let host = Host::new(&guest.module());
    let plugin = host.configure(PluginConfig::new("v1")).unwrap();
    host.configure(PluginConfig::new("v2")).unwrap();
    assert_eq!(plugin.worker(0).roots(), 2);
    host.advance(std::time::Duration::from_millis(10));
    assert_eq!(plugin.worker(0).roots(), 1);
}

#[test]
fn plugins_of_different_names_share_the_vm() {
    let host = Host::new(&narrator());
    let named = |name: &str| PluginConfig {
        name: name.to_owned(),
        ..PluginConfig::default()
    };
    let one = host.configure(named("inbound")).unwrap();
    host.configure(named("outbound")).unwrap();
    assert_eq!((one.worker(0).roots(), one.is_retired()), (2, false));
}

#[test]
fn host_calls_are_restricted_while_the_module_starts() {
    let module = |body: &str| {
        Guest::new()
            .raw(&format!("(func (export \"_initialize\") {body})"))
            .module()
    };
    let mut host = Host::new(&module(
        "(drop (call $log (i32.const 2) (i32.const 0) (i32.const 0)))",
    ));
    host.configure(PluginConfig::default()).unwrap();
    host = Host::new(&module("(drop (call $set_tick (i32.const 1)))"));
    let error = host
        .configure(PluginConfig::default())
        .unwrap_err()
        .to_string();
    assert!(
        error.contains("restricted_callback: proxy_set_tick_period_milliseconds"),
        "{error}"
    );
}

#[test]
fn envoy_would_not_load_a_module_without_an_abi_or_with_unknown_imports() {
    assert!(matches!(
        Module::load("(module)"),
        Err(HostError::UnknownAbi)
    ));
    assert!(matches!(Module::load("(mod"), Err(HostError::Compile(_))));
    let text = "(module (import \"env\" \"proxy_new\" (func)) (func (export \"proxy_abi_version_0_2_1\")))";
    let module = Module::load(text).unwrap();
    assert_eq!(module.unknown_imports().unwrap(), ["env.proxy_new"]);
    assert!(Guest::new().module().unknown_imports().unwrap().is_empty());
}
