//! The plain twin of the machine: from where in a value a part can lead to where, worked out on the
//! tree, for characters in a list.

use crate::regex::class::{Class, Doubt};
use crate::regex::parse;
use crate::regex::place::Place;
use crate::regex::reading::{Read, Reading};
use crate::regex::tree::{Node, Repeat};
use crate::truth::Truth;
use std::collections::BTreeSet;

pub(super) fn judge(text: &str, value: &[u8]) -> Truth {
    let mut all = Vec::new();
    for reading in [Reading::Latin1, Reading::Utf8] {
        // An expression of ASCII is the same in both.
        let tree = parse::parse(text, reading).unwrap();
        for doubt in [Doubt::Excluded, Doubt::Included] {
            let value = read(value, reading);
            let ends = value.as_ref().map(|value| {
                let twin = Twin {
                    value,
                    doubt,
                    classes: &tree.classes,
                };
                twin.ends(&tree.root, &BTreeSet::from([0]))
            });
            all.push(match (value.as_ref(), ends) {
                (Some(value), Some(ends)) => ends.contains(&value.len()),
                _ => false,
            });
        }
    }
    Truth::agreed(all)
}

/// The characters of a value, and what only looks like one.
fn read(mut value: &[u8], reading: Reading) -> Option<Vec<Option<u32>>> {
    let mut all = Vec::new();
    while !value.is_empty() {
        let length = match reading.first(value) {
            Read::Character(character, length) => {
                all.push(Some(character));
                length
            }
            Read::Shape(length) => {
                all.push(None);
                length
            }
            Read::Nothing => return None,
        };
        value = &value[length..];
    }
    Some(all)
}

struct Twin<'v> {
    value: &'v [Option<u32>],
    doubt: Doubt,
    classes: &'v [Class],
}

impl Twin<'_> {
    fn ends(&self, node: &Node, starts: &BTreeSet<usize>) -> BTreeSet<usize> {
        let taking = |takes: &dyn Fn(Option<u32>) -> bool| {
            let fits = |start: &&usize| self.value.get(**start).is_some_and(|one| takes(*one));
            starts.iter().filter(fits).map(|start| start + 1).collect()
        };
        match node {
            Node::Empty => starts.clone(),
            Node::Character(wanted) => taking(&|one| one == Some(*wanted)),
            Node::Class(number) => taking(&|one| {
                let class = &self.classes[usize::try_from(*number).unwrap()];
                match one {
                    Some(one) => class.has(one, self.doubt),
                    None => class.has_all(self.doubt),
                }
            }),
            Node::Place(place) => {
                let at = |start: &&usize| self.is_at(*place, **start);
                starts.iter().filter(at).copied().collect()
            }
            Node::All(parts) => parts
                .iter()
                .fold(starts.clone(), |at, part| self.ends(part, &at)),
            Node::Any(parts) => parts
                .iter()
                .flat_map(|part| self.ends(part, starts))
                .collect(),
            Node::Repeat(repeat) => self.repeated(repeat, starts),
        }
    }

    fn repeated(&self, repeat: &Repeat, starts: &BTreeSet<usize>) -> BTreeSet<usize> {
        let mut at = starts.clone();
        for _ in 0..repeat.least {
            at = self.ends(&repeat.part, &at);
        }
        let mut all = at.clone();
        // Beyond as many rounds as there are places nothing is new.
        let more = repeat.most.map_or(u32::MAX, |most| most - repeat.least);
        for _ in 0..more.min(u32::try_from(self.value.len()).unwrap() + 1) {
            at = self.ends(&repeat.part, &at);
            all.extend(&at);
        }
        all
    }

    fn is_at(&self, place: Place, start: usize) -> bool {
        let before = start.checked_sub(1).map(|before| self.value[before]);
        let after = self.value.get(start).copied();
        let is_end = |one: Option<Option<u32>>| one.is_none_or(|one| one == Some(10));
        let is_word = |one: Option<Option<u32>>| {
            let byte = one.flatten().and_then(|one| u8::try_from(one).ok());
            byte.is_some_and(|byte| byte.is_ascii_alphanumeric() || byte == b'_')
        };
        match place {
            Place::Start => before.is_none(),
            Place::End => after.is_none(),
            Place::LineStart => is_end(before),
            Place::LineEnd => is_end(after),
            Place::WordBoundary => is_word(before) != is_word(after),
            Place::NoWordBoundary => is_word(before) == is_word(after),
        }
    }
}
