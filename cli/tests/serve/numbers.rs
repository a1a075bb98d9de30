//! Which place in the order of bundles each revision has.

use super::server::{Folder, Server, command, pod, policy, until};
use serde_json::Value;
use std::fs;

/// Epoch and number of what is served.
fn order(server: &Server) -> (u64, u64) {
    server.ready();
    let bundle = server.get("/v1/bundle").json();
    let number = bundle["sequence"].as_u64().unwrap();
    (bundle["epoch"].as_u64().unwrap_or(0), number)
}

fn start(folder: &Folder, more: &[&str]) -> Server {
    let path = folder.path().to_str().unwrap();
    Server::start(&[&[path], more].concat())
}

#[test]
fn the_count_is_kept_beside_the_files() {
    let folder = Folder::shop();
    let server = start(&folder, &[]);
    let (epoch, first) = order(&server);
    assert_eq!(epoch, 0);
    assert!(
        first > 1_700_000_000_000,
        "above the milliseconds of before"
    );
    let tag = server.ready();
    folder.replace("policy.yaml", &policy("cart", "PUT"));
    server.changed(&tag);
    assert_eq!(order(&server), (0, first + 1));
    drop(server);
    let again = start(&folder, &[]);
    assert_eq!(order(&again), (0, first + 1), "the files are the same");
    drop(again);
    folder.replace("policy.yaml", &policy("cart", "HEAD"));
    let again = start(&folder, &[]);
    assert_eq!(order(&again), (0, first + 2));
    assert_eq!(again.names().len(), 4, "the count is no manifest");
    drop(again);
    let raised = start(&folder, &["--epoch", "3"]);
    let (epoch, number) = order(&raised);
    assert_eq!(epoch, 3);
    assert!(number > first);
    drop(raised);
    let path = folder.path().to_str().unwrap();
    let lower = command(&[path, "--epoch", "2", "--listen", "127.0.0.1:0"]);
    let ran = { lower }.output().unwrap();
    assert_eq!(ran.status.code(), Some(2));
    let said = String::from_utf8(ran.stderr).unwrap();
    assert!(said.contains("start with --epoch 3"), "{said}");
}

#[test]
fn a_pruned_bundle_has_the_place_of_the_change() {
    let folder = Folder::shop();
    let server = start(&folder, &["--epoch", "7"]);
    let (_, number) = order(&server);
    let cart = server.get("/v1/bundle/shop/cart").json();
    assert_eq!(cart["epoch"], 7);
    assert_eq!(cart["sequence"], number);
    let status = server.status();
    assert_eq!(status["bundle"]["epoch"], 7);
    assert_eq!(status["bundle"]["sequence"], number);
    assert_eq!(server.metric("heliast_serve_bundle_epoch"), Some(7.0));
}

#[test]
fn a_count_that_cannot_be_kept_is_said_and_begins_with_the_time() {
    let folder = Folder::shop();
    let server = start(&folder, &["--sequence-counter", "/no/such/folder/count"]);
    let (_, number) = order(&server);
    assert!(number > 1_700_000_000_000);
    server.says("cannot be kept");
    let broken = folder.file(".count");
    fs::write(&broken, "seven").unwrap();
    let path = folder.path().to_str().unwrap();
    let count = broken.to_str().unwrap();
    let ran = command(&[path, "--sequence-counter", count])
        .output()
        .unwrap();
    assert_eq!(ran.status.code(), Some(2));
    let said = String::from_utf8(ran.stderr).unwrap();
    assert!(
        said.contains("no count of bundles") && said.contains("raise --epoch"),
        "{said}"
    );
}

/// The error of the source, once there is one of this kind.
fn unnumbered(server: &Server) -> Value {
    until("the change has no number", || {
        let status = server.status();
        let problem = status["source"]["error"]["problems"][0].clone();
        let is_it = problem["code"] == "no-higher-number";
        is_it.then_some(problem).ok_or_else(|| status.to_string())
    })
}

#[test]
fn a_number_from_a_file_must_rise_with_the_policy() {
    let folder = Folder::shop();
    folder.write("commits", "41\n");
    let file = folder.file("commits");
    let server = start(&folder, &["--sequence-file", file.to_str().unwrap()]);
    assert_eq!(order(&server), (0, 41));
    let tag = server.ready();
    folder.replace("policy.yaml", &policy("cart", "PUT"));
    let problem = unnumbered(&server);
    let message = problem["message"].as_str().unwrap();
    assert!(message.contains("41 was served already"), "{message}");
    assert_eq!(server.ready(), tag, "what was served is served on");
    folder.replace("commits", "40");
    assert_eq!(server.ready(), tag);
    folder.replace("commits", "42 commits");
    server.changed(&tag);
    assert_eq!(order(&server), (0, 42));
    server.mended();
    let tag = server.ready();
    folder.remove("commits");
    folder.write("more.yaml", &pod("more", 9));
    let problem = unnumbered(&server);
    let message = problem["message"].as_str().unwrap();
    assert!(message.contains("no such file"), "{message}");
    folder.write("commits", "43");
    server.changed(&tag);
    assert_eq!(order(&server), (0, 43));
}

#[test]
fn a_given_number_is_that_of_files_that_do_not_change() {
    let folder = Folder::shop();
    let server = start(&folder, &["--sequence", "9", "--epoch", "1"]);
    assert_eq!(order(&server), (1, 9));
    let tag = server.ready();
    folder.replace("policy.yaml", &policy("cart", "PUT"));
    let problem = unnumbered(&server);
    assert!(
        problem["help"]
            .as_str()
            .unwrap()
            .contains("--sequence-file")
    );
    assert_eq!(server.ready(), tag);
}
