//! The one spelling of each reading of a path: what differs in nothing that counts is equal in it.

use super::steps::{before, decode_but, merge_slashes, resolve_dots};

/// A reading with its escapes decoded, but for those of slashes and backslashes, which are spelt in
/// one way; with dot segments resolved and slashes merged. `cut` says that the path has a fragment,
/// which nobody serves.
pub(super) fn canonical(reading: &[u8], cut: bool) -> Vec<u8> {
    let mut path = spelt(reading);
    path = resolve_dots(&path).unwrap_or(path);
    if cut {
        path = before(&path, b"#").to_vec();
    }
    merge_slashes(&path).unwrap_or(path)
}

/// Text of a path with its escapes decoded, but for those of slashes and backslashes.
pub(super) fn spelt(text: &[u8]) -> Vec<u8> {
    let mut text = decode_but(text, b"/\\").unwrap_or_else(|| text.to_vec());
    spell_escapes(&mut text);
    text
}

/// `%2f` is `%2F`, and `%5c` is `%5C`.
fn spell_escapes(path: &mut [u8]) {
    let mut left = path;
    while let Some((first, rest)) = left.split_first_mut() {
        if let (b'%', [b'2' | b'5', digit @ (b'f' | b'c'), ..]) = (&*first, &mut *rest) {
            digit.make_ascii_uppercase();
        }
        left = rest;
    }
}

#[cfg(test)]
mod tests {
    use super::canonical;

    #[test]
    fn what_makes_no_difference() {
        for (reading, wanted) in [
            ("/a", "/a"),
            ("/%61", "/a"),
            ("/caf%c3%a9", "/caf\u{e9}"),
            ("/a%2fb%5cc", "/a%2Fb%5Cc"),
            ("/a//b", "/a/b"),
            ("/a/%2e%2e/b", "/b"),
            ("/a//../b", "/a/b"),
            ("/%2541", "/%41"),
            ("/%%61", "/%a"),
            ("/a/", "/a/"),
        ] {
            let found = canonical(reading.as_bytes(), false);
            assert_eq!(found, wanted.as_bytes(), "{reading}");
        }
        assert_eq!(canonical(b"/a#b", true), b"/a");
        assert_eq!(canonical(b"/a#/../b", true), b"/b");
        assert_eq!(canonical(b"/a#b", false), b"/a#b");
    }
}
