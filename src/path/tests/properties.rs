//! What holds for every path, and a naive twin of the readings.

use std::collections::BTreeSet;

use proptest::prelude::*;

use super::*;

const TOKENS: [&str; 30] = [
    "/", "/", "/", "a", "b", "ab", ".", "..", "/..", "/.", "//", "\\", ";", ";x", ";x=1/", "#",
    "?", "%", "%2e", "%2E%2e", "%2f", "%2F", "%5C", "%61", "%2561", "%252561", "%3b", "%23", "%00",
    "é",
];
const PATTERNS: [&str; 8] = ["/", "/a", "/b", "/ab", "/a/b", "/b/a", "/a/a/b", "/é"];

fn soup() -> impl Strategy<Value = Vec<u8>> {
    let tokens = prop::collection::vec(prop::sample::select(&TOKENS[..]), 0..10);
    tokens.prop_map(|tokens| format!("/{}", tokens.concat()).into_bytes())
}

fn pattern() -> impl Strategy<Value = PathPattern> {
    let text = prop::sample::select(&PATTERNS[..]);
    (any::<bool>(), text).prop_map(|(whole, text)| if whole { exact(text) } else { prefix(text) })
}

fn check_calico(raw: &[u8]) -> Result<(), TestCaseError> {
    let settings = Readings::default();
    let request = RequestPath::read(raw, &settings);
    let readable = raw.starts_with(b"/") && raw.len() <= MAX_PATH;
    let wanted = normalise(raw).filter(|_| readable);
    prop_assert_eq!(request.normalised(), wanted.as_deref());
    let Some(path) = normalise(raw) else {
        return Ok(());
    };
    prop_assert!(path == b"/" || !path.ends_with(b"/"));
    let again = normalise(&path);
    let data = path.iter().any(|byte| b"%?#".contains(byte));
    prop_assert_eq!(again.as_ref() == Some(&path), !data);
    Ok(())
}

proptest! {
    #[test]
    fn calico_reads_any_bytes(raw in prop::collection::vec(any::<u8>(), 0..64)) {
        check_calico(&raw)?;
    }

    #[test]
    fn calico_reads_any_soup(raw in soup()) {
        check_calico(&raw)?;
    }

    #[test]
    fn true_is_what_calico_matches(raw in soup(), pattern in pattern()) {
        let matched = normalise(&raw).is_some_and(|path| naive_match(&pattern, &path));
        let calico = Readings { path: PathReading::Calico, ..Readings::default() };
        prop_assert_eq!(judge(&pattern, &raw, &calico) == True, matched);
        prop_assert!(judge(&pattern, &raw, &Readings::default()) != True || matched);
    }

    #[test]
    fn no_reading_of_the_twin_is_denied(raw in soup(), pattern in pattern()) {
        let judged = judge(&pattern, &raw, &Readings::default());
        for reading in twin_readings(&raw) {
            let matched = naive_match(&pattern, &reading);
            let shown = String::from_utf8_lossy(&reading).into_owned();
            prop_assert!(!matched || judged != False, "{} matches", shown);
        }
    }

    #[test]
    fn every_server_of_the_twin_is_asked(raw in soup(), pattern in pattern()) {
        let judged = judge(&pattern, &raw, &Readings::default());
        let servers = twin_servers(&raw);
        let shown: Vec<_> = servers.iter().map(|path| String::from_utf8_lossy(path)).collect();
        let every = servers.iter().all(|path| naive_match(&pattern, path));
        prop_assert!(every || judged != True, "{:?}", shown);
    }
}

fn naive_match(pattern: &PathPattern, path: &[u8]) -> bool {
    let mut path = path.to_vec();
    while path.last() == Some(&b'/') {
        path.pop();
    }
    path.push(b'/');
    let mut own = pattern.path().to_vec();
    if own != b"/" {
        own.push(b'/');
    }
    match pattern.kind() {
        PathKind::Exact => path == own,
        PathKind::Prefix => path.starts_with(&own),
    }
}

/// Every combination of the options, each applied once, in one order.
fn twin_readings(raw: &[u8]) -> BTreeSet<Vec<u8>> {
    let path = raw.split(|b| *b == b'?').next().unwrap().to_vec();
    let mut all = BTreeSet::new();
    for options in 0..(2 * 4 * 2 * 3 * 2 * 2_usize) {
        let mut options = options;
        let mut pick = |count| {
            let picked = options % count;
            options /= count;
            picked
        };
        let mut reading = path.clone();
        if pick(2) == 1 {
            reading = reading.split(|b| *b == b'#').next().unwrap().to_vec();
        }
        for _ in 0..pick(4) {
            reading = twin_decode(&reading);
        }
        if pick(2) == 1 {
            reading = reading
                .iter()
                .map(|b| if *b == b'\\' { b'/' } else { *b })
                .collect();
        }
        let parameters = pick(3);
        reading = twin_parameters(&reading, parameters);
        if pick(2) == 1 {
            reading.dedup_by(|b, a| *a == b'/' && *b == b'/');
        }
        if pick(2) == 1 {
            reading = twin_dots(&reading);
        }
        all.insert(reading);
    }
    all
}

fn twin_decode(path: &[u8]) -> Vec<u8> {
    let mut decoded = Vec::new();
    let mut i = 0;
    while i < path.len() {
        let digits = path
            .get(i + 1..i + 3)
            .and_then(|two| std::str::from_utf8(two).ok());
        let digits = digits.filter(|two| two.bytes().all(|b| b.is_ascii_hexdigit()));
        match digits {
            Some(two) if path[i] == b'%' => {
                decoded.push(u8::from_str_radix(two, 16).unwrap());
                i += 3;
            }
            _ => {
                decoded.push(path[i]);
                i += 1;
            }
        }
    }
    decoded
}

/// 0 keeps parameters, 1 drops the first only, 2 all.
fn twin_parameters(path: &[u8], which: usize) -> Vec<u8> {
    let (mut kept, mut inside, mut seen) = (Vec::new(), false, 0);
    for &byte in path {
        if byte == b'/' {
            inside = false;
        } else if byte == b';' && !inside && (which == 2 || which == 1 && seen == 0) {
            inside = true;
            seen += 1;
        }
        if !inside {
            kept.push(byte);
        }
    }
    kept
}

fn twin_dots(path: &[u8]) -> Vec<u8> {
    let mut kept: Vec<Vec<u8>> = Vec::new();
    for segment in path[1..].split(|b| *b == b'/') {
        if segment == b".." {
            kept.pop();
        } else if segment != b"." {
            kept.push(segment.to_vec());
        }
    }
    [b"/".to_vec(), kept.join(&b'/')].concat()
}

/// What each server serves that takes the steps of design section 5 in one of their orders: no
/// escape, dot segment or second slash is left.
fn twin_servers(raw: &[u8]) -> BTreeSet<Vec<u8>> {
    let path = raw.split(|b| *b == b'?').next().unwrap().to_vec();
    let cut = |path: Vec<u8>| path.split(|b| *b == b'#').next().unwrap().to_vec();
    let merged = |mut path: Vec<u8>| {
        path.dedup_by(|b, a| *a == b'/' && *b == b'/');
        path
    };
    let mut all = BTreeSet::new();
    for options in 0..128_usize {
        let is = |bit: usize| options >> bit & 1 == 1;
        let mut reading = path.clone();
        if is(0) && reading.starts_with(b"//") {
            let slash = reading[2..].iter().position(|b| *b == b'/');
            reading = slash.map_or(b"/".to_vec(), |slash| reading[slash + 2..].to_vec());
        }
        if is(1) {
            reading = twin_dots(&reading);
        }
        reading = twin_decode(&reading);
        if is(2) {
            reading = twin_decode(&reading);
        }
        if is(3) {
            reading = reading
                .iter()
                .map(|b| if *b == b'\\' { b'/' } else { *b })
                .collect();
        }
        if is(4) {
            reading = twin_parameters(&reading, 2);
        }
        if is(5) {
            reading = merged(reading);
        }
        reading = merged(twin_dots(&reading));
        // Who serves what has no fragment cuts it off, sooner or later.
        if path.contains(&b'#') {
            reading = cut(reading);
        }
        if is(6) {
            // Keeping the escape of a slash: the name of a segment has it.
            let kept = String::from_utf8_lossy(&path)
                .replace("%2F", "%252F")
                .replace("%2f", "%252F");
            reading = merged(twin_dots(&twin_decode(kept.as_bytes())));
            reading = if path.contains(&b'#') {
                cut(reading)
            } else {
                reading
            };
        }
        all.insert(reading);
    }
    all
}
