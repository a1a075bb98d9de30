//! Revisions: what a bundle says, in one word.
//!
//! A revision is the root of a tree of SHA-256 digests, whose leaves are the objects in canonical
//! form ([`RevisionTree`]).

#[cfg(feature = "compiled")]
use crate::reader::{Read, Reader};
use sha2::{Digest, Sha256};
use std::fmt;
use std::str::FromStr;

/// SHA-256 of an object in canonical form.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Leaf([u8; 32]);

impl Leaf {
    /// The leaf of a canonical form.
    #[must_use]
    pub fn of(text: &str) -> Self {
        Self(Sha256::digest(text.as_bytes()).into())
    }

    /// The digest itself.
    #[must_use]
    pub fn digest(self) -> [u8; 32] {
        self.0
    }
}

impl From<[u8; 32]> for Leaf {
    fn from(digest: [u8; 32]) -> Self {
        Self(digest)
    }
}

/// The revision of a bundle: equal resources have equal revisions, in whatever order.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[cfg_attr(feature = "compiler", derive(serde::Serialize))]
pub struct Revision(pub(super) [u8; 32]);

#[cfg(feature = "compiled")]
impl Read for Revision {
    fn read(from: &mut Reader<'_>) -> Self {
        Self(from.read())
    }
}

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

/// Bytes in lower-case hexadecimal.
#[must_use]
pub fn hex(bytes: &[u8]) -> String {
    const DIGITS: [char; 16] = [
        '0', '1', '2', '3', '4', '5', '6', '7', '8', '9', 'a', 'b', 'c', 'd', 'e', 'f',
    ];
    let digit = |digit: u8| DIGITS.get(usize::from(digit)).copied().unwrap_or('0');
    let mut text = String::with_capacity(bytes.len().saturating_mul(2));
    for byte in bytes {
        text.push(digit(byte >> 4));
        text.push(digit(byte & 15));
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_and_number_agree() {
        let revision = Revision(Leaf::of("a").digest());
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
