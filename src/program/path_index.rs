//! Finds the rules of a tier that a plain path can match, without walking the others.
//!
//! Only for paths that have a single reading: then a rule whose paths do not match is False, and
//! leaving it out changes nothing. Where a path can be read in two ways, every rule is asked.

use crate::path::{PathKind, PathPattern};
use std::collections::BTreeMap;

/// From this many rules on, looking up is cheaper than asking each.
const WORTHWHILE: usize = 16;

/// The rules of a tier by the paths they ask for; rules are known by their position.
#[derive(Debug)]
pub struct PathIndex {
    exact: BTreeMap<Vec<u8>, Vec<usize>>,
    prefix: BTreeMap<Vec<u8>, Vec<usize>>,
    /// The rules that ask for no path.
    any: Vec<usize>,
}

impl PathIndex {
    /// The index of rules that ask for these paths, if there are enough of them.
    pub(super) fn build<'p>(
        rules: impl ExactSizeIterator<Item = Option<&'p [Option<PathPattern>]>>,
    ) -> Option<Self> {
        if rules.len() < WORTHWHILE {
            return None;
        }
        let mut index = Self {
            exact: BTreeMap::new(),
            prefix: BTreeMap::new(),
            any: Vec::new(),
        };
        for (position, patterns) in rules.enumerate() {
            match patterns {
                Some(patterns) => {
                    patterns
                        .iter()
                        .flatten()
                        .for_each(|pattern| index.add(pattern, position));
                }
                None => index.any.push(position),
            }
        }
        Some(index)
    }

    fn add(&mut self, pattern: &PathPattern, position: usize) {
        let paths = match pattern.kind() {
            PathKind::Exact => &mut self.exact,
            PathKind::Prefix => &mut self.prefix,
        };
        paths
            .entry(pattern.path().to_vec())
            .or_default()
            .push(position);
    }

    /// The rules that a path with this one reading can match, in order.
    #[must_use]
    pub fn candidates(&self, path: &[u8]) -> Vec<usize> {
        let mut found = self.any.clone();
        found.extend(self.exact.get(path).into_iter().flatten());
        for ancestor in ancestors(path) {
            found.extend(self.prefix.get(ancestor).into_iter().flatten());
        }
        found.sort_unstable();
        found.dedup();
        found
    }
}

/// The path itself and every path above it: `/a/b`, `/a` and `/`.
fn ancestors(path: &[u8]) -> impl Iterator<Item = &[u8]> {
    let slashes = path
        .iter()
        .enumerate()
        .skip(1)
        .filter(|(_, byte)| **byte == b'/');
    let above = slashes.filter_map(|(end, _)| path.get(..end));
    let root = (path != b"/").then_some(b"/".as_slice());
    above.chain([path]).chain(root)
}

#[cfg(test)]
mod tests {
    use super::{PathIndex, ancestors};
    use crate::path::{PathPattern, RequestPath};
    use crate::truth::Truth;
    use proptest::prelude::*;

    #[test]
    fn every_path_above() {
        let above = |path: &'static str| -> Vec<&[u8]> { ancestors(path.as_bytes()).collect() };
        assert_eq!(above("/"), [b"/".as_slice()]);
        assert_eq!(above("/a"), [b"/a".as_slice(), b"/"]);
        assert_eq!(above("/a/b"), [b"/a".as_slice(), b"/a/b", b"/"]);
    }

    proptest! {
        /// The index and the plain walk find the same rules.
        #[test]
        fn finds_what_asking_each_finds(
            rules in proptest::collection::vec(
                proptest::option::of(proptest::collection::vec(("(/[ab]{0,2}){1,3}", any::<bool>()), 1..3)),
                16..40,
            ),
            path in "(/[ab]{0,2}){1,4}",
        ) {
            let patterns: Vec<Option<Vec<Option<PathPattern>>>> = rules.into_iter().map(|paths| {
                let pattern = |(path, exact): (String, bool)| {
                    if exact { PathPattern::exact(&path) } else { PathPattern::prefix(&path) }
                };
                paths.map(|paths| paths.into_iter().map(pattern).collect())
            }).collect();
            let read = RequestPath::read(path.as_bytes());
            if let Some(only) = read.only_reading() {
                let index = PathIndex::build(patterns.iter().map(Option::as_deref)).unwrap();
                let asked = patterns.iter().enumerate().filter(|(_, patterns)| {
                    patterns.as_ref().is_none_or(|patterns| {
                        patterns.iter().flatten().any(|one| one.judge(&read) != Truth::False)
                    })
                });
                let asked: Vec<usize> = asked.map(|(position, _)| position).collect();
                prop_assert_eq!(index.candidates(only), asked);
            }
        }
    }
}
