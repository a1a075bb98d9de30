//! The engine says what the reference says, and explains what it says.

use crate::asking::{Loaded, config, load};
use crate::reference::{self, Question};
use crate::world::{Probe, drafts, worlds};
use heliast::truth::Truth;
use proptest::prelude::*;
use std::collections::BTreeMap;

/// Questions to each world.
const PROBES: usize = 16;

proptest! {
    #![proptest_config(config(500))]

    /// House rule 8: fast must equal obvious.
    #[test]
    fn the_engine_equals_the_reference(world in worlds(), drafts in drafts(PROBES)) {
        let loaded = load(&world);
        for probe in loaded.probes(&drafts) {
            let expected = asked(&loaded, &probe, reference::verdict);
            let said = loaded.verdict(&probe);
            prop_assert_eq!(&said.enforced, &expected.enforced, "enforced {:#?}", probe);
            prop_assert_eq!(said.pending(), expected.pending(), "staged {:#?}", probe);
            prop_assert_eq!(&said.logged, &expected.logged, "logged {:#?}", probe);
            // The engine leaves out what a staged policy that no request reaches says.
            let is_staged = said.staged.is_none() || expected.staged.is_some();
            prop_assert!(is_staged, "{:#?}", probe);
        }
    }

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
