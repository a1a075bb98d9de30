use heliast_wasm_tests::{Connection, Host, HostOptions, PluginConfig, VmRole};

use crate::guest::{Guest, report, said};

#[test]
fn shared_data_is_common_to_all_vms_and_survives_the_canary() {
    let mut guest = Guest::new();
    let steps = [guest.get_shared("k"), guest.set_shared("k", "v", 99)];
    let host = Host::new(&guest.on("configure", 1, &steps).module());
    let config = PluginConfig {
        vm_id: "vm".to_owned(),
        ..PluginConfig::default()
    };
    host.configure(config).unwrap();
    // Missing for the canary, whose CAS is ignored; there for the others, whose CAS is wrong.
    assert_eq!(said(&host), ["!01", "", "v", "!08", "v", "!08"]);
    assert_eq!(host.shared_data("vm", "k"), Some((b"v".to_vec(), 1)));
    assert_eq!(host.shared_data("", "k"), None);
}

#[test]
fn an_empty_value_is_there() {
    let mut guest = Guest::new();
    let steps = [guest.get_shared("k")];
    let host = Host::new(&guest.on("configure", 1, &steps).module());
    host.set_shared_data("", "k", "");
    host.configure(PluginConfig::default()).unwrap();
    assert_eq!(said(&host), ["", "", ""]);
}

#[test]
fn a_queue_item_goes_to_the_vm_that_registered_last() {
    let mut guest = Guest::new();
    let name = guest.data("q");
    let register = format!("(drop (call $register_queue {name} (i32.const 40)))");
    let item = guest.data("item");
    let enqueue = report(&format!("(call $enqueue (i32.const 1) {item})"));
    let dequeue = report("(call $dequeue (local.get 1) (i32.const 16) (i32.const 20))");
    let guest = guest
        .on("configure", 1, &[register])
        .on("request_headers", 0, &[enqueue])
        .on("queue_ready", 0, &[dequeue.clone(), dequeue]);
    let host = Host::with_options(
        &guest.module(),
        HostOptions {
            workers: 2,
            ..HostOptions::default()
        },
    );
    let plugin = host.configure(PluginConfig::default()).unwrap();
    let mut stream = plugin.worker(0).open_stream(Connection::new("a:1", "b:2"));
    stream.request_headers([(":path", "/")], true);
    let runs = host.deliver_queues();
    assert_eq!(
        runs.iter().map(|run| run.vm).collect::<Vec<_>>(),
        [VmRole::Worker(1)]
    );
    assert_eq!(said(&host), ["", "item", "!07"]);
}

#[test]
fn foreign_functions_are_not_found_unless_registered() {
    let mut guest = Guest::new();
    let steps = [guest.foreign("upper", "abc")];
    let host = Host::new(&guest.on("tick", 0, &steps).module());
    let plugin = host.configure(PluginConfig::default()).unwrap();
    plugin.worker(0).tick();
    host.set_foreign_function("upper", |bytes| Ok(bytes.to_ascii_uppercase()));
    plugin.worker(0).tick();
    assert_eq!(said(&host), ["!01", "ABC"]);
}

#[test]
fn grpc_always_fails() {
    let steps = [report("(call $grpc_cancel (i32.const 1))")];
    let host = Host::new(&Guest::new().on("tick", 0, &steps).module());
    host.configure(PluginConfig::default())
        .unwrap()
        .worker(0)
        .tick();
    assert_eq!(said(&host), ["!10"]);
}
