//! One worker asks for all of them.

use super::world::{Server, Workers, source};
use crate::fetch::Follower;
use serde_json::json;

#[test]
fn nobody_asks_before_the_second_tick() {
    // The VM in which Envoy tries a configuration never ticks, and must take no lease.
    let mut workers = Workers::new(1, &json!({}));
    let mut asked = 0;
    workers.round(&mut |_| {
        asked += 1;
        None
    });
    assert_eq!(asked, 0);
}

#[test]
fn four_workers_poll_once_an_interval() {
    let server = Server::new(10);
    let mut workers = Workers::new(4, &json!({}));
    workers.rounds(20, |poll| Some(server.answer(poll)));
    assert!(workers.all_have(&server));
    workers.polls = 0;
    // 20 rounds are a second.
    workers.rounds(20 * 30, |poll| Some(server.answer(poll)));
    assert!((28..=33).contains(&workers.polls), "{}", workers.polls);
}

#[test]
fn every_worker_follows_every_change() {
    let mut server = Server::new(10);
    let mut workers = Workers::new(4, &json!({}));
    for change in 0..20 {
        if change % 5 == 4 {
            server.remove(change % 10);
        } else {
            server.set(change % 10, &change.to_string());
        }
        workers.rounds(30, |poll| Some(server.answer(poll)));
        assert!(
            workers.all_have(&server),
            "change {change}: {:?}",
            workers.news
        );
    }
}

#[test]
fn a_server_without_deltas_or_tags_is_followed_too() {
    let mut server = Server::new(10);
    server.deltas = false;
    let mut workers = Workers::new(4, &json!({}));
    for change in 0..5 {
        server.set(change, "new");
        workers.rounds(30, |_| {
            let mut whole = server.whole();
            whole.0.retain(|(name, _)| *name != "etag");
            Some(whole)
        });
        assert!(workers.all_have(&server));
    }
    // What does not change is no reason to ask more often.
    workers.polls = 0;
    workers.rounds(200, |_| Some(server.whole()));
    assert!(workers.polls <= 12, "{}", workers.polls);
}

#[test]
fn a_worker_that_comes_late_takes_what_is_there() {
    let mut server = Server::new(10);
    let mut workers = Workers::new(2, &json!({}));
    workers.rounds(30, |poll| Some(server.answer(poll)));
    server.set(3, "new");
    workers.rounds(30, |poll| Some(server.answer(poll)));
    let late = Workers::new(1, &json!({})).list.remove(0);
    workers.list.push(late);
    workers.polls = 0;
    workers.rounds(4, |_| None);
    assert!(workers.all_have(&server), "{:?}", workers.revisions());
}

#[test]
fn a_leader_that_is_gone_is_replaced() {
    let mut server = Server::new(10);
    let mut workers = Workers::new(3, &json!({}));
    workers.rounds(30, |poll| Some(server.answer(poll)));
    // The first to tick has the lease.
    workers.list.remove(0);
    server.set(1, "new");
    workers.rounds(100, |poll| Some(server.answer(poll)));
    assert!(workers.all_have(&server));
}

#[test]
fn a_long_poll_is_asked_again_as_soon_as_it_brought_something() {
    let mut server = Server::new(10);
    let path = "/v1/bundle?wait=30s";
    let more = json!({"path": path, "timeout": "40s", "pollInterval": "10s"});
    let mut workers = Workers::new(4, &more);
    let mut held = 0;
    for change in 0..10 {
        server.set(1, &change.to_string());
        workers.rounds(12, |poll| {
            let reply = server.answer(poll);
            let is_unchanged = reply.1.is_empty();
            held += usize::from(is_unchanged);
            (!is_unchanged).then_some(reply)
        });
        assert!(workers.all_have(&server), "change {change}");
    }
    assert_eq!(workers.polls, 10);
    assert!(held > 0);
}

#[test]
fn a_large_bundle_is_taken_in_slices() {
    let mut server = Server::new(6000);
    server.deltas = true;
    let mut workers = Workers::new(2, &json!({}));
    workers.rounds(4, |poll| Some(server.answer(poll)));
    assert_eq!(workers.revisions(), [None, None]);
    assert!(workers.list.iter().any(Follower::is_busy));
    workers.rounds(800, |poll| Some(server.answer(poll)));
    assert!(workers.all_have(&server));
    // It is too large to be posted whole after every delta: the delta itself is.
    for change in 0..3 {
        server.set(change, "new");
        workers.rounds(800, |poll| Some(server.answer(poll)));
        assert!(workers.all_have(&server), "{change}");
    }
    // Whoever comes late has the leader post the whole.
    let late = Workers::new(1, &json!({})).list.remove(0);
    workers.list.push(late);
    workers.rounds(800, |poll| Some(server.answer(poll)));
    assert!(workers.all_have(&server));
}

/// Another plugin of the source may ask more often.
#[test]
fn a_source_that_is_configured_anew_is_asked_at_the_new_interval() {
    let server = Server::new(5);
    let mut workers = Workers::new(1, &json!({"pollInterval": "60s"}));
    workers.rounds(40, |poll| Some(server.answer(poll)));
    assert_eq!(workers.polls, 1);
    workers.list[0].retune(source(&json!({"pollInterval": "1s"})));
    // 20 rounds are a second.
    workers.rounds(20 * 10, |poll| Some(server.answer(poll)));
    assert!((8..=12).contains(&workers.polls), "{}", workers.polls);
}

/// The answer goes to the plugin that made the call; where that is gone, none comes.
#[test]
fn a_call_whose_plugin_is_gone_is_made_again() {
    let mut workers = Workers::new(1, &json!({}));
    let waiting = |workers: &mut Workers| {
        let mut calls = 0;
        workers.round(&mut |_| {
            calls += 1;
            None
        });
        calls
    };
    for _ in 0..10 {
        waiting(&mut workers);
    }
    assert_eq!(waiting(&mut workers), 1);
    // It was the first call, so that is its number.
    workers.list[0].forget(1);
    assert_eq!(waiting(&mut workers), 2);
}
