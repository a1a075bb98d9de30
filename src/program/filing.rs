//! Under which text each of many things is filed, so that those are found that ask for it.
//!
//! A thing asks for texts of one or more parts of a request, or of a peer: one of these texts has
//! to be there. It is filed under the part whose texts the fewest others ask for. What is not found
//! under the texts that are there is False. Texts are known by a hash; where two have the same, a
//! thing too many is found.

mod hash;

use crate::gather;
use crate::pace::{Pace, at_once};

pub(super) use self::hash::TextHash;

/// Most parts; what asks for others only is not filed.
const PARTS: usize = 64;

/// A text that is asked for.
#[derive(Debug, Clone, Copy)]
pub(super) struct Text {
    /// Its hash.
    pub(super) hash: u64,
    /// How long it is, if it is only the start of what is asked for.
    pub(super) prefix: Option<usize>,
}

/// One text that a thing asks for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
struct Filing {
    /// Which part it is of, by its position among the parts.
    part: usize,
    /// The hash of the text.
    hash: u64,
    /// Which thing.
    thing: usize,
    /// How long it is, if it is only the start of what is asked for.
    prefix: Option<usize>,
}

/// Things that are filed under one part.
#[derive(Debug)]
pub(super) struct Filed {
    /// Hashes of texts, and the things that ask for them; in order.
    pub(super) things: Vec<(u64, usize)>,
    /// How long those are that a text may start with; in order, each once.
    pub(super) lengths: Vec<usize>,
}

/// Files things, known by their position, by what each asks for: each part with what is filed under
/// it, and the things that are filed under none.
pub(super) fn file<P: Copy + PartialEq>(
    things: impl Iterator<Item = Vec<(P, Vec<Text>)>>,
) -> (Vec<(P, Filed)>, Vec<usize>) {
    let mut parts = Vec::new();
    let mut filings = Vec::new();
    let mut count = 0;
    for (thing, asked) in things.enumerate() {
        count = thing.saturating_add(1);
        for (part, texts) in asked {
            let known = parts.iter().position(|known| *known == part);
            let place = known.unwrap_or(parts.len());
            if place >= PARTS {
                continue;
            }
            if known.is_none() {
                parts.push(part);
            }
            filings.extend(texts.into_iter().map(|text| Filing {
                part: place,
                hash: text.hash,
                thing,
                prefix: text.prefix,
            }));
        }
    }
    let (filings, rest) = best_filings(&filings, count);
    let parts = parts.into_iter().enumerate().map(|(place, part)| {
        let of_part = filings.iter().filter(|filing| filing.part == place);
        (part, Filed::of(of_part))
    });
    let parts = parts.filter(|(_, filed)| !filed.things.is_empty());
    (parts.collect(), rest)
}

/// The filings under the best part of each thing, in order, and the things that have none.
fn best_filings(filings: &[Filing], things: usize) -> (Vec<Filing>, Vec<usize>) {
    let compare = |left, right| filings.get(left).cmp(&filings.get(right));
    let order = (0..filings.len()).collect();
    let order = at_once(gather::sort(order, &compare, &Pace::unbounded()));
    let filings = order.iter().filter_map(|place| filings.get(*place));
    let mut filings: Vec<Filing> = filings.copied().collect();
    let best = best(&filings, things);
    filings.retain(|filing| best.get(filing.thing).copied().flatten() == Some(filing.part));
    let rest = best.iter().enumerate().filter(|(_, best)| best.is_none());
    let rest = rest.map(|(thing, _)| thing).collect();
    (filings, rest)
}

/// The best part for each thing: finding it there finds the fewest others.
fn best(filings: &[Filing], things: usize) -> Vec<Option<usize>> {
    // How many are found with it at worst, and the part; for the part at hand, and for the best.
    let mut here: Vec<usize> = vec![0; things];
    let mut best: Vec<Option<(usize, usize)>> = vec![None; things];
    for of_part in filings.chunk_by(|one, next| one.part == next.part) {
        for crowd in of_part.chunk_by(|one, next| one.hash == next.hash) {
            for filing in crowd {
                if let Some(here) = here.get_mut(filing.thing) {
                    *here = crowd.len().max(*here);
                }
            }
        }
        for filing in of_part {
            let (Some(here), Some(best)) = (here.get_mut(filing.thing), best.get_mut(filing.thing))
            else {
                continue;
            };
            // Only the first text of a thing finds anything here.
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

impl Filed {
    /// What is filed under a part, in the order of the hashes.
    fn of<'f>(filings: impl Iterator<Item = &'f Filing>) -> Self {
        let mut filed = Self {
            things: Vec::new(),
            lengths: Vec::new(),
        };
        for filing in filings {
            if filed.things.last() != Some(&(filing.hash, filing.thing)) {
                filed.things.push((filing.hash, filing.thing));
            }
            if let Some(length) = filing.prefix {
                let place = filed.lengths.partition_point(|known| *known < length);
                if filed.lengths.get(place) != Some(&length) {
                    filed.lengths.insert(place, length);
                }
            }
        }
        filed
    }

    /// The things that ask for a text of this hash, in order.
    pub(super) fn with(&self, hash: u64) -> &[(u64, usize)] {
        let start = self.things.partition_point(|(other, _)| *other < hash);
        let from = self.things.get(start..).unwrap_or_default();
        let count = from.iter().take_while(|(other, _)| *other == hash).count();
        from.get(..count).unwrap_or_default()
    }
}
