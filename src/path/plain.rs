//! Paths that can be read in one way only, as almost all are: told apart in one pass.

use super::readings::MAX_PATH;

/// What the bytes since the last slash are.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Segment {
    Empty,
    Dot,
    Dots,
    Name,
}

/// The path of a raw `:path`, without its query, if no step of anybody changes it, but for a slash
/// at its end: it starts with `/`, is not too long, and has no escape, backslash, parameter,
/// fragment, NUL, dot segment or empty segment.
pub(super) fn plain(raw: &[u8]) -> Option<&[u8]> {
    let mut bytes = raw.iter();
    if bytes.next() != Some(&b'/') {
        return None;
    }
    let mut segment = Segment::Empty;
    for byte in bytes.by_ref().take(MAX_PATH) {
        segment = match (byte, segment) {
            (b'?', _) => {
                let query = bytes.len().checked_add(1)?;
                let path = raw.len().checked_sub(query)?;
                let ends_well = matches!(segment, Segment::Empty | Segment::Name);
                return raw.get(..path).filter(|_| ends_well && path <= MAX_PATH);
            }
            (b'%' | b'\\' | b';' | b'#' | b'\0', _) => return None,
            (b'/', Segment::Name) => Segment::Empty,
            (b'/', Segment::Empty | Segment::Dot | Segment::Dots) => return None,
            (b'.', Segment::Empty) => Segment::Dot,
            (b'.', Segment::Dot) => Segment::Dots,
            (_, _) => Segment::Name,
        };
    }
    let ends_well = matches!(segment, Segment::Empty | Segment::Name);
    (ends_well && raw.len() <= MAX_PATH).then_some(raw)
}

#[cfg(test)]
mod tests {
    use super::super::steps::{STEPS, before};
    use super::{MAX_PATH, plain};
    use proptest::prelude::*;

    /// The plain twin: no step changes anything.
    fn naive(raw: &[u8]) -> Option<&[u8]> {
        let path = before(raw, b"?");
        let changes = STEPS.iter().any(|step| step(path).is_some());
        let reads = path.starts_with(b"/") && path.len() <= MAX_PATH && !path.contains(&b'%');
        // A backslash, a NUL or a `%` is looked at with care even where no step takes it.
        let odd = path.iter().any(|byte| matches!(byte, b'\\' | b'\0'));
        (reads && !changes && !odd).then_some(path)
    }

    #[test]
    fn the_longest() {
        for (length, query) in [
            (MAX_PATH, ""),
            (MAX_PATH, "?x"),
            (MAX_PATH + 1, ""),
            (MAX_PATH + 1, "?x"),
            (MAX_PATH - 1, "?x"),
        ] {
            let path = format!("/{}{query}", "a".repeat(length - 1));
            assert_eq!(plain(path.as_bytes()), naive(path.as_bytes()), "{length}");
        }
    }

    proptest! {
        #[test]
        fn equals_its_twin(raw in "[/.?#%;a\\\\\0-]{0,8}", slash in any::<bool>()) {
            let raw = if slash { format!("/{raw}") } else { raw };
            prop_assert_eq!(plain(raw.as_bytes()), naive(raw.as_bytes()), "{:?}", raw);
        }
    }
}
