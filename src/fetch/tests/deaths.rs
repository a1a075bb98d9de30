//! What a VM died over is left alone for a while, and who comes after it has what was there.

use super::world::{Server, Workers};
use crate::fetch::{News, RefusalKind};
use serde_json::json;

const PODS: usize = 3_000;

/// Workers that have the first bundle of a server.
fn following(count: usize) -> (Server, Workers) {
    let mut server = Server::new(PODS);
    server.deltas = false;
    let mut workers = Workers::new(count, &json!({}));
    workers.rounds(400, |poll| Some(server.answer(poll)));
    assert!(workers.all_have(&server));
    (server, workers)
}

fn notes(workers: &Workers) -> usize {
    let shared = workers.world.shared.borrow();
    let found = shared.iter().find(|(key, _)| key.ends_with("/notes"));
    found.map_or(0, |(_, (value, _))| {
        value.iter().filter(|byte| **byte == b'\n').count()
    })
}

/// The VM of the worker that takes something in dies; another comes into its place.
fn die(workers: &mut Workers, server: &Server) -> usize {
    for _ in 0..400 {
        workers.round(&mut |poll| Some(server.answer(poll)));
        if notes(workers) > 0 {
            let dying = workers.list.iter().position(|worker| worker.is_busy());
            let dying = dying.unwrap();
            workers.list.remove(dying);
            let fresh = Workers::new(1, &json!({})).list.remove(0);
            workers.list.push(fresh);
            return dying;
        }
    }
    panic!("nobody takes anything in");
}

fn crashes(workers: &mut Workers) -> usize {
    let news = workers.news.drain(..);
    news.filter(|news| matches!(news, News::Refused(refusal) if refusal.kind == RefusalKind::Crash))
        .count()
}

#[test]
fn what_a_vm_died_over_is_left_alone_for_ten_minutes() {
    let (mut server, mut workers) = following(2);
    let good = server.clone();
    server.set(1, "deadly");
    die(&mut workers, &server);
    workers.news.clear();
    // A new VM does not come at once: Envoy waits a second before it starts one.
    workers.world.now.set(workers.world.now.get() + 1_000);
    // Nine minutes of ticks, a second each.
    for _ in 0..540 {
        workers.round(&mut |poll| Some(server.answer(poll)));
        workers.world.now.set(workers.world.now.get() + 950);
    }
    assert!(
        workers.all_have(&good),
        "the fresh worker has what was there"
    );
    assert!(crashes(&mut workers) > 0);
    for _ in 0..400 {
        workers.round(&mut |poll| Some(server.answer(poll)));
        workers.world.now.set(workers.world.now.get() + 950);
    }
    assert!(workers.all_have(&server), "it is tried again");
    assert_eq!(notes(&workers), 0);
}

#[test]
fn another_revision_is_taken_meanwhile() {
    let (mut server, mut workers) = following(2);
    server.set(1, "deadly");
    die(&mut workers, &server);
    workers.world.now.set(workers.world.now.get() + 3_000);
    server.set(1, "well");
    workers.rounds(1_000, |poll| Some(server.answer(poll)));
    assert!(workers.all_have(&server));
}

#[test]
fn notes_are_taken_back() {
    let (mut server, mut workers) = following(3);
    assert_eq!(notes(&workers), 0);
    for color in ["red", "blue"] {
        server.set(1, color);
        workers.rounds(400, |poll| Some(server.answer(poll)));
        assert!(workers.all_have(&server));
        assert_eq!(notes(&workers), 0, "{color}");
    }
}

#[test]
fn a_note_stands_until_what_was_taken_in_is_prepared_too() {
    let mut server = Server::new(5);
    let mut workers = Workers::new(1, &json!({}));
    workers.rounds(40, |poll| Some(server.answer(poll)));
    let token = workers.list[0].preparing();
    server.set(1, "new");
    workers.rounds(80, |poll| Some(server.answer(poll)));
    assert!(workers.all_have(&server));
    assert_eq!(notes(&workers), 1);
    let late = Workers::new(1, &json!({})).list.remove(0);
    workers.list.push(late);
    workers.rounds(20, |_| None);
    assert!(!workers.all_have(&server), "it is not posted yet");
    drop(token);
    workers.rounds(20, |_| None);
    assert!(workers.all_have(&server));
    assert_eq!(notes(&workers), 0);
}

#[test]
fn the_first_tick_of_a_fresh_vm_takes_what_is_there() {
    let mut server = Server::new(5);
    let mut workers = Workers::new(1, &json!({}));
    workers.rounds(40, |poll| Some(server.answer(poll)));
    for color in ["red", "blue"] {
        server.set(1, color);
        workers.rounds(40, |poll| Some(server.answer(poll)));
    }
    // All VMs die, and the server is gone.
    workers.list = Workers::new(1, &json!({})).list;
    assert!(workers.list[0].is_told(&workers.world));
    workers.tick(0);
    assert!(
        workers.list[0].bundle().is_none(),
        "two changes are missing"
    );
    workers.tick(0);
    assert!(workers.list[0].bundle().is_none(), "one change is missing");
    workers.tick(0);
    assert!(workers.all_have(&server));
}

#[test]
fn the_whole_is_posted_anew_before_its_deltas_are_too_many() {
    let mut server = Server::new(5);
    let mut workers = Workers::new(1, &json!({"pollInterval": "1s"}));
    workers.rounds(40, |poll| Some(server.answer(poll)));
    for change in 0..600 {
        server.set(change % 5, &change.to_string());
        for _ in 0..60 {
            workers.round(&mut |poll| Some(server.answer(poll)));
            if workers.all_have(&server) {
                break;
            }
        }
        assert!(workers.all_have(&server), "{change}");
    }
    workers.rounds(60, |_| None);
    workers.list = Workers::new(1, &json!({})).list;
    workers.rounds(300, |_| None);
    assert!(workers.all_have(&server), "nobody can be asked");
}
