use heliast_wasm_tests::{Action, Connection, Host, Peer, Plugin, PluginConfig};

use crate::guest::{Guest, close, effective, resume, said};

fn connection() -> Connection {
    Connection::mtls("10.0.0.1:1", "10.0.0.2:2", "spiffe://td/ns/a/sa/b")
}

fn host_of(guest: Guest) -> (Host, Plugin) {
    let host = Host::new(&guest.module());
    let plugin = host.configure(PluginConfig::default()).unwrap();
    (host, plugin)
}

#[test]
fn identity_is_not_there_before_the_handshake() {
    let mut guest = Guest::new();
    let steps = [
        guest.property(&["connection", "mtls"]),
        guest.property(&["connection", "uri_san_peer_certificate"]),
        guest.property(&["source", "address"]),
        guest.property(&["upstream", "address"]),
    ];
    let guest = guest
        .on("new_connection", 0, &steps)
        .on("downstream_data", 0, &steps);
    let (host, plugin) = host_of(guest);
    let mut tcp = plugin
        .worker(0)
        .open_tcp(connection().property("upstream.address", "u:1"));
    tcp.new_connection();
    assert_eq!(said(&host), ["\0", "!01", "10.0.0.1:1", "!01"]);
    tcp.downstream_data("x", false);
    assert_eq!(
        said(&host),
        ["\u{1}", "spiffe://td/ns/a/sa/b", "10.0.0.1:1", "u:1"]
    );
    assert_eq!(tcp.sent_upstream(), b"x");
}

#[test]
fn a_pause_at_the_start_holds_data_until_something_resumes() {
    let steps = [Guest::buffer(2)];
    let guest = Guest::new()
        .on("new_connection", 1, &[])
        .on("downstream_data", 0, &steps)
        .on("tick", 0, &[effective(2), resume(2)]);
    let (host, plugin) = host_of(guest);
    let mut tcp = plugin.worker(0).open_tcp(connection());
    assert_eq!(tcp.new_connection().action, Action::Pause);
    assert!(tcp.downstream_data("ab", false).held);
    assert!(tcp.downstream_data("cd", true).held);
    plugin.worker(0).tick();
    assert_eq!(said(&host), ["", "", "abcd"]);
    assert_eq!(tcp.sent_upstream(), b"abcd");
}

#[test]
fn data_collects_while_its_callback_pauses() {
    let guest = Guest::new().on("upstream_data", 1, &[Guest::buffer(3)]);
    let (host, plugin) = host_of(guest);
    let mut tcp = plugin.worker(0).open_tcp(connection());
    tcp.new_connection();
    tcp.upstream_data("ab", false);
    assert_eq!(tcp.upstream_data("cd", false).action, Action::Pause);
    assert_eq!(said(&host), ["ab", "abcd"]);
    assert!(tcp.sent_downstream().is_empty());
}

#[test]
fn closing_ends_with_close_done_log_delete() {
    let guest = Guest::new()
        .on("new_connection", 1, &[close(2)])
        .on("downstream_connection_close", 0, &[])
        .on("done", 1, &[])
        .on("log", 0, &[])
        .on("delete", 0, &[]);
    let (_host, plugin) = host_of(guest);
    let mut tcp = plugin.worker(0).open_tcp(connection());
    let outcome = tcp.new_connection();
    let calls: Vec<&str> = outcome.runs.iter().map(|run| run.callback).collect();
    let expected = [
        "proxy_on_new_connection",
        "proxy_on_downstream_connection_close",
        "proxy_on_done",
        "proxy_on_log",
        "proxy_on_delete",
    ];
    assert_eq!(calls, expected);
    assert!(tcp.is_closed() && tcp.downstream_close(Peer::Remote).runs.is_empty());
}

#[test]
fn a_local_reply_is_ok_and_does_nothing() {
    let mut guest = Guest::new();
    let reply = guest.reply(403, "", "", &[]);
    let (host, plugin) = host_of(guest.on("downstream_data", 0, &[reply]));
    let mut tcp = plugin.worker(0).open_tcp(connection());
    tcp.new_connection();
    tcp.downstream_data("x", false);
    assert_eq!(said(&host), [""]);
    assert!(!tcp.is_closed());
}

#[test]
fn a_dead_vm_closes_connections() {
    let guest = Guest::new().on("downstream_data", 0, &[crate::guest::trap()]);
    let (_host, plugin) = host_of(guest);
    let mut one = plugin.worker(0).open_tcp(connection());
    let mut two = plugin.worker(0).open_tcp(connection());
    one.new_connection();
    two.new_connection();
    one.downstream_data("x", false);
    assert!(one.is_closed() && two.is_closed());
    let mut three = plugin.worker(0).open_tcp(connection());
    three.new_connection();
    assert!(three.is_closed());
}
