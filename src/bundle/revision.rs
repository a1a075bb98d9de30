//! Revisions: what a bundle says, in one word.
//!
//! A revision is the root of a tree of SHA-256 digests: the leaves are the objects in canonical
//! form, sorted; those with the same first byte are hashed together into one of 256 branches, and
//! the branches in order into the root. One changed object costs two short hashes, however large
//! the bundle, so that every delta can be held against the revision it leads to.

use crate::pace::Pace;
use sha2::{Digest, Sha256};
use std::collections::BTreeSet;
use std::fmt;
use std::str::FromStr;

/// What is hashed ahead of the branches, so that a root is no other digest.
const DOMAIN: &[u8] = b"heliast.dev/v1alpha1 Bundle\n";

/// What it costs to hash a leaf into its branch.
const LEAF_UNITS: usize = 8;

/// SHA-256 of an object in canonical form.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Leaf([u8; 32]);

impl Leaf {
    /// The leaf of a canonical form.
    #[must_use]
    pub fn of(text: &str) -> Self {
        Self(Sha256::digest(text.as_bytes()).into())
    }

    fn branch(self) -> usize {
        let [first, ..] = self.0;
        usize::from(first)
    }
}

/// The revision of a bundle: equal resources have equal revisions, in whatever order.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[cfg_attr(feature = "compiled", derive(serde::Serialize, serde::Deserialize))]
pub struct Revision([u8; 32]);

impl Revision {
    /// The first 48 bits: a number that metrics can carry without loss, and that is the same as
    /// the first twelve digits of the text.
    #[must_use]
    pub fn number(&self) -> u64 {
        let first = self.0.iter().take(6);
        first.fold(0, |number, byte| (number << 8) | u64::from(*byte))
    }

    /// The first twelve digits.
    #[must_use]
    pub fn short(&self) -> String {
        hex(self.0.get(..6).unwrap_or_default())
    }
}

impl fmt::Display for Revision {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&hex(&self.0))
    }
}

impl FromStr for Revision {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        const WRONG: &str = "is not 64 hexadecimal digits in lower case";
        let mut bytes = [0; 32];
        if text.len() != 64 {
            return Err(WRONG);
        }
        for (byte, digits) in bytes.iter_mut().zip(text.as_bytes().chunks(2)) {
            let digit = |digit: &u8| match digit {
                b'0'..=b'9' => digit.checked_sub(b'0'),
                b'a'..=b'f' => digit.checked_sub(b'a' - 10),
                _ => None,
            };
            let [high, low] = digits else {
                return Err(WRONG);
            };
            *byte = match (digit(high), digit(low)) {
                (Some(high), Some(low)) => (high << 4) | low,
                _ => return Err(WRONG),
            };
        }
        Ok(Self(bytes))
    }
}

/// The tree of a bundle's digests.
#[derive(Debug, Clone)]
pub struct RevisionTree {
    branches: Vec<Branch>,
}

#[derive(Debug, Clone, Default)]
struct Branch {
    leaves: BTreeSet<Leaf>,
    digest: [u8; 32],
    is_stale: bool,
}

impl Default for RevisionTree {
    fn default() -> Self {
        Self {
            branches: vec![Branch::default(); 256],
        }
    }
}

impl RevisionTree {
    /// Adds an object.
    pub fn insert(&mut self, leaf: Leaf) {
        if let Some(branch) = self.branches.get_mut(leaf.branch()) {
            branch.leaves.insert(leaf);
            branch.is_stale = true;
        }
    }

    /// Takes an object away.
    pub fn remove(&mut self, leaf: Leaf) {
        if let Some(branch) = self.branches.get_mut(leaf.branch()) {
            branch.leaves.remove(&leaf);
            branch.is_stale = true;
        }
    }

    /// Hashes the branches that have changed, in slices, so that [`Self::root`] need not.
    pub async fn settle(&mut self, pace: &Pace) {
        for branch in &mut self.branches {
            if branch.is_stale {
                branch.refresh();
                pace.spend(branch.leaves.len().saturating_mul(LEAF_UNITS))
                    .await;
            }
        }
    }

    /// The revision. Only branches that have changed are hashed again.
    pub fn root(&mut self) -> Revision {
        let mut root = Sha256::new();
        root.update(DOMAIN);
        for branch in &mut self.branches {
            branch.refresh();
            root.update(branch.digest);
        }
        Revision(root.finalize().into())
    }
}

impl Branch {
    /// A branch without objects stands as zeros.
    fn refresh(&mut self) {
        if !self.is_stale {
            return;
        }
        self.is_stale = false;
        if self.leaves.is_empty() {
            self.digest = [0; 32];
            return;
        }
        let mut hash = Sha256::new();
        self.leaves.iter().for_each(|leaf| hash.update(leaf.0));
        self.digest = hash.finalize().into();
    }
}

/// Bytes in lower-case hexadecimal.
#[must_use]
pub fn hex(bytes: &[u8]) -> String {
    const DIGITS: [char; 16] = [
        '0', '1', '2', '3', '4', '5', '6', '7', '8', '9', 'a', 'b', 'c', 'd', 'e', 'f',
    ];
    let digit = |digit: u8| DIGITS.get(usize::from(digit)).copied().unwrap_or('0');
    let digits = |byte: &u8| [digit(byte >> 4), digit(byte & 15)];
    bytes.iter().flat_map(digits).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn root(texts: &[&str]) -> Revision {
        let mut tree = RevisionTree::default();
        texts.iter().for_each(|text| tree.insert(Leaf::of(text)));
        tree.root()
    }

    #[test]
    fn equal_objects_have_equal_revisions_in_any_order() {
        assert_eq!(root(&["a", "b", "c"]), root(&["c", "a", "b"]));
        assert_ne!(root(&["a", "b"]), root(&["a", "b", "c"]));
        assert_ne!(root(&[]), root(&["a"]));
    }

    #[test]
    fn a_changed_tree_has_the_root_of_a_new_one() {
        let texts: Vec<String> = (0..2000).map(|number| number.to_string()).collect();
        let mut tree = RevisionTree::default();
        texts.iter().for_each(|text| tree.insert(Leaf::of(text)));
        tree.root();
        tree.remove(Leaf::of("7"));
        tree.insert(Leaf::of("seven"));
        let mut texts: Vec<&str> = texts.iter().map(String::as_str).collect();
        texts[7] = "seven";
        assert_eq!(tree.root(), root(&texts));
        tree.remove(Leaf::of("seven"));
        tree.insert(Leaf::of("7"));
        texts[7] = "7";
        assert_eq!(tree.root(), root(&texts));
    }

    #[test]
    fn text_and_number_agree() {
        let revision = root(&["a"]);
        let text = revision.to_string();
        assert_eq!(text.parse(), Ok(revision));
        let number = format!("{:012x}", revision.number());
        assert_eq!(number, revision.short());
        assert!(text.starts_with(&number));
        let long = format!("{text}0");
        for wrong in ["", "0", &long, &text.to_uppercase(), &"g".repeat(64)] {
            assert!(wrong.parse::<Revision>().is_err(), "{wrong}");
        }
    }
}
