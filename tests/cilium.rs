//! Cilium policy against a plain reading of kubernetes-cilium.md 3.4, over policies, pods and
//! requests at random.
//!
//! `HELIAST_PROPTEST_CASES` sets how many sets of policy are looked at; each is asked every request
//! of a fixed few.
#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "a test, helpers included: what is not there fails it"
)]

#[path = "cilium/twin.rs"]
mod twin;
#[path = "cilium/written.rs"]
mod written;

use heliast::bundle::Bundle;
use heliast::config::WorkloadConfig;
use heliast::evaluate::evaluate;
use heliast::peer::{Identity, Peer};
use heliast::program::{Local, Node, PeerRules, Program};
use heliast::request::{Http, Request};
use heliast::settings::Settings;
use heliast::terms::Protocol;
use heliast::verdict::{Decision, Direction};
use proptest::prelude::*;
use proptest::test_runner::{Config, RngAlgorithm, TestRng, TestRunner};
use std::sync::Arc;
use twin::{Asked, Caller, PODS, allows};
use written::{Policy, policies};

/// Sets of policy, unless the environment says another number.
const CASES: u32 = 400;

fn runner() -> TestRunner {
    let cases = std::env::var("HELIAST_PROPTEST_CASES");
    let cases = cases.ok().and_then(|text| text.parse().ok());
    let config = Config {
        cases: cases.unwrap_or(CASES),
        failure_persistence: None,
        ..Config::default()
    };
    let seed = [7; 32];
    TestRunner::new_with_rng(config, TestRng::from_seed(RngAlgorithm::ChaCha, &seed))
}

/// What `ds` enforces at ingress under these policies.
fn program(policies: &[Policy]) -> Program {
    let mut objects = written::surroundings();
    objects.extend(policies.iter().map(Policy::to_object));
    let bundle = Bundle::load(&objects).unwrap();
    let config = WorkloadConfig {
        namespace: Some("default".to_owned()),
        name: Some("ds".to_owned()),
        ..WorkloadConfig::default()
    };
    let local = Local::resolve(&config, &Node::default(), &bundle.model).unwrap();
    let model = Arc::clone(&bundle.model);
    Program::compile(model, local, Direction::Ingress, Settings::default())
}

fn decide(program: &Program, asked: &Asked) -> Decision {
    let address = asked.caller.address().parse().unwrap();
    let domains = ["cluster.local".to_owned()];
    let identity = match asked.caller.principal() {
        Some(uri) => Identity::of_certificate(&[uri.as_bytes()], &domains),
        None => Identity::Plaintext,
    };
    let peer = Peer {
        address: Some(address),
        identity,
    };
    let mut lines: Vec<(&[u8], &[u8])> = vec![
        (b":method", asked.method.as_bytes()),
        (b":path", asked.path.as_bytes()),
        (b":authority", b"ds"),
    ];
    lines.extend(asked.x.map(|value| (b"x".as_slice(), value.as_bytes())));
    let http = asked.is_http.then(|| Http::new(&lines));
    let request = Request {
        port: Some(asked.port),
        ..Request::new(Protocol::TCP, http)
    };
    let rules = PeerRules::new(program, &peer);
    evaluate(program, &rules, &request).enforced.decision
}

/// Every caller, port, method, path and header, where they can matter.
fn questions() -> Vec<Asked> {
    let mut questions = Vec::new();
    let pods = (0..PODS.len()).flat_map(|pod| [Caller::Pod(pod), Caller::Plaintext(pod)]);
    let others = [
        Caller::OwnNode,
        Caller::OtherNode,
        Caller::World("10.9.0.1"),
        Caller::World("10.8.1.1"),
    ];
    for caller in pods.chain(others) {
        for port in [80, 81, 8080] {
            for (method, path, x) in [
                ("GET", "/a", None),
                ("GET", "/b", Some("1")),
                ("PUT", "/a", Some("2")),
                ("PUT", "/v/x", None),
                ("GET", "/c?a=/a", Some("1")),
            ] {
                questions.push(Asked {
                    caller,
                    port,
                    method,
                    path,
                    x,
                    is_http: true,
                });
            }
            questions.push(Asked {
                caller,
                port,
                method: "",
                path: "",
                x: None,
                is_http: false,
            });
        }
    }
    questions
}

#[test]
fn the_engine_decides_as_the_specification_reads() {
    let questions = questions();
    let mut counts = [0_usize; 2];
    let counted = std::cell::RefCell::new(&mut counts);
    runner()
        .run(&policies(), |policies| {
            let program = program(&policies);
            for asked in &questions {
                let expected = allows(&policies, asked);
                let found = decide(&program, asked) == Decision::Allow;
                counted.borrow_mut()[usize::from(found)] += 1;
                prop_assert_eq!(found, expected, "{:?}", asked);
            }
            Ok(())
        })
        .unwrap();
    // A world in which everything is denied, or nothing, would show nothing.
    let [denied, allowed] = counts;
    println!("figure: cilium twin, {denied} denials and {allowed} allowances compared");
    assert!(denied > 1000 && allowed > 1000, "{denied} {allowed}");
}

#[test]
fn a_deny_rule_more_never_lets_anybody_in() {
    let questions = questions();
    runner()
        .run(&(policies(), written::denying()), |(policies, more)| {
            let before = program(&policies);
            let mut with = policies;
            with.push(more);
            let after = program(&with);
            for asked in &questions {
                // It may isolate whoever was not; it never gives.
                let gave = decide(&before, asked) == Decision::Deny
                    && decide(&after, asked) == Decision::Allow;
                prop_assert!(!gave, "{:?}", asked);
            }
            Ok(())
        })
        .unwrap();
}
