//! Finds the rules of a tier that a request can match, without walking the others.
//!
//! Each rule is filed under one of its clauses: the one whose texts the fewest rules ask for. A
//! rule is left out only where none of the texts of the request that the clause is about is among
//! them; then the clause is False, and so is the rule. Where it is not certain which texts those
//! are, every rule is asked.
//!
//! Texts are known by a hash. Where two have the same, a rule too many is asked.

mod candidates;
mod filing;
mod hash;
mod part;
#[cfg(test)]
mod tests;

pub use self::candidates::Candidates;

use self::filing::Filing;
use self::hash::TextHash;
use self::part::Part;
use super::{Context, RuleProgram};

/// From this many rules on, looking up is cheaper than asking each.
const WORTHWHILE: usize = 8;

/// The rules of a tier by what they ask for; rules are known by their position.
#[derive(Debug)]
pub struct RuleIndex {
    tables: Vec<Table>,
    /// The rules that are filed under nothing.
    rest: Vec<usize>,
}

/// What rules ask of one part of a request.
#[derive(Debug)]
struct Table {
    part: Part,
    /// Hashes of texts, and the rules that ask for them; in order.
    filed: Vec<(u64, usize)>,
    /// How long those are that a text may start with; in order, each once.
    lengths: Vec<usize>,
}

impl RuleIndex {
    /// The index of these rules, if there are enough of them and some can be filed.
    pub(super) fn build(rules: &[&RuleProgram]) -> Option<Self> {
        if rules.len() < WORTHWHILE {
            return None;
        }
        let (parts, filings, rest) = filing::file(rules);
        let tables = parts.into_iter().enumerate().map(|(place, part)| {
            let of_part = filings.iter().filter(|filing| filing.part == place);
            Table::of(part.to_owned(), of_part)
        });
        let tables: Vec<Table> = tables.filter(|table| !table.filed.is_empty()).collect();
        (!tables.is_empty()).then_some(Self { tables, rest })
    }

    /// The rules that the request can match, in order; none if that cannot be said.
    #[must_use]
    pub fn candidates(&self, context: &Context<'_>) -> Option<Candidates<'_>> {
        let mut found = Candidates::new(&self.rest);
        for table in &self.tables {
            let look_up = &mut |text: &[u8]| table.look_up(text, &mut found);
            if !table.part.texts(context, look_up) {
                return None;
            }
        }
        found.complete()
    }
}

impl Table {
    /// The rules that are filed under a part, in the order of the hashes.
    fn of<'f>(part: Part, filings: impl Iterator<Item = &'f Filing>) -> Self {
        let mut table = Self {
            part,
            filed: Vec::new(),
            lengths: Vec::new(),
        };
        for filing in filings {
            let known = table.filed.last();
            if known != Some(&(filing.hash, filing.rule)) {
                table.filed.push((filing.hash, filing.rule));
            }
            if let Some(length) = filing.prefix {
                let place = table.lengths.partition_point(|known| *known < length);
                if table.lengths.get(place) != Some(&length) {
                    table.lengths.insert(place, length);
                }
            }
        }
        table
    }

    fn look_up<'i>(&'i self, text: &[u8], found: &mut Candidates<'i>) {
        let mut lengths = self.lengths.iter().peekable();
        let mut hash = TextHash::default();
        for (length, byte) in text.iter().enumerate() {
            let is_start = lengths.next_if(|wanted| **wanted == length).is_some();
            if is_start && self.part.may_end_before(*byte) {
                found.add(self.with(hash.of_prefix()));
            }
            hash.add(self.part.folded(*byte));
        }
        if lengths.next() == Some(&text.len()) {
            found.add(self.with(hash.of_prefix()));
        }
        found.add(self.with(hash.of_whole()));
    }

    /// The rules that ask for a text of this hash.
    fn with(&self, hash: u64) -> &[(u64, usize)] {
        let start = self.filed.partition_point(|(other, _)| *other < hash);
        let from = self.filed.get(start..).unwrap_or_default();
        let count = from.iter().take_while(|(other, _)| *other == hash).count();
        from.get(..count).unwrap_or_default()
    }
}
