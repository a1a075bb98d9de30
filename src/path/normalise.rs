//! Calico's one reading of a path.

use super::steps::{before, resolve_segments, split_escape, without_parameters};

/// The path as Calico compares it (calico.md 4.6): cut at `?` or `#`, decoded once, parameters
/// dropped, slashes merged, dot segments resolved, no slash at the end. `None` if nothing matches
/// it: an escape is invalid, or leaves another dot, slash or backslash behind; there is a NUL; or
/// it does not start with `/`.
///
/// Normalising twice is the same as once unless the result contains `%`, `?` or `#`, which are
/// data there, decoded from `%25`, `%3F` and `%23`; then the second time always differs.
#[must_use]
pub fn normalise(raw: &[u8]) -> Option<Vec<u8>> {
    let mut path = decode(before(raw, b"?#"))?;
    if hides_separator(&path) || path.contains(&0) {
        return None;
    }
    for byte in &mut path {
        if *byte == b'\\' {
            *byte = b'/';
        }
    }
    let inside = path.strip_prefix(b"/")?;
    let segments = inside.split(|byte| *byte == b'/').map(without_parameters);
    Some(resolve_segments(
        segments.filter(|segment| !segment.is_empty()),
    ))
}

fn decode(mut raw: &[u8]) -> Option<Vec<u8>> {
    let mut decoded = Vec::with_capacity(raw.len());
    while let Some((&byte, rest)) = raw.split_first() {
        let (byte, rest) = if byte == b'%' {
            split_escape(raw)?
        } else {
            (byte, rest)
        };
        decoded.push(byte);
        raw = rest;
    }
    Some(decoded)
}

/// Whether decoding once more would give a dot, a slash or a backslash.
fn hides_separator(decoded: &[u8]) -> bool {
    decoded.windows(3).any(|window| {
        matches!(
            window,
            [b'%', b'2', b'e' | b'E' | b'f' | b'F'] | [b'%', b'5', b'c' | b'C']
        )
    })
}
