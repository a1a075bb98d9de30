//! A pruned bundle, and the program compiled of it, decide as the whole bundle does: over policy of
//! all four dialects, with certificates that fit, that do not, and that nobody is known to hold.
//! Programs are compiled where the feature `compiler` is there, as in a run of the whole workspace.

use crate::questions::Question;
use crate::random::Random;
use crate::{number, worlds};
use heliast::bundle::{Audience, Bundle, Object};
use heliast::config::WorkloadConfig;
use heliast::evaluate::evaluate;
use heliast::peer::{Identity, Peer, PeerBinding, PlaintextPeers, Recognition};
use heliast::program::{Local, Node, PeerRules, Program};
use heliast::prune::Fleet;
use heliast::settings::Settings;
use heliast::verdict::{Decision, Direction, Verdict};
use serde_json::Value;
use std::sync::Arc;

/// Questions to each set of policy.
const QUESTIONS: usize = 60;

/// What was compared.
#[derive(Debug, Default)]
struct Counts {
    allowed: usize,
    denied: usize,
    /// Certificates that nobody is known to hold.
    unknown: usize,
    /// Certificates shown at the address of another workload.
    stolen: usize,
}

#[test]
fn pruned_and_compiled_decide_as_the_whole() {
    let worlds = number("HELIAST_AGREEMENT_WORLDS", 150);
    let seed = number("HELIAST_AGREEMENT_SEED", 2026);
    let mut counts = Counts::default();
    for world in 0..worlds {
        compare(&mut Random::new(seed.wrapping_add(world)), &mut counts);
    }
    println!(
        "figure: pruned and compiled against whole, {worlds} sets of policy from seed {seed}: 0 differences, {counts:?}"
    );
    let Counts {
        allowed,
        denied,
        unknown,
        stolen,
    } = counts;
    // What never happened was not compared.
    let least = usize::try_from(worlds).unwrap();
    for count in [allowed, denied, unknown, stolen] {
        assert!(count > least, "{count} of {worlds}");
    }
}

fn compare(random: &mut Random, counts: &mut Counts) {
    let mut objects = worlds::objects(random);
    worlds::scatter(random, &mut objects);
    let whole = Bundle::load(&objects)
        .unwrap_or_else(|problems| panic!("refused: {problems}\n{objects:#?}"));
    let fleet = Fleet::load(objects.iter().map(|one| Object::new(one.clone()).unwrap())).unwrap();
    let questions: Vec<Question> = (0..QUESTIONS).map(|_| Question::any(random)).collect();
    for by_principal in [false, true] {
        let audience = Audience {
            namespace: "default".to_owned(),
            pod: "server".to_owned(),
            by_principal,
        };
        let view = fleet.view(&audience).unwrap();
        let kept = view.store().objects();
        let kept: Vec<Value> = kept
            .map(|one| serde_json::from_str(&one.text).unwrap())
            .collect();
        let pruned = Bundle {
            audience: Some(audience),
            ..Bundle::load(&kept).unwrap()
        };
        let compiled = sent(&pruned);
        for (direction, recognition) in ways(by_principal) {
            let [whole, pruned, compiled] =
                [&whole, &pruned, &compiled].map(|bundle| program(bundle, direction, recognition));
            for question in &questions {
                let expected = verdict(&whole, question);
                for (name, one) in [("pruned", &pruned), ("compiled", &compiled)] {
                    let said = verdict(one, question);
                    assert_eq!(
                        said,
                        expected,
                        "{name} {direction} {recognition:?} {question:#?}\n{}\nkept {}",
                        serde_json::to_string(&objects).unwrap(),
                        serde_json::to_string(&kept).unwrap()
                    );
                }
                count(&whole, &question.peer, &expected, counts);
            }
        }
    }
}

/// A bundle after it was compiled, sent and opened.
#[cfg(feature = "compiler")]
fn sent(bundle: &Bundle) -> Bundle {
    use heliast::compiled::{Opened, compile, seal};
    let (head, payload) = compile(bundle, None).unwrap();
    let bytes = seal(head, Vec::new(), &payload).unwrap();
    Opened::new(&bytes).unwrap().load(&bytes).unwrap()
}

/// The bundle itself: nothing compiles it here.
#[cfg(not(feature = "compiler"))]
fn sent(bundle: &Bundle) -> Bundle {
    bundle.clone()
}

/// Both directions, and every recognition that a bundle serves.
fn ways(by_principal: bool) -> Vec<(Direction, Recognition)> {
    let plaintext = PlaintextPeers::ByAddress;
    let way = |direction, binding| (direction, Recognition { binding, plaintext });
    let mut ways = vec![
        way(Direction::Ingress, PeerBinding::AddressAndPrincipal),
        way(Direction::Ingress, PeerBinding::Address),
        way(Direction::Egress, PeerBinding::Address),
    ];
    ways.extend(by_principal.then(|| way(Direction::Ingress, PeerBinding::Principal)));
    ways
}

fn program(bundle: &Bundle, direction: Direction, recognition: Recognition) -> Program {
    let config = WorkloadConfig {
        namespace: Some("default".to_owned()),
        name: Some("server".to_owned()),
        ..WorkloadConfig::default()
    };
    let local = Local::resolve(&config, &Node::default(), &bundle.model).unwrap();
    let settings = Settings::from(recognition);
    Program::compile(Arc::clone(&bundle.model), local, direction, settings)
}

fn verdict(program: &Program, question: &Question) -> Verdict {
    // Nobody shows a certificate to whom he calls.
    let peer = match program.direction {
        Direction::Ingress => question.peer.clone(),
        Direction::Egress => Peer {
            identity: Identity::Plaintext,
            ..question.peer.clone()
        },
    };
    let rules = PeerRules::new(program, &peer);
    question.with_request(|request| evaluate(program, &rules, request))
}

fn count(whole: &Program, peer: &Peer, verdict: &Verdict, counts: &mut Counts) {
    match verdict.enforced.decision {
        Decision::Allow => counts.allowed += 1,
        Decision::Deny => counts.denied += 1,
    }
    let (Identity::Verified(id), Some(address)) = (&peer.identity, peer.address) else {
        return;
    };
    let directory = whole.model.directory.read();
    counts.unknown += usize::from(directory.holding(id).is_empty());
    let there = directory.at(address).workloads;
    let is_other = |one: &&heliast::model::Workload| one.service_account != id.service_account;
    counts.stolen += usize::from(there.iter().any(is_other));
}
