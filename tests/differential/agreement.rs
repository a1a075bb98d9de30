//! The engine says what the reference says, and explains what it says.

use crate::asking::{Loaded, config, load};
use crate::reference::{self, Question};
use crate::world::{Probe, drafts, worlds};
use heliast::peer::Identity;
use heliast::truth::Truth;
use proptest::prelude::*;
use proptest::test_runner::TestRunner;
use std::cell::Cell;
use std::collections::BTreeMap;

/// Questions to each world.
const PROBES: usize = 16;

/// House rule 8: fast must equal obvious.
#[test]
fn the_engine_equals_the_reference() {
    let config = config(500);
    let worlds_asked = config.cases;
    let certificates = Certificates::default();
    let mut runner = TestRunner::new(config);
    let compared = runner.run(&(worlds(), drafts(PROBES)), |(world, drafts)| {
        let loaded = load(&world);
        for probe in loaded.probes(&drafts) {
            certificates.count(&loaded, &probe);
            let expected = asked(&loaded, &probe, reference::verdict);
            let said = loaded.verdict(&probe);
            prop_assert_eq!(&said.enforced, &expected.enforced, "enforced {:#?}", probe);
            prop_assert_eq!(said.pending(), expected.pending(), "staged {:#?}", probe);
            prop_assert_eq!(&said.logged, &expected.logged, "logged {:#?}", probe);
            // The engine leaves out what a staged policy that no request reaches says.
            let is_staged = said.staged.is_none() || expected.staged.is_some();
            prop_assert!(is_staged, "{:#?}", probe);
        }
        Ok(())
    });
    if let Err(difference) = compared {
        panic!("{difference}");
    }
    println!(
        "figure: the engine against the plain twin of Calico's semantics, {worlds_asked} worlds: 0 differences, {certificates:?}"
    );
    let Certificates {
        fit,
        do_not_fit,
        unknown,
    } = certificates;
    // What never happened was not compared.
    for count in [fit, do_not_fit, unknown] {
        assert!(
            count.get() * 10 > worlds_asked,
            "{count:?} of {worlds_asked}"
        );
    }
}

/// The certificates of the peers that were asked about.
#[derive(Debug, Default)]
struct Certificates {
    /// Those of the workload at the address.
    fit: Cell<u32>,
    /// Those of another workload that is known.
    do_not_fit: Cell<u32>,
    /// Those of no known workload.
    unknown: Cell<u32>,
}

impl Certificates {
    fn count(&self, loaded: &Loaded, probe: &Probe) {
        let (Identity::Verified(id), Some(address)) = (&probe.peer.identity, probe.peer.address)
        else {
            return;
        };
        let directory = loaded.model.directory.read();
        let there = directory.at(address).workloads;
        let holders = directory.holding(id);
        let count = if holders.is_empty() || id.trust_domain != "cluster.local" {
            &self.unknown
        } else if there.iter().any(|one| holders.contains(one)) {
            &self.fit
        } else {
            &self.do_not_fit
        };
        count.set(count.get() + 1);
    }
}

proptest! {
    #![proptest_config(config(500))]

    /// An explanation is the walk that was taken: its verdict is the engine's, and the truth of
    /// each rule that of the reference. Rules it leaves out can never match.
    #[test]
    fn explanations_agree(world in worlds(), drafts in drafts(PROBES)) {
        let loaded = load(&world);
        for probe in loaded.probes(&drafts) {
            let explanation = loaded.explain(&probe);
            prop_assert_eq!(&explanation.verdict, &loaded.verdict(&probe), "{:#?}", probe);
            let expected = asked(&loaded, &probe, reference::rule_truths);
            let expected = expected.into_iter().map(|(id, _, truth)| (id.to_string(), truth));
            let mut expected: BTreeMap<String, Truth> = expected.collect();
            let policies = explanation.tiers.iter().flat_map(|tier| &tier.policies);
            for rule in policies.flat_map(|policy| &policy.rules) {
                let id = rule.id.to_string();
                let truth = expected.remove(&id);
                prop_assert_eq!(Some(rule.truth), truth, "{} {:#?}", id, probe);
                let clauses = rule.clauses.iter().map(|clause| clause.truth);
                let together = clauses.fold(Truth::True, Truth::and);
                prop_assert_eq!(together, rule.truth, "clauses of {} {:#?}", id, probe);
            }
            for (id, truth) in expected {
                prop_assert_eq!(truth, Truth::False, "{} was left out {:#?}", id, probe);
            }
        }
    }
}

/// What the reference answers.
fn asked<R>(loaded: &Loaded, probe: &Probe, ask: impl FnOnce(Question<'_>) -> R) -> R {
    probe.with_request(|request| {
        let question = Question {
            resources: &loaded.resources,
            workload: &probe.enforcing,
            direction: probe.direction,
            recognition: probe.recognition,
            peer: &probe.peer,
            request,
        };
        ask(question)
    })
}
