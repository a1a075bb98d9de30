//! Compiled programs, as servers hand them out and workers pass them on.

use super::world::{Reply, Server, Workers, public};
use crate::bundle::{Bundle, Object, Order, Signature};
use crate::compiled::{compile, seal};
use crate::fetch::{News, Poll, RefusalKind};
use ed25519_dalek::{Signer, SigningKey};
use serde_json::{Value, json};
use std::sync::Arc;

/// The program of what a server has, under a sequence number, signed if the server signs.
fn program(server: &Server, sequence: Option<u64>) -> Vec<u8> {
    let objects: Vec<Value> = server.store.objects().map(value).collect();
    let bundle = Bundle::load(&objects).unwrap();
    let (head, payload) = compile(&bundle, sequence.map(Order::of_number)).unwrap();
    let sign = |key: &Arc<SigningKey>| {
        let bytes = key.sign(head.to_string().as_bytes()).to_bytes();
        Signature::new(&public(key), &bytes)
    };
    let signatures = server.signer.iter().map(sign).collect();
    seal(head, signatures, &payload).unwrap()
}

fn value(object: &Object) -> Value {
    serde_json::from_str(&object.text).unwrap()
}

fn answer(server: &Server, sequence: Option<u64>) -> impl FnMut(&Poll) -> Option<Reply> {
    let (body, tag) = (
        program(server, sequence),
        format!("\"{}\"", server.store.clone().revision()),
    );
    move |_: &Poll| Some(Reply::body(body.clone()).header("etag", &tag))
}

fn refusals(workers: &mut Workers) -> Vec<RefusalKind> {
    let kind = |news: News| match news {
        News::Refused(refusal) => Some(refusal.kind),
        News::Bundle | News::Confirmed => None,
    };
    workers.news.drain(..).filter_map(kind).collect()
}

#[test]
fn one_worker_asks_and_all_enforce() {
    let mut server = Server::new(5);
    let mut workers = Workers::new(3, &json!({}));
    workers.rounds(40, answer(&server, None));
    assert!(workers.all_have(&server), "{:?}", workers.news);
    let polls = workers.polls;
    server.set(1, "new");
    workers.rounds(60, answer(&server, None));
    assert!(workers.all_have(&server), "{:?}", workers.news);
    assert!(workers.polls < polls + 8, "one of them asks");
    assert_eq!(refusals(&mut workers), []);
}

#[test]
fn what_is_no_good_program_leaves_the_last_good_one() {
    let mut server = Server::new(5);
    let mut workers = Workers::new(2, &json!({}));
    workers.rounds(40, answer(&server, None));
    let good = server.clone();
    server.set(1, "new");
    let bytes = program(&server, None);
    for cut in [8, 12, 40, bytes.len() - 1] {
        workers.rounds(40, |_| Some(Reply::body(bytes[..cut].to_vec())));
        assert!(workers.all_have(&good), "cut at {cut}");
        assert!(refusals(&mut workers).contains(&RefusalKind::Document));
    }
    workers.rounds(160, answer(&server, None));
    assert!(workers.all_have(&server), "{:?}", workers.news);
}

#[test]
fn signatures_and_sequence_numbers_are_those_of_bundles() {
    let key = Arc::new(SigningKey::from_bytes(&[7; 32]));
    let more = json!({"publicKeys": [public(&key).encode()]});
    let mut server = Server::new(5);
    let mut workers = Workers::new(2, &more);
    workers.rounds(40, answer(&server, Some(3)));
    assert_eq!(workers.revisions(), [None, None], "nobody has signed it");
    assert!(refusals(&mut workers).contains(&RefusalKind::Signature));
    server.signer = Some(Arc::new(SigningKey::from_bytes(&[8; 32])));
    workers.rounds(160, answer(&server, Some(3)));
    assert_eq!(
        workers.revisions(),
        [None, None],
        "a stranger has signed it"
    );
    server.signer = Some(key);
    workers.rounds(160, answer(&server, Some(3)));
    assert!(workers.all_have(&server), "{:?}", workers.news);
    let good = server.clone();
    server.set(1, "old");
    workers.news.clear();
    for sequence in [None, Some(2), Some(3)] {
        workers.rounds(80, answer(&server, sequence));
        assert!(workers.all_have(&good), "{sequence:?}");
        assert!(refusals(&mut workers).contains(&RefusalKind::Replay));
    }
    workers.rounds(160, answer(&server, Some(4)));
    assert!(workers.all_have(&server), "{:?}", workers.news);
}

#[test]
fn a_signature_of_a_bundle_is_none_of_its_program() {
    let key = Arc::new(SigningKey::from_bytes(&[7; 32]));
    let more = json!({"publicKeys": [public(&key).encode()]});
    let mut server = Server::new(5);
    server.signer = Some(key);
    let objects: Vec<Value> = server.store.objects().map(value).collect();
    let (head, payload) =
        compile(&Bundle::load(&objects).unwrap(), server.statement().order).unwrap();
    let forged = seal(head, server.signatures(), &payload).unwrap();
    let mut workers = Workers::new(1, &more);
    workers.rounds(40, |_| Some(Reply::body(forged.clone())));
    assert_eq!(workers.revisions(), [None]);
    assert!(refusals(&mut workers).contains(&RefusalKind::Signature));
}
