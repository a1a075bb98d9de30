//! Under which of its clauses each rule is filed.

use super::part::{self, Part};
use crate::gather;
use crate::pace::{Pace, at_once};
use crate::program::RuleProgram;

/// One text that a rule asks for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Filing {
    /// Which part of the request it is about, by its position among the parts.
    pub(super) part: usize,
    /// The hash of the text.
    pub(super) hash: u64,
    /// Which rule.
    pub(super) rule: usize,
    /// How long it is, if it is only the start of what is asked for.
    pub(super) prefix: Option<usize>,
}

/// The parts that rules are about; each rule filed under the part where the fewest others ask for
/// a text it asks for, in the order of part and hash; and the rules that are filed under none.
pub(super) fn file<'p>(rules: &[&'p RuleProgram]) -> (Vec<Part<&'p str>>, Vec<Filing>, Vec<usize>) {
    let mut parts = Vec::new();
    let mut filings = Vec::new();
    for (rule, program) in rules.iter().enumerate() {
        for condition in &program.conditions {
            let Some((part, texts)) = part::asked(condition) else {
                continue;
            };
            let known = parts.iter().position(|known| *known == part);
            let place = known.unwrap_or(parts.len());
            if known.is_none() {
                parts.push(part);
            }
            filings.extend(texts.into_iter().map(|text| Filing {
                part: place,
                hash: text.hash,
                rule,
                prefix: text.prefix,
            }));
        }
    }
    let compare = |left, right| filings.get(left).cmp(&filings.get(right));
    let order = (0..filings.len()).collect();
    let order = at_once(gather::sort(order, &compare, &Pace::unbounded()));
    let filings = order.iter().filter_map(|place| filings.get(*place));
    let mut filings: Vec<Filing> = filings.copied().collect();
    let best = best(&filings, rules.len());
    filings.retain(|filing| best.get(filing.rule).copied().flatten() == Some(filing.part));
    let rest = best.iter().enumerate().filter(|(_, best)| best.is_none());
    let rest = rest.map(|(rule, _)| rule).collect();
    (parts, filings, rest)
}

/// The best part for each rule: finding it there finds the fewest others.
fn best(filings: &[Filing], rules: usize) -> Vec<Option<usize>> {
    // How many are found with it at worst, and the part; for the part at hand, and for the best.
    let mut here: Vec<usize> = vec![0; rules];
    let mut best: Vec<Option<(usize, usize)>> = vec![None; rules];
    for of_part in filings.chunk_by(|one, next| one.part == next.part) {
        for crowd in of_part.chunk_by(|one, next| one.hash == next.hash) {
            for filing in crowd {
                if let Some(here) = here.get_mut(filing.rule) {
                    *here = crowd.len().max(*here);
                }
            }
        }
        for filing in of_part {
            let (Some(here), Some(best)) = (here.get_mut(filing.rule), best.get_mut(filing.rule))
            else {
                continue;
            };
            // Only the first text of a rule finds anything here.
            if *here > 0 {
                let this = (*here, filing.part);
                *best = Some(best.map_or(this, |best| best.min(this)));
                *here = 0;
            }
        }
    }
    let parts = best.into_iter().map(|best| best.map(|(_, part)| part));
    parts.collect()
}
