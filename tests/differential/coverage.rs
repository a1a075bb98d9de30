//! The worlds are worth looking at: what may happen does.

use crate::asking::load;
use crate::reference::{self, Question};
use crate::world::{Probe, drafts, worlds};
use heliast::resources::Resources;
use heliast::terms::Action;
use heliast::truth::Truth;
use heliast::verdict::{Decision, Verdict};
use proptest::prelude::*;
use proptest::test_runner::{Config, RngSeed, TestRunner};
use std::collections::BTreeMap;

const WORLDS: usize = 120;

/// What a test that compares nothing would never notice.
#[test]
fn worlds_reach_everything() {
    let mut seen: BTreeMap<String, usize> = BTreeMap::new();
    let mut runner = TestRunner::new(Config {
        rng_seed: RngSeed::Fixed(2026),
        ..Config::default()
    });
    for _ in 0..WORLDS {
        let (worlds, drafts) = (worlds(), drafts(16));
        let world = worlds.new_tree(&mut runner).unwrap().current();
        let drafts = drafts.new_tree(&mut runner).unwrap().current();
        let resources = load(&world).resources;
        for probe in drafts.iter().map(|draft| draft.in_world(&resources)) {
            for sight in sights(&resources, &probe) {
                *seen.entry(sight).or_default() += 1;
            }
        }
    }
    let all = seen["questions"];
    for (sight, percent) in [
        ("enforced Allow by a rule", 5),
        ("enforced Deny by a rule", 5),
        ("enforced Deny at the end of a tier", 5),
        ("enforced Allow by the profile", 5),
        ("staged differs", 1),
        ("logged", 1),
        ("Log Unknown", 1),
        ("many rules", 3),
        ("Allow True", 5),
        ("Allow Unknown", 5),
        ("Deny True", 5),
        ("Deny Unknown", 5),
        ("Pass True", 2),
        ("Pass Unknown", 2),
        ("Log True", 1),
    ] {
        let times = seen.get(sight).copied().unwrap_or_default();
        assert!(times * 100 >= all * percent, "{sight}: {seen:#?}");
    }
}

/// What there is to see in one question.
fn sights(resources: &Resources, probe: &Probe) -> Vec<String> {
    probe.with_request(|request| {
        let question = Question {
            resources,
            workload: &probe.enforcing,
            direction: probe.direction,
            recognition: probe.recognition,
            peer: &probe.peer,
            request,
        };
        let mut sights = vec!["questions".to_owned()];
        sights.extend(of_verdict(&reference::verdict(question)));
        let truths = reference::rule_truths(question);
        let mut tiers: BTreeMap<_, usize> = BTreeMap::new();
        for (rule, ..) in &truths {
            *tiers.entry(rule.policy().tier.clone()).or_default() += 1;
        }
        sights.extend((tiers.values().max() > Some(&16)).then(|| "many rules".to_owned()));
        let truths = truths
            .into_iter()
            .filter(|(.., truth)| *truth != Truth::False);
        sights
            .extend(truths.map(|(_, action, truth): (_, Action, _)| format!("{action} {truth:?}")));
        sights.sort();
        sights.dedup();
        sights
    })
}

fn of_verdict(verdict: &Verdict) -> Vec<String> {
    let Verdict {
        enforced,
        staged,
        logged,
        changes,
    } = verdict;
    assert!(changes.is_empty(), "no policy of Calico's changes headers");
    let decision = enforced.decision;
    let by = match (
        decision,
        enforced.rule.index(),
        &enforced.rule.policy().tier,
    ) {
        (Decision::Deny, None, _) => "at the end of a tier",
        (_, _, None) => "by the profile",
        (_, _, Some(_)) => "by a rule",
    };
    let mut sights = vec![format!("enforced {decision} {by}")];
    let differs = staged
        .as_ref()
        .is_some_and(|staged| staged.decision != decision);
    sights.extend(differs.then(|| "staged differs".to_owned()));
    sights.extend((!logged.is_empty()).then(|| "logged".to_owned()));
    sights
}
