//! Under which of its clauses each rule is filed.

use super::part::{self, Part};
use crate::program::RuleProgram;
use std::borrow::Cow;

/// One text that a rule asks for.
#[derive(Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Filing<'p> {
    pub(super) part: Part<&'p str>,
    pub(super) text: Cow<'p, [u8]>,
    pub(super) is_prefix: bool,
    pub(super) rule: usize,
}

/// Each rule filed under the part where the fewest others ask for a text it asks for; in order. And
/// the rules that are filed under none.
pub(super) fn file<'p>(rules: &[&'p RuleProgram]) -> (Vec<Filing<'p>>, Vec<usize>) {
    let mut filings = all_filings(rules);
    filings.sort_unstable();
    let mut crowds = Vec::new();
    for crowd in filings.chunk_by(|one, next| (one.part, &one.text) == (next.part, &next.text)) {
        crowds.extend(crowd.iter().map(|one| (one.rule, one.part, crowd.len())));
    }
    crowds.sort_unstable();
    let mut best: Vec<Option<(usize, Part<&str>)>> = vec![None; rules.len()];
    for crowds in crowds.chunk_by(|one, next| (one.0, one.1) == (next.0, next.1)) {
        // The last is the largest, and so what finding the rule by that part may cost.
        let Some((rule, part, most)) = crowds.last() else {
            continue;
        };
        if let Some(best) = best.get_mut(*rule) {
            let known = best.unwrap_or((*most, *part));
            *best = Some(known.min((*most, *part)));
        }
    }
    let is_best = |filing: &Filing<'_>| {
        let best = best.get(filing.rule).copied().flatten();
        best.is_some_and(|(_, part)| part == filing.part)
    };
    filings.retain(is_best);
    let rest = best.iter().enumerate().filter(|(_, best)| best.is_none());
    let rest = rest.map(|(rule, _)| rule).collect();
    (filings, rest)
}

fn all_filings<'p>(rules: &[&'p RuleProgram]) -> Vec<Filing<'p>> {
    let mut filings = Vec::new();
    for (rule, program) in rules.iter().enumerate() {
        let asked = program.conditions.iter();
        for (part, texts) in asked.filter_map(|condition| part::asked(condition)) {
            filings.extend(texts.into_iter().map(|(text, is_prefix)| Filing {
                part,
                text,
                is_prefix,
                rule,
            }));
        }
    }
    filings
}
