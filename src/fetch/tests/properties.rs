//! In whatever order workers tick, die, and are answered: they end with what the server has, and
//! never have what it never had.

use super::world::{Reply, Server, Workers};
use proptest::prelude::*;
use serde_json::json;
use std::collections::BTreeSet;

#[derive(Debug, Clone)]
enum Event {
    Tick(usize),
    Answer,
    AnswerBadly(u16),
    Change(usize, u8),
    Remove(usize),
    /// A worker is gone, and another in its place.
    Replace(usize),
    Wait(u64),
}

fn event() -> impl Strategy<Value = Event> {
    prop_oneof![
        8 => (0_usize..4).prop_map(Event::Tick),
        3 => Just(Event::Answer),
        1 => prop_oneof![Just(500_u16), Just(503), Just(304)].prop_map(Event::AnswerBadly),
        2 => (0_usize..6, any::<u8>()).prop_map(|(pod, color)| Event::Change(pod, color)),
        1 => (1_usize..6).prop_map(Event::Remove),
        1 => (0_usize..4).prop_map(Event::Replace),
        2 => (1_u64..4_000).prop_map(Event::Wait),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn workers_agree_with_the_server(events in proptest::collection::vec(event(), 1..120)) {
        let mut server = Server::new(6);
        let mut workers = Workers::new(4, &json!({}));
        let mut ever = BTreeSet::new();
        for event in events {
            match event {
                Event::Tick(worker) => workers.tick(worker),
                Event::Answer => workers.answer(&mut |poll| Some(server.answer(poll))),
                Event::AnswerBadly(status) => {
                    workers.answer(&mut |_| Some(Reply::status(status)));
                }
                Event::Change(pod, color) => server.set(pod, &color.to_string()),
                Event::Remove(pod) => server.remove(pod),
                Event::Replace(worker) => {
                    workers.list[worker] = Workers::new(1, &json!({})).list.remove(0);
                }
                Event::Wait(milliseconds) => {
                    workers.world.now.set(workers.world.now.get() + milliseconds);
                }
            }
            ever.insert(server.store.revision().short());
            for revision in workers.revisions().into_iter().flatten() {
                prop_assert!(ever.contains(&revision));
            }
        }
        // What one of them was taking in when it was replaced is left alone until then.
        workers.world.now.set(workers.world.now.get() + 11 * 60 * 1_000);
        workers.rounds(240, |poll| Some(server.answer(poll)));
        prop_assert!(workers.all_have(&server), "{:?}", workers.news);
    }
}
