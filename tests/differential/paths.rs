//! Paths alone, against their plain twin: of requests and rules that differ in what servers differ.

use crate::reference::paths;
use heliast::path::{PathMatcher, PathPattern, RequestPath, judge_calico};
use heliast::settings::Readings;
use heliast::truth::Truth;
use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::select;

/// Paths in pieces that are read in several ways, and in such as are not.
fn path(most: usize) -> impl Strategy<Value = String> {
    let piece = select(vec![
        "/", "/", "/", "/a", "/b", "/A", "//", ".", "..", "/..", "%2e", "%2E%2e", "%2f", "%2F",
        "%5c", "\\", ";x", ";x/", "%3b", "%61", "%2561", "%25", "%252f", "%", "%zz", "#", "?",
        "%3f", "%23", "%00", "%u0061", "%u002f", "%U00e9", "é", "%c3%A9", "a", "b", "+a",
    ]);
    vec(piece, 0..most).prop_map(|pieces| format!("/{}", pieces.concat()))
}

fn pattern() -> impl Strategy<Value = PathPattern> {
    let patterns = (path(4), any::<bool>()).prop_map(|(path, whole)| {
        if whole {
            PathPattern::exact(&path)
        } else {
            PathPattern::prefix(&path)
        }
    });
    patterns.prop_filter_map("no path is ever read as that", |pattern| pattern)
}

#[track_caller]
fn agree(patterns: &[PathPattern], request: &str) -> Truth {
    let matchers: Vec<PathMatcher> = patterns.iter().map(PathMatcher::of_pattern).collect();
    let read = RequestPath::read(request.as_bytes(), &Readings::default());
    let truth = judge_calico(&matchers.iter(), &read);
    assert_eq!(
        truth,
        paths::judge(patterns, request.as_bytes()),
        "{request} {patterns:?}"
    );
    truth
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(4_000))]

    #[test]
    fn paths_are_judged_as_their_twin_says(patterns in vec(pattern(), 1..3), request in path(6)) {
        agree(&patterns, &request);
    }

    /// What a rule says itself, which most of the above are far from.
    #[test]
    fn a_path_as_it_is_written(pattern in pattern()) {
        let request = String::from_utf8(pattern.written().to_vec()).unwrap();
        agree(&[pattern], &request);
    }
}

#[test]
fn a_value_with_too_many_readings_allows_nothing_but_its_own_bytes() {
    let written = format!("/a{}", "/x;y%2561//%2e%2e/..\\".repeat(8));
    for pattern in [PathPattern::exact(&written), PathPattern::prefix(&written)] {
        let pattern = pattern.unwrap();
        let own = String::from_utf8(pattern.path().to_vec()).unwrap();
        assert_eq!(agree(&[pattern], &own), Truth::Unknown, "{own}");
    }
}
