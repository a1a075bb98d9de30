//! The tree of a bundle's digests.
//!
//! A group of few leaves is hashed as it is; one of more is split by the next hexadecimal digit of
//! its leaves into sixteen, whose digests are hashed. Which groups there are depends on nothing but
//! the leaves, and one changed object costs some forty short blocks, however large the bundle: so
//! every delta can be held against the revision it leads to.

use super::revision::{Leaf, Revision};
use crate::pace::Pace;
use sha2::{Digest, Sha256};

/// What is hashed ahead of the topmost group, so that a root is no other digest.
const DOMAIN: &[u8] = b"heliast.dev/v1alpha1 Bundle\n";
/// What is hashed ahead of leaves.
const LEAVES: &[u8] = b"leaves\n";
/// What is hashed ahead of the digests of groups.
const GROUPS: &[u8] = b"groups\n";
/// Most leaves that are not split.
const FEW: usize = 64;
/// What it costs to hash a digest into that of its group.
const DIGEST_UNITS: usize = 8;

/// The tree of a bundle's digests.
#[derive(Debug, Clone, Default)]
pub struct RevisionTree {
    top: Group,
}

#[derive(Debug, Clone, Default)]
struct Group {
    count: usize,
    /// None if it has changed since it was hashed.
    digest: Option<[u8; 32]>,
    members: Members,
}

#[derive(Debug, Clone)]
enum Members {
    /// At most [`FEW`], sorted.
    Leaves(Vec<Leaf>),
    /// More, by their next digit.
    Groups(Box<[Group; 16]>),
}

impl Default for Members {
    fn default() -> Self {
        Self::Leaves(Vec::new())
    }
}

impl RevisionTree {
    /// Adds an object.
    pub fn insert(&mut self, leaf: Leaf) {
        self.top.insert(leaf, 0);
    }

    /// Takes an object away.
    pub fn remove(&mut self, leaf: Leaf) {
        self.top.remove(leaf, 0);
    }

    /// Hashes the groups that have changed, in slices, so that [`Self::root`] need not.
    pub async fn settle(&mut self, pace: &Pace) {
        while let Some(digests) = self.top.refresh_one() {
            pace.spend(digests.saturating_mul(DIGEST_UNITS)).await;
        }
    }

    /// The revision. Only groups that have changed are hashed again.
    pub fn root(&mut self) -> Revision {
        while self.top.refresh_one().is_some() {}
        let mut root = Sha256::new();
        root.update(DOMAIN);
        root.update(self.top.digest.unwrap_or_default());
        Revision(root.finalize().into())
    }
}

impl Group {
    /// Adds a leaf to a group at a depth; whether it was new.
    fn insert(&mut self, leaf: Leaf, depth: usize) -> bool {
        let is_new = match &mut self.members {
            Members::Leaves(leaves) => match leaves.binary_search(&leaf) {
                Ok(_) => false,
                Err(place) => {
                    leaves.insert(place, leaf);
                    true
                }
            },
            Members::Groups(groups) => {
                let group = groups.get_mut(leaf.digit(depth));
                group.is_some_and(|group| group.insert(leaf, depth.saturating_add(1)))
            }
        };
        if is_new {
            self.count = self.count.saturating_add(1);
            self.digest = None;
            self.split(depth);
        }
        is_new
    }

    /// Takes a leaf out; whether it was there.
    fn remove(&mut self, leaf: Leaf, depth: usize) -> bool {
        let was_there = match &mut self.members {
            Members::Leaves(leaves) => match leaves.binary_search(&leaf) {
                Ok(place) => {
                    leaves.remove(place);
                    true
                }
                Err(_) => false,
            },
            Members::Groups(groups) => {
                let group = groups.get_mut(leaf.digit(depth));
                group.is_some_and(|group| group.remove(leaf, depth.saturating_add(1)))
            }
        };
        if was_there {
            self.count = self.count.saturating_sub(1);
            self.digest = None;
            if self.count <= FEW {
                self.unite();
            }
        }
        was_there
    }

    /// Makes groups of leaves that are too many.
    fn split(&mut self, depth: usize) {
        let Members::Leaves(leaves) = &mut self.members else {
            return;
        };
        if leaves.len() <= FEW {
            return;
        }
        let mut groups: Box<[Self; 16]> = Box::default();
        for leaf in std::mem::take(leaves) {
            if let Some(group) = groups.get_mut(leaf.digit(depth)) {
                group.insert(leaf, depth.saturating_add(1));
            }
        }
        self.members = Members::Groups(groups);
    }

    /// Makes leaves of groups that have become few.
    fn unite(&mut self) {
        if let Members::Groups(groups) = &mut self.members {
            let mut leaves = Vec::with_capacity(self.count);
            for group in groups.iter_mut() {
                // None of them can have more than all together.
                if let Members::Leaves(few) = &mut group.members {
                    leaves.append(few);
                }
            }
            self.members = Members::Leaves(leaves);
        }
    }

    /// Hashes one group that has changed, those in it first; how many digests went into it. None if
    /// none has changed.
    fn refresh_one(&mut self) -> Option<usize> {
        if self.digest.is_some() {
            return None;
        }
        let mut hash = Sha256::new();
        let digests = match &mut self.members {
            Members::Leaves(leaves) if leaves.is_empty() => {
                // Nothing stands as zeros.
                self.digest = Some([0; 32]);
                return Some(0);
            }
            Members::Leaves(leaves) => {
                hash.update(LEAVES);
                leaves.iter().for_each(|leaf| hash.update(leaf.digest()));
                leaves.len()
            }
            Members::Groups(groups) => {
                if let Some(digests) = groups.iter_mut().find_map(Self::refresh_one) {
                    return Some(digests);
                }
                hash.update(GROUPS);
                for group in groups.iter() {
                    hash.update(group.digest.unwrap_or_default());
                }
                groups.len()
            }
        };
        self.digest = Some(hash.finalize().into());
        Some(digests)
    }
}

impl Leaf {
    /// The hexadecimal digit at a place.
    fn digit(self, place: usize) -> usize {
        let byte = self.digest().get(place / 2).copied().unwrap_or(0);
        usize::from(if place.is_multiple_of(2) {
            byte >> 4
        } else {
            byte & 15
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn root(texts: &[&str]) -> Revision {
        let mut tree = RevisionTree::default();
        texts.iter().for_each(|text| tree.insert(Leaf::of(text)));
        tree.root()
    }

    /// The digest of sorted leaves that share so many digits, as docs/bundles.md has it.
    fn plain(leaves: &[Leaf], depth: usize) -> [u8; 32] {
        if leaves.is_empty() {
            return [0; 32];
        }
        if leaves.len() <= 64 {
            let list: Vec<u8> = leaves.iter().flat_map(|leaf| leaf.digest()).collect();
            return Sha256::digest([&b"leaves\n"[..], &list].concat()).into();
        }
        let groups = (0..16).flat_map(|digit| {
            let group = leaves.iter().copied();
            let group: Vec<Leaf> = group.filter(|leaf| leaf.digit(depth) == digit).collect();
            plain(&group, depth + 1)
        });
        let list: Vec<u8> = groups.collect();
        Sha256::digest([&b"groups\n"[..], &list].concat()).into()
    }

    fn plain_root(texts: impl Iterator<Item = String>) -> Revision {
        let mut leaves: Vec<Leaf> = texts.map(|text| Leaf::of(&text)).collect();
        leaves.sort();
        leaves.dedup();
        let top = plain(&leaves, 0);
        let text = [&b"heliast.dev/v1alpha1 Bundle\n"[..], &top].concat();
        Revision(Sha256::digest(text).into())
    }

    #[test]
    fn equal_objects_have_equal_revisions_in_any_order() {
        assert_eq!(root(&["a", "b", "c"]), root(&["c", "a", "b"]));
        assert_ne!(root(&["a", "b"]), root(&["a", "b", "c"]));
        assert_ne!(root(&[]), root(&["a"]));
    }

    #[test]
    fn digits_are_those_that_print() {
        let leaf = Leaf::of("a");
        let printed = super::super::hex(&leaf.digest());
        for (place, digit) in printed.chars().enumerate() {
            let digit = usize::try_from(digit.to_digit(16).unwrap()).unwrap();
            assert_eq!(leaf.digit(place), digit);
        }
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(64))]

        #[test]
        fn a_changed_tree_has_the_root_of_a_new_one(
            first in 0_u32..3000,
            changes in proptest::collection::vec((any::<bool>(), 0_u32..3000), 0..1500),
        ) {
            let mut tree = RevisionTree::default();
            let mut there: std::collections::BTreeSet<u32> = (0..first).collect();
            there.iter().for_each(|number| tree.insert(Leaf::of(&number.to_string())));
            prop_assert_eq!(tree.root(), plain_root(there.iter().map(u32::to_string)));
            for (is_there, number) in changes {
                let leaf = Leaf::of(&number.to_string());
                if is_there {
                    tree.insert(leaf);
                    there.insert(number);
                } else {
                    tree.remove(leaf);
                    there.remove(&number);
                }
            }
            prop_assert_eq!(tree.root(), plain_root(there.iter().map(u32::to_string)));
        }
    }
}
