//! Finds the rules of a tier that a request can match, without walking the others.
//!
//! Each rule is filed under one of its clauses: the one whose texts the fewest rules ask for. A
//! rule is left out only where none of the texts of the request that the clause is about is among
//! them; then the clause is False, and so is the rule. Where it is not certain which texts those
//! are, every rule is asked.

mod candidates;
mod filing;
mod part;
#[cfg(test)]
mod tests;

pub use self::candidates::Candidates;

use self::filing::Filing;
use self::part::Part;
use super::{Context, RuleProgram};
use std::ops::Range;

/// From this many rules on, looking up is cheaper than asking each.
const WORTHWHILE: usize = 8;

/// The rules of a tier by what they ask for; rules are known by their position.
#[derive(Debug)]
pub struct RuleIndex {
    /// The texts, one behind the other.
    texts: Vec<u8>,
    /// The positions, list behind list.
    rules: Vec<usize>,
    tables: Vec<Table>,
    /// The rules that are filed under nothing.
    rest: Vec<usize>,
}

/// What rules ask of one part of a request.
#[derive(Debug)]
struct Table {
    part: Part,
    /// In the order of their texts.
    entries: Vec<Entry>,
}

/// The rules that ask for one text.
#[derive(Debug)]
struct Entry {
    text: Range<usize>,
    /// Those that ask for the whole text.
    exact: Range<usize>,
    /// Those that ask for what starts with it.
    prefix: Range<usize>,
    /// The longest other text that this one starts with, and that is asked for as a start.
    shorter: Option<usize>,
}

impl RuleIndex {
    /// The index of these rules, if there are enough of them and some can be filed.
    pub(super) fn build(rules: &[&RuleProgram]) -> Option<Self> {
        if rules.len() < WORTHWHILE {
            return None;
        }
        let (filings, rest) = filing::file(rules);
        if filings.is_empty() {
            return None;
        }
        let mut index = Self {
            texts: Vec::new(),
            rules: Vec::new(),
            tables: Vec::new(),
            rest,
        };
        for of_part in filings.chunk_by(|one, next| one.part == next.part) {
            index.add_table(of_part);
        }
        Some(index)
    }

    /// The rules that the request can match, in order; none if that cannot be said.
    #[must_use]
    pub fn candidates(&self, context: &Context<'_>) -> Option<Candidates<'_>> {
        let mut found = Candidates::default();
        found.add(&self.rest);
        for table in &self.tables {
            let known = table.part.texts(context, &mut |text| {
                self.look_up(table, text, &mut found);
            });
            if !known {
                return None;
            }
        }
        found.complete()
    }

    fn look_up<'i>(&'i self, table: &'i Table, text: &[u8], found: &mut Candidates<'i>) {
        // Of all texts that this one starts with, the last before it starts with the others.
        let after = table
            .entries
            .partition_point(|entry| self.text(entry) <= text);
        let mut next = after.checked_sub(1);
        while let Some(entry) = next.and_then(|place| table.entries.get(place)) {
            let asked = self.text(entry);
            if let Some(more) = text.strip_prefix(asked) {
                if more.is_empty() {
                    found.add(self.list(&entry.exact));
                }
                if more.is_empty() || table.part.ends_before(more) {
                    found.add(self.list(&entry.prefix));
                }
            }
            next = entry.shorter;
        }
    }

    fn text(&self, entry: &Entry) -> &[u8] {
        self.texts.get(entry.text.clone()).unwrap_or_default()
    }

    fn list(&self, range: &Range<usize>) -> &[usize] {
        self.rules.get(range.clone()).unwrap_or_default()
    }

    /// Adds the rules that are filed under one part, in the order of their texts.
    fn add_table(&mut self, filings: &[Filing<'_>]) {
        let Some(first) = filings.first() else {
            return;
        };
        let part = first.part.to_owned();
        let mut entries: Vec<Entry> = Vec::new();
        for same in filings.chunk_by(|one, next| one.text == next.text) {
            let Some(text) = same.first().map(|filing| filing.text.as_ref()) else {
                continue;
            };
            let start = self.texts.len();
            self.texts.extend_from_slice(text);
            let entry = Entry {
                text: start..self.texts.len(),
                exact: self.add_list(same, false),
                prefix: self.add_list(same, true),
                shorter: self.shorter(&entries, text),
            };
            entries.push(entry);
        }
        self.tables.push(Table { part, entries });
    }

    fn add_list(&mut self, filings: &[Filing<'_>], is_prefix: bool) -> Range<usize> {
        let start = self.rules.len();
        let wanted = filings.iter().filter(|one| one.is_prefix == is_prefix);
        for filing in wanted {
            let known = self.rules.get(start..).and_then(<[usize]>::last);
            if known != Some(&filing.rule) {
                self.rules.push(filing.rule);
            }
        }
        start..self.rules.len()
    }

    /// The longest start of a text among the entries, all of which come before it: it is the last
    /// of them, or one that the last starts with.
    fn shorter(&self, entries: &[Entry], text: &[u8]) -> Option<usize> {
        let mut next = entries.len().checked_sub(1);
        while let Some(place) = next {
            let entry = entries.get(place)?;
            if !entry.prefix.is_empty() && text.starts_with(self.text(entry)) {
                return Some(place);
            }
            next = entry.shorter;
        }
        None
    }
}
