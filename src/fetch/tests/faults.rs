//! Whatever a server answers, what was good stays, and what is good again is taken.

use super::world::{Reply, Server, Workers, public};
use crate::bundle::{Audience, Object, Store, write_bundle, write_delta};
use crate::fetch::{News, Poll, Refusal, RefusalKind};
use ed25519_dalek::SigningKey;
use flate2::Compression;
use flate2::write::GzEncoder;
use serde_json::{Value, json};
use std::io::Write;
use std::sync::Arc;

/// For how many rounds a server is at fault: a bomb takes many slices to be found out.
const FAULTY: usize = 200;

/// The first refusal that a server brings about, which is well before and after.
fn refused(more: &Value, server: &mut Server, fault: &dyn Fn(&Server, &Poll) -> Reply) -> Refusal {
    let mut workers = Workers::new(3, more);
    workers.rounds(40, |poll| Some(server.answer(poll)));
    assert!(workers.all_have(server));
    let good = server.clone();
    server.set(1, &format!("new {}", server.history.len()));
    workers.news.clear();
    workers.rounds(FAULTY, |poll| Some(fault(server, poll)));
    assert!(workers.all_have(&good), "the last good bundle stays");
    let refusals: Vec<Refusal> = workers
        .news
        .drain(..)
        .filter_map(|news| match news {
            News::Refused(refusal) => Some(refusal),
            News::Bundle | News::Confirmed => None,
        })
        .collect();
    server.set(2, &format!("well {}", server.history.len()));
    workers.rounds(160, |poll| Some(server.answer(poll)));
    assert!(workers.all_have(server), "{:?}", workers.news);
    refusals.first().expect("a refusal").clone()
}

fn kind(fault: impl Fn(&Server, &Poll) -> Reply) -> RefusalKind {
    refused(&json!({}), &mut Server::new(5), &fault).kind
}

fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::fast());
    encoder.write_all(bytes).unwrap();
    encoder.finish().unwrap()
}

#[test]
fn an_answer_that_is_none() {
    assert_eq!(kind(|_, _| Reply::nothing()), RefusalKind::NoAnswer);
    for status in [204, 301, 403, 404, 500, 503, 504] {
        assert_eq!(kind(|_, _| Reply::status(status)), RefusalKind::Status);
    }
}

#[test]
fn nothing_new_for_one_who_has_nothing() {
    let server = Server::new(5);
    let mut workers = Workers::new(3, &json!({}));
    workers.rounds(40, |_| Some(Reply::status(304)));
    assert_eq!(workers.revisions(), [None, None, None]);
    assert!(
        matches!(&workers.news[0], News::Refused(refusal) if refusal.kind == RefusalKind::Status)
    );
    workers.rounds(80, |poll| Some(server.answer(poll)));
    assert!(workers.all_have(&server));
}

#[test]
fn what_is_no_document() {
    for body in ["", "<html>", "{}", "null", "{\"kind\":\"Bundle\"", "[[[["] {
        assert_eq!(
            kind(|_, _| Reply::body(body)),
            RefusalKind::Document,
            "{body}"
        );
    }
    let deep = "[".repeat(100_000);
    assert_eq!(
        kind(|_, _| Reply::body(deep.clone())),
        RefusalKind::Document
    );
    let half = |server: &Server, _: &Poll| {
        let Reply(headers, mut body) = server.whole();
        body.truncate(body.len() / 2);
        Reply(headers, body)
    };
    assert_eq!(kind(half), RefusalKind::Document);
}

#[test]
fn compression_that_cannot_be_undone() {
    let good = |server: &Server, _: &Poll| {
        let Reply(headers, body) = server.whole();
        Reply(headers, gzip(&body)).header("content-encoding", "gzip")
    };
    let mut server = Server::new(5);
    let mut workers = Workers::new(2, &json!({}));
    workers.rounds(20, |poll| Some(good(&server, poll)));
    assert!(workers.all_have(&server));
    server.set(1, "new");
    workers.rounds(40, |poll| Some(good(&server, poll)));
    assert!(workers.all_have(&server));
    let corrupt = |server: &Server, poll: &Poll| {
        let Reply(headers, mut body) = good(server, poll);
        body[20] ^= 255;
        Reply(headers, body)
    };
    assert_eq!(kind(corrupt), RefusalKind::Encoding);
    let unknown = |server: &Server, _: &Poll| server.whole().header("content-encoding", "br");
    assert_eq!(kind(unknown), RefusalKind::Encoding);
    let plain = |server: &Server, _: &Poll| server.whole().header("content-encoding", "gzip");
    assert_eq!(kind(plain), RefusalKind::Encoding);
}

#[test]
fn a_bomb() {
    let bomb = gzip(&vec![b' '; 40 << 20]);
    let refusal = refused(&json!({}), &mut Server::new(5), &|_, _| {
        Reply::body(bomb.clone()).header("content-encoding", "gzip")
    });
    assert_eq!(refusal.kind, RefusalKind::TooLarge);
    assert!(bomb.len() < 1 << 20);
}

#[test]
fn a_revision_that_is_not_what_it_says() {
    let lies = |server: &Server, _: &Poll| {
        let mut other = server.clone();
        other.set(3, "other");
        let text = write_bundle(&other.statement(), &[], server.store.objects());
        Reply::body(text)
    };
    assert_eq!(kind(lies), RefusalKind::Revision);
    let lying_delta = |server: &Server, poll: &Poll| {
        let known = poll
            .headers
            .iter()
            .find(|(name, _)| *name == "if-none-match");
        let base = &server.history[&known.unwrap().1];
        let from = base.clone().revision();
        Reply::body(write_delta(
            from,
            &server.statement(),
            &[],
            [].into_iter(),
            [].into_iter(),
        ))
    };
    assert_eq!(kind(lying_delta), RefusalKind::Revision);
}

#[test]
fn a_delta_on_another_base() {
    let mut other = Server::new(7);
    other.set(1, "other");
    let foreign = move |server: &Server, poll: &Poll| {
        // Once a delta has failed the whole is asked for.
        let accept = poll
            .headers
            .iter()
            .find(|(name, _)| *name == "accept")
            .unwrap();
        if accept.1 == "application/json" {
            return Reply::status(500);
        }
        server.delta(&other.store)
    };
    assert_eq!(kind(foreign), RefusalKind::Base);
}

#[test]
fn two_objects_of_one_name() {
    let twice = |server: &Server, _: &Poll| {
        let objects: Vec<&Object> = server.store.objects().collect();
        let twice = objects.iter().chain(&objects).copied();
        Reply::body(write_bundle(&server.statement(), &[], twice))
    };
    assert_eq!(kind(twice), RefusalKind::Document);
}

#[test]
fn policy_that_does_not_compile() {
    let bad = json!({"apiVersion": "projectcalico.org/v3", "kind": "GlobalNetworkPolicy",
        "metadata": {"name": "bad"}, "spec": {"selector": "color == ", "types": ["Ingress"]}});
    let bad = Object::new(bad).unwrap();
    let whole = |server: &Server, _: &Poll| {
        let mut server = server.clone();
        server.store.insert(bad.clone());
        server.whole()
    };
    let refusal = refused(&json!({}), &mut Server::new(5), &whole);
    assert_eq!(refusal.kind, RefusalKind::Policy);
    assert!(refusal.why.contains("GlobalNetworkPolicy bad"), "{refusal}");
    let as_delta = |server: &Server, poll: &Poll| {
        let mut server = server.clone();
        server.store.insert(bad.clone());
        server.answer(poll)
    };
    assert_eq!(kind(as_delta), RefusalKind::Policy);
}

fn keys(signer: &SigningKey) -> Value {
    json!({"publicKeys": [public(signer).encode()]})
}

fn signed() -> (Value, Server) {
    let signer = SigningKey::from_bytes(&[3; 32]);
    let more = keys(&signer);
    let mut server = Server::new(5);
    server.sequence = Some(100);
    server.signer = Some(Arc::new(signer));
    (more, server)
}

#[test]
fn a_signature_that_is_missing_or_not_ours() {
    let (more, mut server) = signed();
    let unsigned = |server: &Server, poll: &Poll| {
        let mut server = server.clone();
        server.signer = None;
        server.answer(poll)
    };
    assert_eq!(
        refused(&more, &mut server, &unsigned).kind,
        RefusalKind::Signature
    );
    let other = |server: &Server, poll: &Poll| {
        let mut server = server.clone();
        server.signer = Some(Arc::new(SigningKey::from_bytes(&[4; 32])));
        server.answer(poll)
    };
    assert_eq!(
        refused(&more, &mut server, &other).kind,
        RefusalKind::Signature
    );
    let borrowed = |server: &Server, _: &Poll| {
        let mut other = server.clone();
        other.set(4, "other");
        Reply::body(write_bundle(
            &other.statement(),
            &server.signatures(),
            other.store.objects(),
        ))
    };
    assert_eq!(
        refused(&more, &mut server, &borrowed).kind,
        RefusalKind::Signature
    );
    let for_another = |server: &Server, _: &Poll| {
        let mut statement = server.statement();
        statement.audience = Some(Audience {
            namespace: "dev".to_owned(),
            pod: "pod-1".to_owned(),
            by_principal: false,
        });
        Reply::body(write_bundle(
            &statement,
            &server.signatures(),
            server.store.objects(),
        ))
    };
    assert_eq!(
        refused(&more, &mut server, &for_another).kind,
        RefusalKind::Signature
    );
}

#[test]
fn an_older_bundle_is_not_taken_again() {
    let (more, mut server) = signed();
    let old = server.clone();
    server.set(1, "newer");
    let replay = move |_: &Server, _: &Poll| old.whole();
    assert_eq!(
        refused(&more, &mut server, &replay).kind,
        RefusalKind::Replay
    );
    let unnumbered = |server: &Server, _: &Poll| {
        let mut server = server.clone();
        server.sequence = None;
        server.whole()
    };
    assert_eq!(
        refused(&more, &mut server, &unnumbered).kind,
        RefusalKind::Replay
    );
    let same_number = |server: &Server, _: &Poll| {
        let mut server = server.clone();
        server.sequence = server.sequence.map(|sequence| sequence - 1);
        server.whole()
    };
    assert_eq!(
        refused(&more, &mut server, &same_number).kind,
        RefusalKind::Replay
    );
}

#[test]
fn a_cluster_that_is_not_there() {
    let server = Server::new(5);
    let mut workers = Workers::new(3, &json!({}));
    workers.world.no_cluster.set(true);
    workers.rounds(40, |_| None);
    assert!(
        matches!(&workers.news[0], News::Refused(refusal) if refusal.kind == RefusalKind::Cluster)
    );
    workers.world.no_cluster.set(false);
    workers.rounds(80, |poll| Some(server.answer(poll)));
    assert!(workers.all_have(&server));
}

#[test]
fn an_answer_that_never_comes() {
    let server = Server::new(5);
    let mut workers = Workers::new(2, &json!({"timeout": "1s"}));
    workers.rounds(40, |_| None);
    // Its timeout, and some grace for the host.
    workers.world.now.set(workers.world.now.get() + 7_000);
    workers.rounds(80, |poll| Some(server.answer(poll)));
    assert!(workers.all_have(&server));
}

#[test]
fn failures_are_followed_by_longer_and_longer_waits() {
    let mut workers = Workers::new(1, &json!({}));
    workers.rounds(20 * 60, |_| Some(Reply::status(500)));
    // A minute, and at most three intervals of a second between two polls.
    assert!((20..=50).contains(&workers.polls), "{}", workers.polls);
}

#[test]
fn what_others_write_where_workers_post_is_not_believed() {
    let mut server = Server::new(5);
    let mut workers = Workers::new(3, &json!({}));
    workers.rounds(40, |poll| Some(server.answer(poll)));
    let keys: Vec<String> = workers.world.shared.borrow().keys().cloned().collect();
    let garbage: [&[u8]; 4] = [b"", b"garbage", b"\xff\xfe", &[b'9'; 500]];
    for (round, bytes) in garbage.iter().enumerate() {
        for key in &keys {
            let mut shared = workers.world.shared.borrow_mut();
            shared.get_mut(key).unwrap().0 = bytes.to_vec();
        }
        workers.rounds(10, |poll| Some(server.answer(poll)));
        assert!(workers.all_have(&server), "round {round}");
        server.set(round, "new");
        workers.rounds(200, |poll| Some(server.answer(poll)));
        assert!(
            workers.all_have(&server),
            "round {round}: {:?}",
            workers.news.last()
        );
    }
}

#[test]
fn a_notice_of_what_is_not_there_is_healed() {
    let server = Server::new(5);
    let mut other = Server::new(5);
    other.set(2, "other");
    let mut workers = Workers::new(3, &json!({}));
    workers.rounds(40, |poll| Some(server.answer(poll)));
    let wrong = other.store.revision();
    let text = format!("{wrong} - 99999999999999 7 7");
    for (key, (value, _)) in workers.world.shared.borrow_mut().iter_mut() {
        if key.ends_with("/notice") {
            *value = text.clone().into_bytes();
        }
    }
    workers.rounds(20, |poll| Some(server.answer(poll)));
    assert!(
        workers.all_have(&server),
        "what is posted is not what is noticed"
    );
    let late = Workers::new(1, &json!({})).list.remove(0);
    workers.list.push(late);
    workers.rounds(100, |poll| Some(server.answer(poll)));
    assert!(workers.all_have(&server));
}

/// The next delta would lie as well.
#[test]
fn after_a_delta_that_is_not_what_it_says_the_whole_is_asked_for() {
    let mut server = Server::new(5);
    let mut workers = Workers::new(1, &json!({}));
    workers.rounds(40, |poll| Some(server.answer(poll)));
    server.set(1, "new");
    let nothing = |server: &Server, base: &Store| {
        let from = base.clone().revision();
        let text = write_delta(
            from,
            &server.statement(),
            &[],
            [].into_iter(),
            [].into_iter(),
        );
        Reply::body(text)
    };
    workers.rounds(100, |poll| {
        let header = |wanted: &str| {
            let found = poll.headers.iter().find(|(name, _)| *name == wanted);
            found.map(|(_, value)| value.clone()).unwrap_or_default()
        };
        let is_whole = header("accept") == "application/json";
        match server.history.get(&header("if-none-match")) {
            Some(base) if !is_whole && base.clone().revision() != server.statement().revision => {
                Some(nothing(&server, base))
            }
            _ => Some(server.answer(poll)),
        }
    });
    assert!(workers.all_have(&server), "{:?}", workers.news);
}

/// What a delta would have changed is undone, or no delta after it would lead anywhere.
#[test]
fn after_policy_that_does_not_compile_deltas_are_taken_again() {
    let bad = json!({"apiVersion": "projectcalico.org/v3", "kind": "GlobalNetworkPolicy",
        "metadata": {"name": "bad"}, "spec": {"selector": "color == ", "types": ["Ingress"]}});
    let mut server = Server::new(5);
    let mut workers = Workers::new(1, &json!({}));
    workers.rounds(40, |poll| Some(server.answer(poll)));
    let mut worse = server.clone();
    worse.set(1, "with bad policy");
    worse.remove(2);
    worse.store.insert(Object::new(bad).unwrap());
    workers.news.clear();
    workers.rounds(20, |poll| Some(worse.answer(poll)));
    let kinds = |workers: &Workers| -> Vec<RefusalKind> {
        let news = workers.news.iter();
        news.filter_map(|news| match news {
            News::Refused(refusal) => Some(refusal.kind),
            News::Bundle | News::Confirmed => None,
        })
        .collect()
    };
    assert!(kinds(&workers).contains(&RefusalKind::Policy));
    workers.news.clear();
    server.set(1, "mended");
    workers.rounds(100, |poll| Some(server.answer(poll)));
    assert!(workers.all_have(&server));
    assert_eq!(kinds(&workers), []);
}
