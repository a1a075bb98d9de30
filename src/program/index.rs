//! Finds the rules of a tier that a request can match, without walking the others.
//!
//! Each rule is filed under one of its clauses ([`filing`]). A rule is left out only where none of
//! the texts of the request that the clause is about is among them; then the clause is False, and
//! so is the rule. Where it is not certain which texts those are, every rule is asked.

mod candidates;
mod part;
#[cfg(test)]
mod tests;

pub use self::candidates::Candidates;

use self::part::Part;
use super::filing::{self, Filed, TextHash};
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
    filed: Filed,
}

impl RuleIndex {
    /// The index of these rules, if there are enough of them and some can be filed.
    pub(super) fn build(rules: &[&RuleProgram]) -> Option<Self> {
        if rules.len() < WORTHWHILE {
            return None;
        }
        let (parts, rest) = filing::file(rules.iter().map(|rule| {
            let conditions = rule.conditions.iter();
            conditions.filter_map(|one| part::asked(one)).collect()
        }));
        let tables = parts.into_iter().map(|(part, filed)| Table {
            part: part.to_owned(),
            filed,
        });
        let tables: Vec<Table> = tables.collect();
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
    fn look_up<'i>(&'i self, text: &[u8], found: &mut Candidates<'i>) {
        let filed = &self.filed;
        let mut lengths = filed.lengths.iter().peekable();
        let mut hash = TextHash::default();
        for (length, byte) in text.iter().enumerate() {
            let is_start = lengths.next_if(|wanted| **wanted == length).is_some();
            if is_start {
                found.add(filed.with(hash.of_prefix()));
            }
            hash.add(self.part.folded(*byte));
        }
        if lengths.next() == Some(&text.len()) {
            found.add(filed.with(hash.of_prefix()));
        }
        found.add(filed.with(hash.of_whole()));
    }
}
