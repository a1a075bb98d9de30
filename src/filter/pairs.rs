//! The host's format for maps: a count, the lengths, then keys and values, each with a NUL behind
//! it (envoy-wasm.md 1.4).

use crate::host::HeaderLines;
use std::ops::Range;

/// Where the keys and values of a map stand in its bytes; none if the bytes are not a whole map.
fn ranges(bytes: &[u8]) -> Option<Vec<(Range<usize>, Range<usize>)>> {
    let count = number_at(bytes, 0)?;
    // The lengths alone take eight bytes a pair: a count that cannot be true allocates nothing.
    let mut next = count
        .checked_mul(8)?
        .checked_add(4)
        .filter(|start| *start <= bytes.len())?;
    let mut take = |len: usize| {
        let range = next..next.checked_add(len)?;
        next = range.end.checked_add(1)?;
        (next <= bytes.len()).then_some(range)
    };
    let mut pairs = Vec::with_capacity(count);
    for pair in 0..count {
        let lengths = pair.checked_mul(8)?.checked_add(4)?;
        let key = take(number_at(bytes, lengths)?)?;
        let value = take(number_at(bytes, lengths.checked_add(4)?)?)?;
        pairs.push((key, value));
    }
    Some(pairs)
}

fn number_at(bytes: &[u8], start: usize) -> Option<usize> {
    let four = bytes.get(start..start.checked_add(4)?)?;
    usize::try_from(u32::from_le_bytes(four.try_into().ok()?)).ok()
}

/// Reads header lines.
pub(super) fn decode(bytes: Vec<u8>) -> Option<HeaderLines> {
    let lines = ranges(&bytes)?;
    Some(HeaderLines::new(bytes, lines))
}

/// Writes header lines.
pub(super) fn encode<'a>(pairs: impl Iterator<Item = (&'a str, &'a str)> + Clone) -> Vec<u8> {
    let number = |number: usize| u32::try_from(number).unwrap_or(u32::MAX).to_le_bytes();
    // Two lengths, and a NUL behind each of the two texts.
    let size =
        |(key, value): (&str, &str)| key.len().saturating_add(value.len()).saturating_add(10);
    let size = pairs.clone().map(size).fold(4, usize::saturating_add);
    let mut bytes = Vec::with_capacity(size);
    bytes.extend(number(pairs.clone().count()));
    for (key, value) in pairs.clone() {
        bytes.extend(number(key.len()));
        bytes.extend(number(value.len()));
    }
    for (key, value) in pairs {
        for text in [key, value] {
            bytes.extend(text.as_bytes());
            bytes.push(0);
        }
    }
    bytes
}

#[cfg(test)]
mod tests {
    use super::{decode, encode};
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn any_bytes_are_read_without_panic(bytes: Vec<u8>) {
            let _lines = decode(bytes);
        }

        #[test]
        fn what_is_written_is_read(pairs: Vec<(String, String)>) {
            let bytes = encode(pairs.iter().map(|(key, value)| (key.as_str(), value.as_str())));
            let lines = decode(bytes).unwrap();
            let read: Vec<_> = lines.iter().map(|(key, value)| (key.to_vec(), value.to_vec())).collect();
            let written: Vec<_> = pairs.into_iter().map(|(key, value)| (key.into_bytes(), value.into_bytes())).collect();
            prop_assert_eq!(read, written);
        }
    }

    #[test]
    fn a_count_that_cannot_be_true_allocates_nothing() {
        assert_eq!(decode(vec![0xff, 0xff, 0xff, 0xff]), None);
        assert_eq!(
            decode(vec![1, 0, 0, 0, 255, 255, 255, 255, 0, 0, 0, 0]),
            None
        );
    }
}
