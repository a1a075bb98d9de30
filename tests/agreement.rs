//! The fast walk of a program against the plain one, over policies of all four dialects and
//! requests at random (house rule 8): no index, no shared rules, no rules left out beforehand.
//!
//! `HELIAST_AGREEMENT_WORLDS` sets how many sets of policy are looked at, and
//! `HELIAST_AGREEMENT_SEED` where to begin; without them both are fixed.
#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "a test, helpers included: what is not there fails it"
)]

#[path = "agreement/plain.rs"]
mod plain;
#[path = "agreement/pruned.rs"]
mod pruned;
#[path = "agreement/questions.rs"]
mod questions;
#[path = "agreement/random.rs"]
mod random;
#[path = "agreement/worlds.rs"]
mod worlds;

use heliast::bundle::Bundle;
use heliast::config::WorkloadConfig;
use heliast::evaluate::evaluate;
use heliast::peer::PeerBinding;
use heliast::program::{Local, Node, PeerAnswers, PeerRules, Program};
use heliast::settings::Settings;
use heliast::verdict::{Decision, Direction};
use questions::Question;
use random::Random;
use std::sync::Arc;

/// Questions to each set of policy.
const QUESTIONS: usize = 200;

/// What was compared.
#[derive(Debug, Default)]
struct Counts {
    allowed: usize,
    denied: usize,
    staged: usize,
    logged: usize,
    changed: usize,
    indexed: usize,
    shared: usize,
}

#[test]
fn the_fast_walk_decides_as_the_plain_one() {
    let worlds = number("HELIAST_AGREEMENT_WORLDS", 150);
    let seed = number("HELIAST_AGREEMENT_SEED", 2026);
    let mut counts = Counts::default();
    for world in 0..worlds {
        let mut random = Random::new(seed.wrapping_add(world));
        compare(&mut random, &mut counts);
    }
    println!("figure: agreement of {worlds} sets of policy from seed {seed}: {counts:?}");
    let Counts {
        allowed,
        denied,
        staged,
        logged,
        changed,
        indexed,
        shared,
    } = counts;
    // What never happened was not compared.
    let least = usize::try_from(worlds).unwrap() / 20;
    for count in [allowed, denied, staged, logged, changed, indexed, shared] {
        assert!(count > least, "{count} of {worlds}");
    }
}

/// A number that the environment may set.
fn number(name: &str, usual: u64) -> u64 {
    let text = std::env::var(name).ok();
    text.map_or(usual, |text| text.parse().unwrap())
}

/// Asks one set of policy all questions.
fn compare(random: &mut Random, counts: &mut Counts) {
    let objects = worlds::objects(random);
    let bundle = Bundle::load(&objects)
        .unwrap_or_else(|problems| panic!("refused: {problems}\n{objects:#?}"));
    let direction = random.one_of(&[Direction::Ingress, Direction::Ingress, Direction::Egress]);
    let program = program(&bundle, direction, random);
    counts.indexed += program
        .steps
        .iter()
        .filter(|tier| tier.index.is_some())
        .count();
    let mut known: Vec<PeerRules> = Vec::new();
    for _ in 0..QUESTIONS {
        let question = Question::any(random);
        let answers = PeerAnswers::new(&program, &question.peer);
        let place = known.iter().position(|rules| rules.answers == answers);
        counts.shared += usize::from(place.is_some());
        let place = place.unwrap_or_else(|| {
            known.push(PeerRules::of(&program, answers));
            known.len() - 1
        });
        question.with_request(|request| {
            let said = evaluate(&program, &known[place], request);
            let expected = plain::verdict(&program, &question.peer, request);
            let context = || {
                format!(
                    "{question:#?}\n{}",
                    serde_json::to_string(&objects).unwrap()
                )
            };
            assert_eq!(said.enforced, expected.enforced, "{}", context());
            assert_eq!(said.logged, expected.logged, "{}", context());
            assert_eq!(said.changes, expected.changes, "{}", context());
            assert_eq!(said.pending(), expected.pending(), "{}", context());
            match said.enforced.decision {
                Decision::Allow => counts.allowed += 1,
                Decision::Deny => counts.denied += 1,
            }
            counts.staged += usize::from(said.pending() != &said.enforced);
            counts.logged += usize::from(!said.logged.is_empty());
            counts.changed += usize::from(!said.changes.is_empty());
        });
    }
}

fn program(bundle: &Bundle, direction: Direction, random: &mut Random) -> Program {
    let config = WorkloadConfig {
        namespace: Some("default".to_owned()),
        name: Some("server".to_owned()),
        ..WorkloadConfig::default()
    };
    let local = Local::resolve(&config, &Node::default(), &bundle.model).unwrap();
    let mut settings = Settings::default();
    settings.recognition.binding = random.one_of(&[
        PeerBinding::AddressAndPrincipal,
        PeerBinding::Principal,
        PeerBinding::Address,
    ]);
    Program::compile(Arc::clone(&bundle.model), local, direction, settings)
}
