//! Clients that ask for too much, or hold on to what they have.

use super::client::Client;
use super::server::{Folder, PATIENCE, Server, pod, until};
use std::io::{Read, Write};
use std::net::TcpStream;
use std::thread;
use std::time::{Duration, Instant};

#[test]
fn what_is_too_long_is_refused() {
    let folder = Folder::shop();
    let server = folder.serve();
    server.ready();
    let long = "x".repeat(3000);
    assert_eq!(server.get(&format!("/v1/bundle/shop/{long}")).status, 414);
    assert_eq!(server.get(&format!("/v1/bundle?{long}")).status, 414);
    let huge = "x".repeat(100_000);
    assert_eq!(status(&server, &huge, &[]), Some(431));
    assert_eq!(status(&server, "", &[("x-long", &huge)]), Some(431));
    let many: Vec<(String, String)> = (0..200)
        .map(|number| (format!("x-{number}"), "1".to_owned()))
        .collect();
    let many: Vec<(&str, &str)> = many
        .iter()
        .map(|(name, value)| (name.as_str(), value.as_str()))
        .collect();
    assert_eq!(status(&server, "", &many), Some(431));
    server.ready();
}

/// The status of a request that the server may stop to read half way.
fn status(server: &Server, path: &str, headers: &[(&str, &str)]) -> Option<u16> {
    let mut client = Client::connect(server.address);
    let _may_be_cut = client.send("GET", &format!("/v1/bundle/{path}"), headers);
    client.answer(false).ok().map(|answer| answer.status)
}

#[test]
fn a_body_is_refused_and_not_read() {
    let folder = Folder::shop();
    let server = folder.serve();
    server.ready();
    for headers in [
        [("content-length", "100000000000")],
        [("transfer-encoding", "chunked")],
    ] {
        let mut client = Client::connect(server.address);
        let answer = client.ask("GET", "/v1/bundle", &headers);
        assert_eq!(answer.status, 413);
        assert!(client.is_closed());
    }
    let mut client = Client::connect(server.health);
    assert_eq!(
        client
            .ask("GET", "/healthz", &[("content-length", "0")])
            .status,
        200
    );
}

#[test]
fn a_client_that_does_not_finish_its_request_is_let_go() {
    let folder = Folder::shop();
    let server = folder.serve();
    server.ready();
    let begin = Instant::now();
    let mut slow = TcpStream::connect(server.address).unwrap();
    slow.set_read_timeout(Some(PATIENCE)).unwrap();
    let mut writer = slow.try_clone().unwrap();
    // A byte now and then: never idle, and never done.
    let drip = thread::spawn(move || {
        let text = b"GET /v1/bundle HTTP/1.1\r\nhost: a\r\nx-slow: ";
        let mut bytes = text.iter().chain(std::iter::repeat(&b'x'));
        while begin.elapsed() < PATIENCE && writer.write_all(&[*bytes.next().unwrap()]).is_ok() {
            thread::sleep(Duration::from_millis(100));
        }
    });
    let mut rest = Vec::new();
    let _reset_is_an_end_too = slow.read_to_end(&mut rest);
    assert!(begin.elapsed() < PATIENCE, "it was never let go");
    drip.join().unwrap();
    assert_eq!(server.get("/healthz").status, 200);
}

#[test]
fn a_client_that_does_not_read_is_let_go() {
    let folder = Folder::empty();
    // More than fits into the buffers between the two.
    let pods: Vec<String> = (0..4_000)
        .map(|number| pod(&format!("p{number}"), number))
        .collect();
    folder.write("pods.yaml", &pods.concat());
    let server = folder.serve();
    server.ready();
    let mut client = Client::connect(server.address);
    for _ in 0..60 {
        client.send("GET", "/v1/bundle", &[]).unwrap();
    }
    let connected = |server: &Server| server.metric("heliast_serve_connections").unwrap();
    assert!(connected(&server) >= 2.0);
    let begin = Instant::now();
    while connected(&server) > 1.0 {
        assert!(begin.elapsed() < 3 * PATIENCE, "it was never let go");
        thread::sleep(Duration::from_millis(200));
    }
    drop(client);
}

#[test]
fn connections_are_bounded_and_come_free_again() {
    let folder = Folder::shop();
    let path = folder.path().to_str().unwrap();
    let server = Server::start(&[path, "--max-connections-per-peer", "5"]);
    server.ready();
    let mut flood: Vec<Client> = (0..40).map(|_| Client::connect(server.health)).collect();
    let answers = flood.iter_mut().map(|client| {
        let sent = client.send("GET", "/healthz", &[]);
        sent.is_ok()
            && client
                .answer(false)
                .is_ok_and(|answer| answer.status == 200)
    });
    let admitted = answers.filter(|is_admitted| *is_admitted).count();
    assert!((1..=5).contains(&admitted), "{admitted}");
    drop(flood);
    until("there is room again", || {
        let mut client = Client::connect(server.health);
        let sent = client.send("GET", "/healthz", &[]);
        sent.and_then(|()| client.answer(false))
            .map(|_| ())
            .map_err(|error| error.to_string())
    });
    let name = "heliast_serve_refused_connections_total{reason=\"too_many_of_peer\"}";
    assert!(server.metric(name).unwrap() >= 35.0);
}

#[test]
fn requests_are_bounded_by_rate() {
    let folder = Folder::shop();
    let path = folder.path().to_str().unwrap();
    let server = Server::start(&[path, "--max-request-rate", "2"]);
    let mut client = Client::connect(server.health);
    let begin = Instant::now();
    let answers: Vec<_> = (0..200)
        .map(|_| client.ask("GET", "/healthz", &[]))
        .collect();
    let admitted = answers.iter().filter(|answer| answer.status == 200).count();
    let refused: Vec<_> = answers
        .iter()
        .filter(|answer| answer.status == 429)
        .collect();
    assert_eq!(admitted + refused.len(), 200);
    let allowance = 20 + 2 * usize::try_from(begin.elapsed().as_secs() + 1).unwrap();
    assert!(
        (20..=allowance).contains(&admitted),
        "{admitted} of {allowance}"
    );
    assert_eq!(refused[0].header("retry-after"), Some("1"));
    until("it is admitted again", || {
        let answer = client.ask("GET", "/healthz", &[]);
        (answer.status == 200).then_some(()).ok_or(answer.text())
    });
}

#[test]
fn pruned_bundles_that_nobody_waits_for_are_bounded() {
    let folder = Folder::empty();
    let pods: Vec<String> = (0..10)
        .map(|number| pod(&format!("p{number}"), number))
        .collect();
    folder.write("pods.yaml", &pods.concat());
    let server = Server::start(&[folder.path().to_str().unwrap(), "--max-pruned", "3"]);
    server.ready();
    for round in 0..2 {
        for number in 0..10 {
            let answer = server.get(&format!("/v1/bundle/shop/p{number}"));
            assert_eq!(answer.status, 200, "{round}: {number}");
        }
    }
    assert_eq!(server.metric("heliast_serve_pruned_bundles"), Some(3.0));
}
