//! What happens to the headers of a request that is allowed (kubernetes-cilium.md 3.4, 3.6).
//!
//! Every rule of the tier that let the request pass acts if it matches, also where another rule has
//! allowed the request already. Whether a rule matches is a question about the request as it came;
//! what its headers are, about the request as earlier rules left it.

use super::Walk;
use crate::model::HeaderRewrite;
use crate::program::{PeerTier, Program, Step, TierProgram};
use crate::terms::Mismatch;
use crate::truth::Truth;
use crate::verdict::{Decision, HeaderChange};

/// The lines of a header, by its name.
type Lines = (String, Vec<Vec<u8>>);

impl Walk<'_> {
    /// The changes that the rules make; none on a request that is refused.
    pub(super) fn rewrite(&mut self, decision: Decision) -> Vec<HeaderChange> {
        let tiers = std::mem::take(&mut self.rewriting);
        let mut changes = Vec::new();
        if decision == Decision::Deny {
            return changes;
        }
        let mut headers: Vec<Lines> = Vec::new();
        let program = self.program;
        for (tier, step) in tiers.iter().flat_map(|tier| rewriters(program, tier)) {
            if self.judge(tier, step) != Truth::True {
                continue;
            }
            let rewrites = tier.rule(step).map(|rule| &rule.rewrites);
            for rewrite in rewrites.into_iter().flatten() {
                let Some(lines) = self.lines(&mut headers, &rewrite.name) else {
                    continue;
                };
                match change(rewrite, lines) {
                    Effect::Nothing => {}
                    Effect::Note => self.logged.push(step.rule.clone()),
                    Effect::Change(change) => changes.push(change),
                }
            }
        }
        changes
    }

    /// The lines of a header as earlier changes left them.
    fn lines<'h>(&self, headers: &'h mut Vec<Lines>, name: &str) -> Option<&'h mut Vec<Vec<u8>>> {
        let known = headers.iter().position(|(known, _)| known == name);
        let index = known.unwrap_or(headers.len());
        if known.is_none() {
            let http = self.context.request.http;
            let lines = http.iter().flat_map(|http| http.lines(name));
            let lines = lines.map(<[u8]>::to_vec).collect();
            headers.push((name.to_owned(), lines));
        }
        headers.get_mut(index).map(|(_, lines)| lines)
    }
}

/// The rules of a tier that may change headers.
fn rewriters<'p>(
    program: &'p Program,
    tier: &'p PeerTier,
) -> impl Iterator<Item = (&'p TierProgram, &'p Step)> {
    let steps = program.steps.get(tier.tier);
    let found = program.tiers.get(tier.tier).zip(steps);
    let found = found.map(|(of, steps)| {
        let places = tier.rewriters.iter();
        places.filter_map(move |place| Some((of, steps.steps.get(*place)?)))
    });
    found.into_iter().flatten()
}

/// What comes of an expected header.
enum Effect {
    Nothing,
    Note,
    Change(HeaderChange),
}

fn change(rewrite: &HeaderRewrite, lines: &mut Vec<Vec<u8>>) -> Effect {
    let is_there = !lines.is_empty();
    let as_expected = match &rewrite.value {
        None => is_there,
        Some(value) => is_there && lines.join(&b',') == value.as_bytes(),
    };
    if as_expected {
        return Effect::Nothing;
    }
    let name = rewrite.name.clone();
    match (rewrite.mismatch, rewrite.value.clone()) {
        (Mismatch::Log, _) => Effect::Note,
        (Mismatch::Delete, _) if is_there => {
            lines.clear();
            Effect::Change(HeaderChange::Remove { name })
        }
        (Mismatch::Add, Some(value)) => {
            lines.push(value.clone().into_bytes());
            Effect::Change(HeaderChange::Add { name, value })
        }
        (Mismatch::Replace, Some(value)) => {
            *lines = vec![value.clone().into_bytes()];
            Effect::Change(HeaderChange::Replace { name, value })
        }
        // Loading refuses to add or set nothing.
        (Mismatch::Delete, _) | (Mismatch::Add | Mismatch::Replace, None) => Effect::Nothing,
    }
}
