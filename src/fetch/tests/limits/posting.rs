//! How much is posted, how much is taken at a time, and how often the server is asked.

use crate::bundle::Object;
use crate::fetch::tests::world::{Reply, Server, TICK, Workers};
use crate::fetch::{Notice, Poll, Process};
use serde_json::json;

fn notice(workers: &Workers) -> Notice {
    let shared = workers.world.shared.borrow();
    let found = shared.iter().find(|(key, _)| key.ends_with("/notice"));
    Notice::parse(&found.unwrap().1.0).unwrap()
}

#[test]
fn of_deltas_256_are_kept_and_after_128_the_whole_is_posted_anew() {
    let mut server = Server::new(5);
    let mut workers = Workers::new(1, &json!({"pollInterval": "1s"}));
    workers.rounds(40, |poll| Some(server.answer(poll)));
    let mut farthest = 0;
    for change in 0..300 {
        server.set(change % 5, &change.to_string());
        for _ in 0..60 {
            workers.round(&mut |poll| Some(server.answer(poll)));
            let Notice { posting, whole, .. } = notice(&workers);
            farthest = farthest.max(posting - whole.unwrap());
            if workers.all_have(&server) {
                break;
            }
        }
        assert!(workers.all_have(&server), "{change}");
    }
    let shared = workers.world.shared.borrow();
    let deltas = shared.keys().filter(|key| key.contains("/delta/"));
    assert_eq!(deltas.count(), 256);
    // Some changes come in until the server has answered with the whole.
    assert!((128..140).contains(&farthest), "{farthest}");
}

/// A pod with an annotation of this length, which policy does not look at.
fn padded(bytes: usize) -> Object {
    let metadata = json!({"namespace": "dev", "name": "padded",
        "annotations": {"text": "x".repeat(bytes)}});
    Object::new(json!({"apiVersion": "v1", "kind": "Pod", "metadata": metadata})).unwrap()
}

#[test]
fn a_delta_of_256_kib_is_posted_and_a_longer_one_is_not() {
    let most = 256 * 1024;
    let delta_with = |pad: usize| {
        let before = Server::new(5);
        let mut server = before.clone();
        server.store.insert(padded(pad));
        server.remember();
        let Reply(_, body) = server.delta(&before.store);
        (server, body.len())
    };
    let frame = delta_with(1_000).1 - 1_000;
    for (length, posted) in [(most, most), (most + 1, 0)] {
        let (server, found) = delta_with(length - frame);
        assert_eq!(found, length);
        let mut workers = Workers::new(1, &json!({}));
        let before = Server::new(5);
        workers.rounds(40, |poll| Some(before.answer(poll)));
        for _ in 0..200 {
            if workers.all_have(&server) {
                break;
            }
            workers.round(&mut |poll| Some(server.answer(poll)));
        }
        assert!(workers.all_have(&server));
        // It is posted once nothing is done with it any more.
        workers.tick(0);
        let place = format!("/delta/{}", notice(&workers).posting);
        let shared = workers.world.shared.borrow();
        let found = shared.iter().find(|(key, _)| key.ends_with(&place));
        assert_eq!(found.unwrap().1.0.len(), posted, "{length}");
    }
}

#[test]
fn a_whole_that_is_wanted_is_asked_for_once_a_second() {
    let server = Server::new(5);
    let mut workers = Workers::new(1, &json!({"pollInterval": "60s"}));
    workers.rounds(40, |poll| Some(server.answer(poll)));
    let wanted = {
        let shared = workers.world.shared.borrow();
        let lease = shared.keys().find(|key| key.ends_with("/lease"));
        lease.unwrap().replace("/lease", "/wanted")
    };
    let mut asked = Vec::new();
    for _ in 0..100 {
        workers.world.share(&wanted, b"whole", None);
        let now = workers.world.now.get();
        workers.round(&mut |poll: &Poll| {
            asked.push(now);
            Some(server.answer(poll))
        });
    }
    let gaps: Vec<u64> = asked.windows(2).map(|pair| pair[1] - pair[0]).collect();
    assert!(gaps.len() >= 3, "{gaps:?}");
    assert!(gaps.iter().all(|gap| *gap == 1_000), "{gaps:?}");
}

#[test]
fn an_answer_that_never_comes_is_given_up_five_seconds_after_its_timeout() {
    let mut workers = Workers::new(1, &json!({"timeout": "1s"}));
    let mut asked = Vec::new();
    let mut before = 0;
    for _ in 0..200 {
        let now = workers.world.now.get();
        let mut waiting = 0;
        workers.round(&mut |_| {
            waiting += 1;
            None
        });
        asked.extend((waiting > before).then_some(now));
        before = waiting;
    }
    let [first, second, ..] = asked.as_slice() else {
        panic!("{asked:?}");
    };
    assert_eq!(second - first, 6_000 + TICK);
}

/// What a tick costs is bounded by the slice, so a bundle takes as many ticks as it is long.
#[test]
fn a_tick_takes_no_more_than_a_slice() {
    let server = Server::new(6_000);
    let mut workers = Workers::new(1, &json!({}));
    for _ in 0..10 {
        workers.round(&mut |poll| Some(server.answer(poll)));
        if workers.list[0].is_busy() {
            break;
        }
    }
    let mut ticks = 0;
    while !workers.all_have(&server) {
        workers.round(&mut |_| None);
        ticks += 1;
        assert!(ticks < 2_000);
    }
    assert!((80..160).contains(&ticks), "{ticks}");
}
