//! Other readings of a path, as texts that can be sent.

use crate::readings;

/// What upstreams may make of it.
pub(super) fn readings(path: &str) -> Vec<String> {
    let readings = readings::readings(path.as_bytes());
    let mut paths: Vec<_> = readings.iter().map(|reading| sendable(reading)).collect();
    // For some readers the first parameter ends the path (istio.md 9, row 19).
    let cut = paths.iter().filter_map(|path| path.split_once(';'));
    let cut: Vec<_> = cut.map(|(path, _)| path.to_owned()).collect();
    paths.extend(cut);
    paths.retain(|other| other != path && other.starts_with('/'));
    // The likely ones are short.
    paths.sort_by_key(String::len);
    paths.dedup();
    paths
}

/// The path with letters in place of what Envoy's templates do not match (1.5).
pub(super) fn inside(path: &str) -> Vec<String> {
    let pure = path.split(['?', '#']).next().unwrap_or_default();
    let fits =
        |letter: char| letter.is_ascii_alphanumeric() || "/-._~%!$&'()+,;:@".contains(letter);
    let letters = pure.chars();
    let inside: String = letters
        .map(|letter| if fits(letter) { letter } else { 'x' })
        .collect();
    Vec::from_iter((inside != pure).then_some(inside))
}

/// What a request line cannot hold, or would read as its end, is written in hexadecimal.
fn sendable(path: &[u8]) -> String {
    let mut text = String::new();
    for byte in path {
        match byte {
            b'!'..=b'~' if !b"?#".contains(byte) => text.push(char::from(*byte)),
            byte => text.push_str(&format!("%{byte:02X}")),
        }
    }
    text
}
