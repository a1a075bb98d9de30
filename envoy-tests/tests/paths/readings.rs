//! What an upstream may make of a path: every order of the usual steps, each of them optional.
//!
//! Written apart from the filter, and blunter: it collects results and judges none. What the spec
//! calls data stays data: a question mark or a number sign that had to be decoded ends no path.

use std::collections::BTreeSet;

type Step = fn(&[u8]) -> Vec<u8>;

const STEPS: [Step; 5] = [
    decode,
    backslashes,
    drop_parameters,
    merge_slashes,
    resolve_dots,
];

/// Enough for every step once, and three decodings.
const ROUNDS: usize = 9;

/// Whether any reading is this path.
pub(crate) fn may_be(path: &[u8], wanted: &str) -> bool {
    let wanted = wanted.as_bytes();
    readings(path)
        .iter()
        .any(|reading| reading.strip_suffix(b"/").unwrap_or(reading) == wanted)
}

/// Whether any reading is this path or below it.
pub(crate) fn may_be_under(path: &[u8], wanted: &str) -> bool {
    readings(path)
        .iter()
        .any(|reading| is_under(reading, wanted))
}

/// Whether anybody who resolves dots, whatever else he does, ends at this path or below it.
pub(crate) fn may_lead_under(path: &[u8], wanted: &str) -> bool {
    let resolved = |reading: &&Vec<u8>| resolve_dots(reading) == **reading;
    readings(path)
        .iter()
        .filter(resolved)
        .any(|reading| is_under(reading, wanted))
}

fn is_under(reading: &[u8], wanted: &str) -> bool {
    let rest = reading.strip_prefix(wanted.as_bytes());
    rest.is_some_and(|rest| rest.is_empty() || rest.starts_with(b"/"))
}

/// What can come out of the steps in any order. The query is no path to anybody; the fragment,
/// which should not be sent at all, may be.
pub(crate) fn readings(path: &[u8]) -> BTreeSet<Vec<u8>> {
    let path = until(path, b'?');
    let mut known = BTreeSet::from([until(&path, b'#'), path]);
    let mut fresh = known.clone();
    for _ in 0..ROUNDS {
        let mut next = BTreeSet::new();
        for reading in &fresh {
            for step in STEPS {
                let result = step(reading);
                if known.insert(result.clone()) {
                    next.insert(result);
                }
            }
        }
        fresh = next;
    }
    known
}

fn until(path: &[u8], end: u8) -> Vec<u8> {
    path.iter()
        .copied()
        .take_while(|byte| *byte != end)
        .collect()
}

fn decode(path: &[u8]) -> Vec<u8> {
    let mut decoded = Vec::new();
    let mut rest = path;
    while let Some((first, tail)) = rest.split_first() {
        let escaped = match (first, tail) {
            (b'%', [high, low, ..]) => hex(*high).zip(hex(*low)),
            _ => None,
        };
        match escaped {
            Some((high, low)) => {
                decoded.push(high * 16 + low);
                rest = tail.get(2..).unwrap_or_default();
            }
            None => {
                decoded.push(*first);
                rest = tail;
            }
        }
    }
    decoded
}

fn hex(digit: u8) -> Option<u8> {
    match digit {
        b'0'..=b'9' => Some(digit - b'0'),
        b'a'..=b'f' => Some(digit - b'a' + 10),
        b'A'..=b'F' => Some(digit - b'A' + 10),
        _ => None,
    }
}

fn backslashes(path: &[u8]) -> Vec<u8> {
    let slash = |byte: &u8| if *byte == b'\\' { b'/' } else { *byte };
    path.iter().map(slash).collect()
}

fn drop_parameters(path: &[u8]) -> Vec<u8> {
    let segments = path.split(|byte| *byte == b'/');
    let segments: Vec<_> = segments.map(|segment| until(segment, b';')).collect();
    segments.join(&b'/')
}

fn merge_slashes(path: &[u8]) -> Vec<u8> {
    let mut merged: Vec<u8> = Vec::new();
    for byte in path {
        if !(*byte == b'/' && merged.last() == Some(&b'/')) {
            merged.push(*byte);
        }
    }
    merged
}

fn resolve_dots(path: &[u8]) -> Vec<u8> {
    let Some(path) = path.strip_prefix(b"/") else {
        return path.to_vec();
    };
    let mut kept: Vec<&[u8]> = Vec::new();
    for segment in path.split(|byte| *byte == b'/') {
        match segment {
            b"." => {}
            b".." => {
                kept.pop();
            }
            segment => kept.push(segment),
        }
    }
    [b"/".as_slice(), &kept.join(&b'/')].concat()
}
