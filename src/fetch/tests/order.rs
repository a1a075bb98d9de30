//! A follower never goes back, whoever answers for the server.

use super::world::{Reply, Server, Workers, public};
use crate::bundle::write_bundle;
use crate::fetch::{News, Notice, RefusalKind};
use ed25519_dalek::SigningKey;
use serde_json::json;
use std::sync::Arc;

/// A server whose bundles have numbers, and workers that have its first.
fn numbered(count: usize, epoch: u64) -> (Server, Workers) {
    let mut server = Server::new(5);
    server.epoch = epoch;
    server.sequence = Some(100);
    let mut workers = Workers::new(count, &json!({}));
    workers.rounds(40, |poll| Some(server.answer(poll)));
    assert!(workers.all_have(&server));
    workers.news.clear();
    (server, workers)
}

fn refusals(workers: &mut Workers) -> Vec<RefusalKind> {
    let news = workers.news.drain(..);
    news.filter_map(|news| match news {
        News::Refused(refusal) => Some(refusal.kind),
        News::Bundle | News::Confirmed => None,
    })
    .collect()
}

/// Writes what a worker would post: a whole bundle and the notice of it.
fn post(workers: &Workers, server: &Server, notice: &Notice) {
    let Reply(_, body) = server.whole();
    for (key, (value, version)) in workers.world.shared.borrow_mut().iter_mut() {
        let written = match key.rsplit('/').next() {
            Some("whole") => body.clone(),
            Some("notice") => notice.to_string().into_bytes(),
            _ => continue,
        };
        *value = written;
        *version += 1;
    }
}

fn notice(workers: &Workers) -> Notice {
    let shared = workers.world.shared.borrow();
    let found = shared.iter().find(|(key, _)| key.ends_with("/notice"));
    Notice::parse(&found.unwrap().1.0).unwrap()
}

#[test]
fn only_what_is_higher_is_taken_though_nobody_signs() {
    let (good, mut workers) = numbered(3, 1);
    for (epoch, sequence) in [
        (1, Some(100)),
        (1, Some(99)),
        (0, Some(1_758_000_000_000)),
        (0, None),
    ] {
        let mut other = good.clone();
        other.set(1, "old");
        other.epoch = epoch;
        other.sequence = sequence;
        workers.rounds(100, |_| Some(other.whole()));
        assert!(workers.all_have(&good), "{epoch} {sequence:?}");
        let refused = refusals(&mut workers);
        assert!(!refused.is_empty(), "{epoch} {sequence:?}");
        assert!(refused.iter().all(|kind| *kind == RefusalKind::Replay));
    }
    for (epoch, sequence) in [(1, 101), (2, 1)] {
        let mut other = good.clone();
        other.set(1, &format!("new in {epoch}"));
        other.epoch = epoch;
        other.sequence = Some(sequence);
        workers.rounds(200, |_| Some(other.whole()));
        assert!(workers.all_have(&other), "{epoch} {sequence}");
    }
}

#[test]
fn without_a_number_all_is_taken_until_one_with_a_number_was_there() {
    let mut server = Server::new(5);
    let mut workers = Workers::new(2, &json!({}));
    for color in ["red", "green", "red"] {
        server.set(1, color);
        workers.rounds(80, |poll| Some(server.answer(poll)));
        assert!(workers.all_have(&server), "{color}");
    }
    server.set(1, "numbered");
    server.sequence = Some(1);
    workers.rounds(80, |poll| Some(server.answer(poll)));
    assert!(workers.all_have(&server));
    let good = server.clone();
    server.set(1, "red");
    server.sequence = None;
    workers.news.clear();
    workers.rounds(80, |poll| Some(server.answer(poll)));
    assert!(workers.all_have(&good));
    assert!(refusals(&mut workers).contains(&RefusalKind::Replay));
}

#[test]
fn the_refusal_names_the_way_out() {
    let (good, mut workers) = numbered(1, 0);
    let mut other = good;
    other.set(1, "restored");
    other.sequence = Some(7);
    workers.rounds(80, |_| Some(other.whole()));
    let why = workers.news.iter().find_map(|news| match news {
        News::Refused(refusal) => Some(refusal.why.clone()),
        News::Bundle | News::Confirmed => None,
    });
    let why = why.unwrap();
    for word in [
        "number is 7",
        "100 was there already",
        "heliast serve --epoch",
    ] {
        assert!(why.contains(word), "{word}: {why}");
    }
}

/// One server is behind by some changes for a while, and every poll may reach either.
#[test]
fn two_servers_that_differ_bring_nothing_back() {
    let (mut ahead, mut workers) = numbered(3, 0);
    let mut behind = ahead.clone();
    let mut turn = 0_usize;
    let mut newest = 100;
    for change in 0..40 {
        if change % 4 == 3 {
            behind = ahead.clone();
        }
        ahead.set(change % 5, &format!("change {change}"));
        for _ in 0..30 {
            workers.round(&mut |poll| {
                turn = turn.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
                let server = if turn >> 60 & 1 == 0 { &ahead } else { &behind };
                Some(server.answer(poll))
            });
            let order = notice(&workers).order.unwrap();
            assert!(order.number >= newest, "{order} after {newest}");
            newest = order.number;
        }
        assert!(!workers.revisions().contains(&None));
    }
    workers.rounds(400, |poll| Some(ahead.answer(poll)));
    assert!(workers.all_have(&ahead));
}

#[test]
fn a_higher_number_for_the_same_policy_counts() {
    let (good, mut workers) = numbered(2, 0);
    let mut raised = good.clone();
    raised.epoch = 1;
    raised.sequence = Some(1);
    workers.rounds(80, |_| Some(raised.whole()));
    assert!(workers.all_have(&good));
    let mut other = good.clone();
    other.set(1, "of the epoch before");
    assert_eq!(other.sequence, Some(101));
    workers.news.clear();
    workers.rounds(80, |_| Some(other.whole()));
    assert!(workers.all_have(&good));
    assert!(refusals(&mut workers).contains(&RefusalKind::Replay));
}

#[test]
fn an_older_posting_is_not_taken_though_it_is_signed() {
    let signer = SigningKey::from_bytes(&[3; 32]);
    let more = json!({"publicKeys": [public(&signer).encode()]});
    let mut server = Server::new(5);
    server.sequence = Some(100);
    server.signer = Some(Arc::new(signer));
    let old = server.clone();
    server.set(1, "newer");
    let mut workers = Workers::new(3, &more);
    workers.rounds(40, |poll| Some(server.answer(poll)));
    assert!(workers.all_have(&server));
    workers.news.clear();
    let mut older = notice(&workers);
    older.revision = old.statement().revision;
    older.order = old.statement().order;
    older.posting += 1;
    older.whole = Some(older.posting);
    post(&workers, &old, &older);
    for _ in 0..40 {
        workers.round(&mut |_| None);
        assert!(workers.all_have(&server));
    }
    assert!(refusals(&mut workers).contains(&RefusalKind::Replay));
}

#[test]
fn what_is_noticed_bounds_what_is_taken_from_the_server() {
    let (good, mut workers) = numbered(2, 0);
    // Another worker has taken 200, and its posting cannot be read.
    let mut newer = good.clone();
    newer.set(1, "new");
    newer.sequence = Some(200);
    let mut noticed = notice(&workers);
    noticed.revision = newer.statement().revision;
    noticed.order = newer.statement().order;
    noticed.posting += 1;
    noticed.whole = None;
    for (key, (value, _)) in workers.world.shared.borrow_mut().iter_mut() {
        if key.ends_with("/notice") {
            *value = noticed.to_string().into_bytes();
        }
    }
    let mut between = good.clone();
    between.set(1, "between");
    between.sequence = Some(150);
    workers.rounds(100, |_| Some(between.whole()));
    assert!(workers.all_have(&good), "150 is older than what is noticed");
    assert!(refusals(&mut workers).contains(&RefusalKind::Replay));
    workers.rounds(200, |_| Some(newer.whole()));
    assert!(workers.all_have(&newer), "what is noticed itself is taken");
}

#[test]
fn a_confirmation_that_is_still_to_come_does_not_count() {
    let (_, mut workers) = numbered(2, 0);
    let now = workers.world.now.get();
    let mut noticed = notice(&workers);
    noticed.confirmed = now + 1_000_000_000;
    for (key, (value, _)) in workers.world.shared.borrow_mut().iter_mut() {
        if key.ends_with("/notice") {
            *value = noticed.to_string().into_bytes();
        }
    }
    workers.rounds(10, |_| None);
    for worker in &workers.list {
        assert!(worker.confirmed().unwrap() <= workers.world.now.get());
    }
}

#[test]
fn equal_numbers_of_different_policy_do_not_flap() {
    let (good, mut workers) = numbered(3, 0);
    let mut twin = good.clone();
    twin.set(1, "twin");
    twin.sequence = good.sequence;
    let text = write_bundle(&twin.statement(), &[], twin.store.objects());
    let mut turn = 0;
    for _ in 0..200 {
        workers.round(&mut |poll| {
            turn += 1;
            Some(if turn % 2 == 0 {
                good.answer(poll)
            } else {
                Reply::body(text.clone())
            })
        });
        assert!(workers.all_have(&good));
    }
}
