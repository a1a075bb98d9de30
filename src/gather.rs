//! Maps and sets as sorted lists, and how they are put together.
//!
//! Each kind of B-tree brings 4 to 7 KB into the module, which is start time in every sidecar
//! (design section 7); a [`LiteMap`], a list that is searched by halves, brings a few hundred bytes.
//! So a map is a `LiteMap` and a set a sorted list, unless it is large and changes in the middle, as
//! the pods and addresses of a cluster do, or the objects of a bundle: to insert there moves what
//! stands behind. Where it may be large and was written by others, it is sorted once ([`sorted`]).
//!
//! A sort brings as much as a B-tree, so there is one for all that is sorted ([`sort`]): it moves
//! numbers of things, and asks which of two things comes first.

use crate::pace::{Pace, at_once};
use litemap::LiteMap;
use std::cmp::Ordering;

/// What it costs to put one thing before another.
const SORT_UNITS: usize = 8;

/// A map of these entries; of two with the same key the later one holds. They are few, or nearly in
/// order: each is put into its place at once.
pub(crate) fn map<K: Ord, V>(entries: impl IntoIterator<Item = (K, V)>) -> LiteMap<K, V> {
    let mut map = LiteMap::new_vec();
    for (key, value) in entries {
        map.insert(key, value);
    }
    map
}

/// A set of these values, of which there may be many, in any order.
pub(crate) fn set<T: Ord>(values: impl IntoIterator<Item = T>) -> Vec<T> {
    let values: Vec<T> = values.into_iter().collect();
    let compare = |left, right| values.get(left).cmp(&values.get(right));
    let places = (0..values.len()).collect();
    let places = at_once(sort(places, &compare, &Pace::unbounded()));
    let mut set: Vec<T> = in_order(values, places).collect();
    set.dedup();
    set
}

/// A map as it was sent, if its entries are in order.
pub(crate) fn sent<K: Ord, V>(entries: Vec<(K, V)>) -> Option<LiteMap<K, V>> {
    let is_in_order = entries.is_sorted_by(|(one, _), (next, _)| one < next);
    is_in_order.then(|| LiteMap::from_sorted_store_unchecked(entries))
}

/// A map of any number of entries, in any order; of two with the same key the later one holds.
#[cfg(feature = "objects")]
pub(crate) async fn sorted<K: Ord, V>(entries: Vec<(K, V)>, pace: &Pace) -> LiteMap<K, V> {
    let key = |place| entries.get(place).map(|(key, _)| key);
    let places = (0..entries.len()).collect();
    let places = sort(places, &|left, right| key(left).cmp(&key(right)), pace).await;
    let mut list: Vec<(K, V)> = Vec::new();
    for entry in in_order(entries, places) {
        let is_again = |(key, _): &mut (K, V)| *key == entry.0;
        list.pop_if(is_again);
        list.push(entry);
        pace.spend(SORT_UNITS).await;
    }
    LiteMap::from_sorted_store_unchecked(list)
}

/// Things in the order of their places.
pub(crate) fn in_order<T>(things: Vec<T>, places: Vec<usize>) -> impl Iterator<Item = T> {
    let mut things: Vec<Option<T>> = things.into_iter().map(Some).collect();
    let things = places
        .into_iter()
        .map(move |place| things.get_mut(place)?.take());
    things.flatten()
}

/// The number of a thing that is kept once, among those whose sorted numbers are `known`; `next` if
/// it is new. To know one more moves four bytes for each that stands behind it, which is little
/// beside making it.
pub(crate) fn number(
    known: &mut Vec<usize>,
    next: usize,
    compare: &dyn Fn(usize) -> Ordering,
) -> usize {
    match known.binary_search_by(|number| compare(*number)) {
        Ok(place) => known.get(place).copied().unwrap_or(next),
        Err(place) => {
            known.insert(place, next);
            next
        }
    }
}

/// These numbers in order, each once.
pub(crate) fn numbers(numbers: Vec<usize>) -> Vec<usize> {
    let compare = |left: usize, right: usize| left.cmp(&right);
    let mut numbers = at_once(sort(numbers, &compare, &Pace::unbounded()));
    numbers.dedup();
    numbers
}

/// Sorts numbers of things by what `compare` says of the things; equal ones stay as they were.
/// Pairs of runs become runs, and what is in order already takes no more than a look.
pub(crate) async fn sort(
    mut places: Vec<usize>,
    compare: &dyn Fn(usize, usize) -> Ordering,
    pace: &Pace,
) -> Vec<usize> {
    let mut run = 1_usize;
    while run < places.len() {
        let both = run.saturating_mul(2);
        let mut merged = Vec::with_capacity(places.len());
        for pair in places.chunks(both) {
            let (mut left, mut right) = pair.split_at_checked(run).unwrap_or((pair, &[]));
            let ends = left.last().zip(right.first());
            let is_mixed = ends.is_some_and(|(left, right)| compare(*left, *right).is_gt());
            while is_mixed && let ([one, ones @ ..], [other, others @ ..]) = (left, right) {
                if compare(*one, *other).is_gt() {
                    merged.push(*other);
                    right = others;
                } else {
                    merged.push(*one);
                    left = ones;
                }
                pace.spend(SORT_UNITS).await;
            }
            merged.extend_from_slice(left);
            merged.extend_from_slice(right);
            pace.spend(SORT_UNITS).await;
        }
        places = merged;
        run = both;
    }
    places
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn what_is_sorted_is_in_order_and_equals_stay(things in prop::collection::vec(0_u8..20, 0..100)) {
            let pace = Pace::unbounded();
            let by_thing = |left: usize, right: usize| things[left].cmp(&things[right]);
            let places = at_once(sort((0..things.len()).collect(), &by_thing, &pace));
            let mut expected: Vec<usize> = (0..things.len()).collect();
            expected.sort_by_key(|place| things[*place]);
            prop_assert_eq!(places, expected);
        }

        #[test]
        fn a_set_has_each_value_once_and_in_order(values in prop::collection::vec(any::<u8>(), 0..300)) {
            let plain: std::collections::BTreeSet<u8> = values.iter().copied().collect();
            prop_assert!(set(values).into_iter().eq(plain));
        }

        #[test]
        fn a_map_is_the_same_however_it_is_made(
            entries in prop::collection::vec((0_u8..20, any::<u8>()), 0..100),
        ) {
            let plain: std::collections::BTreeMap<u8, u8> = entries.iter().copied().collect();
            let sorted = at_once(sorted(entries.clone(), &Pace::unbounded()));
            prop_assert!(sorted.iter().map(|(key, value)| (*key, *value)).eq(plain));
            prop_assert_eq!(map(entries).into_tuple_vec(), sorted.into_tuple_vec());

        }
    }
}
