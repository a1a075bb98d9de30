//! What another worker of the process has posted, and what becomes of it.

use super::world::{Reply, Server, Workers};
use crate::fetch::{News, Notice, Poll, Process};
use serde_json::json;

/// One worker that has the first bundle of a server, and the server with another.
pub(super) fn one_behind() -> (Server, Workers) {
    let mut server = Server::new(5);
    let mut workers = Workers::new(1, &json!({"pollInterval": "1s"}));
    workers.rounds(40, |poll| Some(server.answer(poll)));
    assert!(workers.all_have(&server));
    workers.news.clear();
    server.set(1, "new");
    (server, workers)
}

pub(super) fn write(workers: &Workers, end: &str, text: &[u8]) {
    let mut shared = workers.world.shared.borrow_mut();
    let found = shared.iter_mut().find(|(key, _)| key.ends_with(end));
    let (_, (value, version)) = found.unwrap();
    *value = text.to_vec();
    *version += 1;
}

pub(super) fn read(workers: &Workers, end: &str) -> String {
    let shared = workers.world.shared.borrow();
    let found = shared.iter().find(|(key, _)| key.ends_with(end));
    String::from_utf8(found.unwrap().1.0.clone()).unwrap()
}

/// Posts what the server has, as another worker would.
pub(super) fn post(workers: &Workers, server: &Server) {
    let posting = notice(workers).posting + 1;
    let notice = Notice {
        revision: server.statement().revision,
        order: None,
        confirmed: workers.world.now.get(),
        posting,
        whole: Some(posting),
    };
    let Reply(_, body) = server.whole();
    write(workers, "/whole", &body);
    write(workers, "/notice", notice.to_string().as_bytes());
}

fn notice(workers: &Workers) -> Notice {
    Notice::parse(read(workers, "/notice").as_bytes()).unwrap()
}

fn header(poll: &Poll, wanted: &str) -> Option<String> {
    let found = poll.headers.iter().find(|(name, _)| *name == wanted);
    found.map(|(_, value)| value.clone())
}

#[test]
fn a_whole_that_is_the_next_posting_is_taken_without_another_call() {
    let (server, mut workers) = one_behind();
    post(&workers, &server);
    workers.tick(0);
    assert!(workers.all_have(&server));
}

/// A tag of what was there before would have the server say that the old policy holds.
#[test]
fn the_server_is_asked_for_what_is_newer_than_what_another_has_posted() {
    let (server, mut workers) = one_behind();
    let old = format!("\"{}\"", workers.list[0].bundle().unwrap().revision);
    post(&workers, &server);
    let mut asked = Vec::new();
    // What is on its way may still be about the old; it is answered first.
    workers.answer(&mut |poll| Some(server.answer(poll)));
    workers.rounds(60, |poll| {
        asked.extend(header(poll, "if-none-match"));
        Some(server.answer(poll))
    });
    assert!(workers.all_have(&server));
    let new = format!("\"{}\"", server.statement().revision);
    assert_ne!(old, new);
    assert!(!asked.is_empty());
    assert!(asked.iter().all(|tag| *tag == new), "{asked:?}");
}

/// One worker with a call on its way that the server holds back.
fn waiting() -> (Server, Workers) {
    let server = Server::new(5);
    let more = json!({"path": "/v1/bundle?wait=30s", "timeout": "40s", "pollInterval": "10s"});
    let mut workers = Workers::new(1, &more);
    let hold_back = |poll: &Poll| Some(server.answer(poll)).filter(|reply| !reply.1.is_empty());
    workers.rounds(400, hold_back);
    assert!(workers.all_have(&server));
    let mut held = 0;
    workers.round(&mut |_| {
        held += 1;
        None
    });
    assert_eq!(held, 1);
    workers.news.clear();
    (server, workers)
}

/// Whoever holds what the server confirms says so, or the others wait for a posting that is none.
#[test]
fn a_confirmation_takes_the_place_of_a_posting_that_cannot_be_read() {
    let (server, mut workers) = waiting();
    let mut other = server.clone();
    other.set(1, "never seen");
    post(&workers, &other);
    write(&workers, "/whole", b"garbage");
    workers.tick(0);
    assert_eq!(notice(&workers).revision, other.statement().revision);
    workers.answer(&mut |_| Some(Reply::status(304)));
    assert!(workers.news.contains(&News::Confirmed));
    assert_eq!(notice(&workers).revision, server.statement().revision);
}

/// The answer that is held back would be no whole, and may come as late as its timeout.
#[test]
fn a_whole_that_is_wanted_does_not_wait_for_what_was_asked_before() {
    let (server, mut workers) = waiting();
    let wanted = {
        let shared = workers.world.shared.borrow();
        let lease = shared.keys().find(|key| key.ends_with("/lease"));
        lease.unwrap().replace("/lease", "/wanted")
    };
    let before = notice(&workers).posting;
    workers.world.share(&wanted, b"whole", None);
    workers.rounds(8, |poll| {
        let is_conditional = header(poll, "if-none-match").is_some();
        (!is_conditional).then(|| server.whole())
    });
    let Notice { posting, whole, .. } = notice(&workers);
    assert!(
        posting > before && whole == Some(posting),
        "{posting} {whole:?}"
    );
}

/// Of 256 deltas each has the place of the one that many before it.
#[test]
fn a_worker_that_is_256_deltas_behind_takes_none_for_the_one_it_lacks() {
    for (ahead, is_kept) in [(256, true), (257, false)] {
        let (server, mut workers) = one_behind();
        let before = notice(&workers);
        let noticed = Notice {
            revision: server.statement().revision,
            posting: before.posting + ahead,
            whole: None,
            ..before
        };
        write(&workers, "/notice", noticed.to_string().as_bytes());
        let prefix = {
            let shared = workers.world.shared.borrow();
            let lease = shared.keys().find(|key| key.ends_with("/lease"));
            lease.unwrap().replace("/lease", "")
        };
        let next = format!("{prefix}/delta/{}", (before.posting + 1) % 256);
        workers.world.share(&next, b"no delta", None);
        workers.tick(0);
        let is_read = workers
            .news
            .iter()
            .any(|news| matches!(news, News::Refused(_)));
        assert_eq!(is_read, is_kept, "{ahead}");
        assert_eq!(read(&workers, "/wanted"), "whole", "{ahead}");
    }
}
