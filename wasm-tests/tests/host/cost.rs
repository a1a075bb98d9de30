use heliast_wasm_tests::{Connection, Host, Outcome, PluginConfig};

use crate::guest::Guest;

fn measured() -> Outcome {
    let mut guest = Guest::new();
    let steps = [
        guest.property(&["source", "address"]),
        guest.property(&["none"]),
        Guest::pairs(0),
        guest.set_property("verdict", "allow"),
    ];
    let host = Host::new(&guest.on("request_headers", 0, &steps).module());
    let plugin = host.configure(PluginConfig::default()).unwrap();
    let mut stream = plugin.worker(0).open_stream(Connection::new("a:1", "b:2"));
    stream.request_headers([(":path", "/")], true)
}

#[test]
fn host_calls_are_counted_by_kind() {
    let outcome = measured();
    let calls = outcome.calls();
    assert_eq!(calls.count("proxy_get_property"), 2);
    assert_eq!(calls.count("proxy_get_header_map_pairs"), 1);
    assert_eq!(calls.count("proxy_set_property"), 1);
    assert_eq!(
        (calls.total(), calls.allocations()),
        (8, 2),
        "with four log lines"
    );
    assert_eq!(calls.nanoseconds(), 8 * 100 + 2 * 800);
    let run = outcome.run("proxy_on_request_headers").unwrap();
    assert_eq!((run.memory_pages, run.calls == calls), (4, true));
}

#[test]
fn fuel_is_the_same_for_the_same_input() {
    let fuel = measured().fuel();
    assert!(fuel > 0);
    assert_eq!(measured().fuel(), fuel);
}
