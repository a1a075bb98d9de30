//! Cilium policy against Cilium's own code, over worlds, policies and requests at random.
//!
//! Without anything else, worlds are asked that were recorded with its verdicts
//! (`tests/peers/recorded/cilium.jsonl`). With `HELIAST_CILIUM_PAIRS`, a number, so many pairs of
//! world and request are made at random and put to `target/peers/cilium`, which `cargo xtask peers`
//! builds; `HELIAST_SEED` chooses others, `HELIAST_CILIUM_RECORD` names a file that keeps them, and
//! `HELIAST_CILIUM_SHOWN` says how many differences are printed.
//! docs/semantics/cilium.md says where heliast is narrower, and why.
#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "a test, helpers included: what is not there fails it"
)]

#[path = "cilium_code/ours.rs"]
mod ours;
#[path = "cilium_code/peer.rs"]
mod peer;
#[path = "agreement/random.rs"]
mod random;
#[path = "cilium_code/reasons.rs"]
mod reasons;
#[path = "cilium_code/worlds.rs"]
mod worlds;

use peer::Answer;
use random::Random;
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::io::Write;
use worlds::World;

/// How often each thing happened.
#[derive(Default)]
struct Sum {
    pairs: usize,
    allowed: usize,
    refused_by_cilium: usize,
    refused_by_heliast: usize,
    narrower: BTreeMap<&'static str, usize>,
    wider: Vec<String>,
    unexplained: Vec<String>,
}

impl Sum {
    fn add(&mut self, world: &World, answer: &Answer) {
        if answer.error.is_some() {
            self.refused_by_cilium += 1;
            return;
        }
        let Ok(ours) = ours::decide(world) else {
            self.refused_by_heliast += 1;
            return;
        };
        assert_eq!(ours.len(), answer.allowed.len());
        for ((ask, ours), theirs) in world.asks.iter().zip(ours).zip(&answer.allowed) {
            self.pairs += 1;
            self.allowed += usize::from(*theirs);
            let show = || {
                let world = World {
                    asks: vec![ask.clone()],
                    ..world.clone()
                };
                world.to_value().to_string()
            };
            match (ours, *theirs) {
                (true, false) => self.wider.push(show()),
                (false, true) => match reasons::narrower(world, ask) {
                    Some(reason) => *self.narrower.entry(reason).or_default() += 1,
                    None => self.unexplained.push(show()),
                },
                (true, true) | (false, false) => {}
            }
        }
    }

    fn check(&self, what: &str) {
        println!(
            "figure: cilium code, {what}: {} pairs, {} allowed there, {} wider, narrower {:?}; objects refused by Cilium {}, by heliast alone {}",
            self.pairs,
            self.allowed,
            self.wider.len(),
            self.narrower,
            self.refused_by_cilium,
            self.refused_by_heliast
        );
        let shown =
            number("HELIAST_CILIUM_SHOWN").map_or(3, |shown| usize::try_from(shown).unwrap());
        for (sort, list) in [("wider", &self.wider), ("unexplained", &self.unexplained)] {
            for one in list.iter().take(shown) {
                println!("{sort}: {one}");
            }
        }
        assert!(self.wider.is_empty(), "{} wider", self.wider.len());
        assert!(
            self.unexplained.is_empty(),
            "{} narrower without a reason",
            self.unexplained.len()
        );
    }
}

#[test]
fn recorded_worlds_are_decided_as_cilium_does_or_narrower() {
    let text = std::fs::read_to_string("tests/peers/recorded/cilium.jsonl").unwrap();
    let mut sum = Sum::default();
    for line in text.lines() {
        let recorded: Value = serde_json::from_str(line).unwrap();
        sum.add(
            &World::of(&recorded["world"]),
            &Answer::of(&recorded["answer"]),
        );
    }
    sum.check("recorded");
    assert!(sum.pairs > 2000 && sum.allowed > 400, "{}", sum.pairs);
}

#[test]
fn worlds_at_random_are_decided_as_cilium_does_or_narrower() {
    let Some(pairs) = number("HELIAST_CILIUM_PAIRS") else {
        return;
    };
    let seed = number("HELIAST_SEED").unwrap_or(1);
    let mut random = Random::new(seed << 32);
    let mut peer = peer::Peer::start();
    let mut record = std::env::var("HELIAST_CILIUM_RECORD")
        .ok()
        .map(|path| std::fs::File::create(path).unwrap());
    let mut sum = Sum::default();
    while sum.pairs < usize::try_from(pairs).unwrap() {
        let world = World::any(&mut random);
        let answer = peer.ask(&world);
        sum.add(&world, &answer);
        if let Some(record) = &mut record
            && answer.error.is_none()
        {
            let recorded = json!({"world": world.to_value(), "answer": answer.to_value()});
            writeln!(record, "{recorded}").unwrap();
        }
    }
    sum.check("generated");
}

fn number(name: &str) -> Option<u64> {
    std::env::var(name).ok()?.parse().ok()
}
