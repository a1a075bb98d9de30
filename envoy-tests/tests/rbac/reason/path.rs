//! Other readings of a path, as texts that can be sent.

use crate::readings;

/// What upstreams may make of it.
pub(crate) fn readings(path: &str) -> Vec<String> {
    let mut readings = readings::readings(path.as_bytes());
    // Some decode all but slashes, as Envoy does where it keeps those (1.10), and some do it again.
    let once = keeping_slashes(path);
    for decoded in [keeping_slashes(&once), once] {
        readings.extend(readings::readings(decoded.as_bytes()));
    }
    // For some readers the first parameter ends the path (istio.md 9, row 19), and for some what is
    // decoded ends it as if it had been sent so.
    let ends = readings.iter().flat_map(|path| {
        let end = |end| path.iter().position(|byte| *byte == end);
        let ends = b";?#\0".iter().filter_map(move |byte| end(*byte));
        ends.filter_map(|end| path.get(..end))
    });
    // Two slashes in front are followed by a host, where a path is read as a URL.
    let behind_hosts = readings.iter().filter_map(|path| {
        let behind = path.strip_prefix(b"//")?;
        let slash = behind.iter().position(|byte| *byte == b'/')?;
        behind.get(slash..)
    });
    let more: Vec<_> = ends
        .chain(behind_hosts)
        .flat_map(readings::readings)
        .collect();
    readings.extend(more);
    let mut paths: Vec<_> = readings.iter().map(|reading| sendable(reading)).collect();
    paths.retain(|other| other != path && other.starts_with('/'));
    // The likely ones are short.
    paths.sort_by_key(String::len);
    paths.dedup();
    paths
}

/// What may be made of a part of one.
pub(crate) fn parts(part: &str) -> Vec<String> {
    let once = keeping_slashes(part);
    let slashes = once.replace("%2F", "/").replace("%2f", "/");
    let mut parts = vec![keeping_slashes(&once), slashes, once];
    parts.retain(|other| other != part);
    parts
}

/// The path with everything decoded that is a visible letter and neither slash nor backslash.
fn keeping_slashes(path: &str) -> String {
    let mut parts = path.split('%');
    let mut decoded = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        let digits = part.get(..2).zip(part.get(2..));
        let letter = digits.and_then(|(digits, _)| u8::from_str_radix(digits, 16).ok());
        match (letter, digits) {
            (Some(letter @ b'!'..=b'~'), Some((_, rest))) if !b"/\\?#".contains(&letter) => {
                decoded.push(char::from(letter));
                decoded.push_str(rest);
            }
            _ => decoded.extend(["%", part]),
        }
    }
    decoded
}

/// What Envoy's templates take beside letters and digits, as tried on 1.40.
const CLASS: &str = "/-._~%!$&'()+,;:@=*";
/// What they take in every version (1.5).
const STRICT_CLASS: &str = "/-._~%!$&'()+,;:@";

/// The path with letters in place of what Envoy's templates do not match.
pub(super) fn inside(path: &str) -> Vec<String> {
    let letters = pure(path).chars();
    let inside = letters.map(|letter| if is_of(CLASS, letter) { letter } else { 'x' });
    other(path, inside.collect())
}

/// The path with a bracket, which no template matches, in place of every letter that not all templates
/// match, encoded or not.
pub(super) fn outside(path: &str) -> Vec<String> {
    let bracketed = |text: &str| -> String {
        let letters = text.chars();
        letters
            .map(|letter| {
                if is_of(STRICT_CLASS, letter) {
                    letter
                } else {
                    '['
                }
            })
            .collect()
    };
    let mut parts = pure(path).split('%');
    let mut outside = bracketed(parts.next().unwrap_or_default());
    for part in parts {
        let letter = part
            .get(..2)
            .and_then(|digits| u8::from_str_radix(digits, 16).ok());
        match (letter, part.get(2..)) {
            (Some(letter), Some(rest)) if !is_of(STRICT_CLASS, char::from(letter)) => {
                outside.push('[');
                outside.push_str(&bracketed(rest));
            }
            _ => outside.extend(["%", &bracketed(part)]),
        }
    }
    other(path, outside)
}

fn pure(path: &str) -> &str {
    path.split(['?', '#']).next().unwrap_or_default()
}

fn is_of(class: &str, letter: char) -> bool {
    letter.is_ascii_alphanumeric() || class.contains(letter)
}

fn other(path: &str, other: String) -> Vec<String> {
    Vec::from_iter((other != pure(path)).then_some(other))
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
