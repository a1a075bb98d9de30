//! Polls that wait.

use super::client::Client;
use super::server::{Folder, pod, policy, until};
use heliast::bundle::DELTA_MEDIA_TYPE;
use std::thread;
use std::time::{Duration, Instant};

#[test]
fn a_poll_wakes_when_the_bundle_changes() {
    let folder = Folder::shop();
    let server = folder.serve();
    let tag = server.ready();
    let mut clients: Vec<Client> = (0..50).map(|_| Client::connect(server.address)).collect();
    for client in &mut clients {
        let headers = [
            ("if-none-match", tag.as_str()),
            ("accept", DELTA_MEDIA_TYPE),
        ];
        client.send("GET", "/v1/bundle?wait=60s", &headers).unwrap();
    }
    waiting(&server, 50.0);
    folder.write("more.yaml", &pod("more", 9));
    for client in &mut clients {
        let delta = client.answer(false).unwrap().json();
        assert_eq!(delta["upsert"][0]["metadata"]["name"], "more");
    }
    waiting(&server, 0.0);
}

#[test]
fn a_poll_ends_with_304_when_its_time_is_over() {
    let folder = Folder::shop();
    let server = folder.serve();
    let tag = server.ready();
    let begin = Instant::now();
    let answer = server.ask("/v1/bundle?wait=300ms", &[("if-none-match", &tag)]);
    assert_eq!(answer.status, 304);
    assert!(begin.elapsed() >= Duration::from_millis(300));
    // Without a revision there is nothing to wait for.
    let begin = Instant::now();
    assert_eq!(server.get("/v1/bundle?wait=60s").status, 200);
    let other = format!("\"{}\"", "0".repeat(64));
    assert_eq!(
        server
            .ask("/v1/bundle?wait=60s", &[("if-none-match", &other)])
            .status,
        200
    );
    assert!(begin.elapsed() < Duration::from_secs(30));
}

#[test]
fn only_those_whose_bundle_changed_are_woken() {
    let folder = Folder::shop();
    folder.write("web.yaml", &policy("web", "GET"));
    let server = folder.serve();
    let tag = server.ready();
    let mut clients: Vec<Client> = ["cart", "web"]
        .into_iter()
        .map(|pod| {
            let path = format!("/v1/bundle/shop/{pod}");
            let tag = server.get(&path).tag();
            let mut client = Client::connect(server.address);
            let path = format!("{path}?wait=60s");
            client
                .send("GET", &path, &[("if-none-match", &tag)])
                .unwrap();
            client
        })
        .collect();
    waiting(&server, 2.0);
    folder.write("web.yaml", &policy("web", "PUT"));
    server.changed(&tag);
    let answer = clients[1].answer(false).unwrap();
    assert!(answer.text().contains("PUT"));
    waiting(&server, 1.0);
    thread::sleep(Duration::from_millis(300));
    waiting(&server, 1.0);
}

#[test]
fn a_poll_for_a_pod_that_goes_is_told_so() {
    let folder = Folder::shop();
    folder.write("extra.yaml", &pod("extra", 9));
    let server = folder.serve();
    server.ready();
    let tag = server.get("/v1/bundle/shop/extra").tag();
    let mut client = Client::connect(server.address);
    let path = "/v1/bundle/shop/extra?wait=60s";
    client
        .send("GET", path, &[("if-none-match", &tag)])
        .unwrap();
    waiting(&server, 1.0);
    folder.remove("extra.yaml");
    assert_eq!(client.answer(false).unwrap().status, 404);
    assert_eq!(server.metric("heliast_serve_pruned_bundles"), Some(0.0));
    // And is there again when the pod is.
    folder.write("extra.yaml", &pod("extra", 9));
    until("the pod is back", || {
        let answer = client.ask("GET", "/v1/bundle/shop/extra", &[]);
        (answer.status == 200).then_some(()).ok_or(answer.text())
    });
}

#[test]
fn a_client_that_leaves_is_waited_for_no_longer() {
    let folder = Folder::shop();
    let server = folder.serve();
    let tag = server.ready();
    let mut client = Client::connect(server.address);
    client
        .send("GET", "/v1/bundle?wait=60s", &[("if-none-match", &tag)])
        .unwrap();
    waiting(&server, 1.0);
    drop(client);
    waiting(&server, 0.0);
}

#[test]
fn the_end_of_the_server_is_the_end_of_every_poll() {
    let folder = Folder::shop();
    let mut server = folder.serve();
    let tag = server.ready();
    let mut clients: Vec<Client> = (0..20).map(|_| Client::connect(server.address)).collect();
    for client in &mut clients {
        client
            .send("GET", "/v1/bundle?wait=300s", &[("if-none-match", &tag)])
            .unwrap();
    }
    // Some only hold a connection.
    let mut idle: Vec<Client> = (0..5).map(|_| Client::connect(server.address)).collect();
    waiting(&server, 20.0);
    server.terminate();
    for client in &mut clients {
        assert_eq!(client.answer(false).unwrap().status, 304);
        assert!(client.is_closed());
    }
    for client in &mut idle {
        assert!(client.is_closed());
    }
    let begin = Instant::now();
    assert!(server.ended().success());
    assert!(begin.elapsed() < Duration::from_secs(20));
}

/// Waits until so many polls wait.
#[track_caller]
fn waiting(server: &super::server::Server, count: f64) {
    until("polls wait", || {
        let waiting = server.metric("heliast_serve_waiting_polls");
        (waiting == Some(count))
            .then_some(())
            .ok_or_else(|| format!("{waiting:?}"))
    });
}
