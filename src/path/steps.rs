//! The single steps by which software gets from the bytes of a path to what it serves.

/// One step of reading a path; `None` where it changes nothing.
pub(super) type Step = fn(&[u8]) -> Option<Vec<u8>>;

/// All steps that some software takes, at some place among the others.
///
/// Decoding leaves alone what is no escape, so that no reading is lost to it. `%2F` is often kept
/// where everything else is decoded: then what looks like a segment stays a name.
pub(super) const STEPS: [Step; 11] = [
    |path| decode_but(path, b""),
    |path| decode_but(path, b"/"),
    backslashes_to_slashes,
    without_host,
    merge_slashes,
    resolve_dots,
    strip_first_parameters,
    |path| cut(path, b";"),
    |path| cut(path, b"#"),
    // These two can only come out of an escape; the query itself is gone.
    |path| cut(path, b"?"),
    |path| cut(path, b"\0"),
];

/// What comes before the first of these bytes; all of it where there is none.
pub(super) fn before<'a>(path: &'a [u8], ends: &[u8]) -> &'a [u8] {
    path.split(|byte| ends.contains(byte))
        .next()
        .unwrap_or_default()
}

/// A segment without its `;parameters`.
pub(super) fn without_parameters(segment: &[u8]) -> &[u8] {
    before(segment, b";")
}

/// The byte that `%xx` at the front stands for, and what follows.
pub(super) fn split_escape(path: &[u8]) -> Option<(u8, &[u8])> {
    let [b'%', high, low, rest @ ..] = path else {
        return None;
    };
    Some((hex(*high)? * 16 + hex(*low)?, rest))
}

fn hex(digit: u8) -> Option<u8> {
    u8::try_from(char::from(digit).to_digit(16)?).ok()
}

/// The segments joined again, each behind a slash, with `.` and `..` resolved; `..` at the root
/// stays there.
pub(super) fn resolve_segments<'a>(segments: impl Iterator<Item = &'a [u8]>) -> Vec<u8> {
    let mut kept: Vec<&[u8]> = Vec::new();
    for segment in segments {
        match segment {
            b"." => {}
            b".." => {
                kept.pop();
            }
            name => kept.push(name),
        }
    }
    if kept.is_empty() {
        return b"/".to_vec();
    }
    let mut path = Vec::new();
    for segment in kept {
        path.push(b'/');
        path.extend_from_slice(segment);
    }
    path
}

pub(super) fn segments(path: &[u8]) -> impl Iterator<Item = &[u8]> {
    path.strip_prefix(b"/")
        .unwrap_or(path)
        .split(|byte| *byte == b'/')
}

pub(super) fn has_double_slash(path: &[u8]) -> bool {
    path.windows(2).any(|pair| pair == b"//")
}

fn has_dots(path: &[u8]) -> bool {
    segments(path).any(|segment| matches!(segment, b"." | b".."))
}

/// Decodes every escape but those of these bytes.
pub(super) fn decode_but(path: &[u8], kept: &[u8]) -> Option<Vec<u8>> {
    let mut decoded = Vec::with_capacity(path.len());
    let mut left = path;
    while let Some((&first, rest)) = left.split_first() {
        let escape = split_escape(left).filter(|(byte, _)| !kept.contains(byte));
        let (byte, rest) = escape.unwrap_or((first, rest));
        decoded.push(byte);
        left = rest;
    }
    (decoded.len() < path.len()).then_some(decoded)
}

fn backslashes_to_slashes(path: &[u8]) -> Option<Vec<u8>> {
    let slash = |byte: &u8| if *byte == b'\\' { b'/' } else { *byte };
    path.contains(&b'\\')
        .then(|| path.iter().map(slash).collect())
}

/// Two slashes in front are followed by a host where a path is read as a URL (WHATWG's URL, Python's
/// `urlsplit`, Go's `url.Parse`).
fn without_host(path: &[u8]) -> Option<Vec<u8>> {
    let behind = path.strip_prefix(b"//")?;
    let slash = behind.iter().position(|byte| *byte == b'/');
    let path = slash.and_then(|slash| behind.get(slash..));
    Some(path.unwrap_or(b"/").to_vec())
}

pub(super) fn merge_slashes(path: &[u8]) -> Option<Vec<u8>> {
    let merged = || {
        let mut merged = path.to_vec();
        merged.dedup_by(|second, first| *second == b'/' && *first == b'/');
        merged
    };
    has_double_slash(path).then(merged)
}

/// As RFC 3986 has it: between two slashes there is a segment like any other, and `..` takes it.
/// The reading of Calico, where there is none, comes of merging first; Envoy's, of merging after.
pub(super) fn resolve_dots(path: &[u8]) -> Option<Vec<u8>> {
    has_dots(path).then(|| resolve_segments(segments(path)))
}

/// Some strip only the first there are, and some, by doing it again, all.
fn strip_first_parameters(path: &[u8]) -> Option<Vec<u8>> {
    let start = path.iter().position(|byte| *byte == b';')?;
    let (kept, parameters) = path.split_at_checked(start)?;
    let rest = parameters.iter().skip_while(|byte| **byte != b'/');
    Some(kept.iter().chain(rest).copied().collect())
}

/// Drops all from the first of these bytes on.
fn cut(path: &[u8], ends: &[u8]) -> Option<Vec<u8>> {
    let kept = before(path, ends);
    (kept.len() < path.len()).then(|| kept.to_vec())
}
