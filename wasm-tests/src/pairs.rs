//! The byte form of header maps and property maps.

/// Above this many bytes Envoy takes a map from the guest for an empty one.
pub const MAX_BYTES: usize = 1 << 20;
/// Above this many pairs Envoy takes a map from the guest for an empty one.
pub const MAX_PAIRS: usize = 1024;

/// Count, then the two lengths of each pair, then key NUL value NUL for each.
#[must_use]
pub fn encode<K: AsRef<[u8]>, V: AsRef<[u8]>>(pairs: &[(K, V)]) -> Vec<u8> {
    let mut bytes = length(pairs.len()).to_vec();
    for (key, value) in pairs {
        bytes.extend(length(key.as_ref().len()));
        bytes.extend(length(value.as_ref().len()));
    }
    for (key, value) in pairs {
        bytes.extend(key.as_ref());
        bytes.push(0);
        bytes.extend(value.as_ref());
        bytes.push(0);
    }
    bytes
}

/// What Envoy makes of a map the guest wrote: **empty** when it is malformed or over the limits.
#[must_use]
pub fn decode(bytes: &[u8]) -> Vec<(Vec<u8>, Vec<u8>)> {
    if bytes.len() > MAX_BYTES {
        return Vec::new();
    }
    decode_any(bytes).unwrap_or_default()
}

fn decode_any(bytes: &[u8]) -> Option<Vec<(Vec<u8>, Vec<u8>)>> {
    let (count, mut lengths) = take_length(bytes)?;
    if count > MAX_PAIRS {
        return None;
    }
    let mut data = lengths.get(count.checked_mul(8)?..)?;
    let mut pairs = Vec::new();
    for _ in 0..count {
        let (key_length, rest) = take_length(lengths)?;
        let (value_length, rest) = take_length(rest)?;
        lengths = rest;
        let (key, rest) = take_text(data, key_length)?;
        let (value, rest) = take_text(rest, value_length)?;
        data = rest;
        pairs.push((key.to_vec(), value.to_vec()));
    }
    Some(pairs)
}

fn take_length(bytes: &[u8]) -> Option<(usize, &[u8])> {
    let (length, rest) = bytes.split_first_chunk::<4>()?;
    Some((usize::try_from(u32::from_le_bytes(*length)).ok()?, rest))
}

fn take_text(bytes: &[u8], length: usize) -> Option<(&[u8], &[u8])> {
    let (text, rest) = bytes.split_at_checked(length)?;
    Some((text, rest.split_first()?.1))
}

/// Guest memory has 32 bit addresses; a longer text could not be handed over anyway.
fn length(value: usize) -> [u8; 4] {
    u32::try_from(value).unwrap_or(u32::MAX).to_le_bytes()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_layout_is_count_lengths_texts() {
        let bytes = encode(&[("a", "xy")]);
        assert_eq!(bytes, b"\x01\0\0\0\x01\0\0\0\x02\0\0\0a\0xy\0");
    }

    #[test]
    fn what_is_written_is_read_back() {
        let pairs = vec![
            (b"k".to_vec(), b"\xff\0v".to_vec()),
            (b"k".to_vec(), Vec::new()),
        ];
        assert_eq!(decode(&encode(&pairs)), pairs);
    }

    #[test]
    fn over_1024_pairs_is_empty() {
        let fits = vec![("k", "v"); MAX_PAIRS];
        assert_eq!(decode(&encode(&fits)).len(), MAX_PAIRS);
        let over = vec![("k", "v"); MAX_PAIRS + 1];
        assert_eq!(decode(&encode(&over)), Vec::new());
    }

    #[test]
    fn over_a_mebibyte_is_empty() {
        let over = vec![("k", vec![b'v'; MAX_BYTES])];
        assert_eq!(decode(&encode(&over)), Vec::new());
    }

    #[test]
    fn truncated_bytes_are_empty() {
        let bytes = encode(&[("key", "value")]);
        for end in 0..bytes.len() {
            assert_eq!(decode(&bytes[..end]), Vec::new(), "{end}");
        }
    }
}
