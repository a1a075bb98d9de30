//! Expressions against a plain twin, and against their limits.

mod plain;

use super::{Machines, Regex, Work};
use crate::limits;
use crate::truth::Truth::{self, False, True, Unknown};
use proptest::prelude::*;

fn judge(text: &str, value: &[u8]) -> Truth {
    let regex = Regex::parse(text).unwrap_or_else(|error| panic!("{text}: {error}"));
    let matcher = regex.matcher();
    let first = matcher.matches(value, &Work::default());
    let again = matcher.matches(value, &Work::default());
    assert_eq!(first, again, "{text}, again");
    first
}

#[test]
fn a_whole_value_must_match() {
    let cases: [(&str, &[u8], Truth); 18] = [
        ("ab", b"ab", True),
        ("ab", b"xab", False),
        ("ab", b"abx", False),
        ("a|ab", b"ab", True),
        ("a|b", b"xb", False),
        ("", b"", True),
        ("", b"a", False),
        ("a.*", b"a\n", False),
        ("(?s)a.*", b"a\n", True),
        ("a$", b"a\n", False),
        ("(?m)a$", b"a\nb", False),
        ("(?m)a$\n^b", b"a\nb", True),
        ("(?i)ADMIN", b"admin", True),
        ("a{2,4}", b"aaaaa", False),
        ("(?:a{2}){1,2}|b", b"aaaa", True),
        ("(?:ab)+", b"abab", True),
        (r"\bab\b.*\B", b"ab ", True),
        ("(a*)*b", b"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaac", False),
    ];
    for (text, value, expected) in cases {
        assert_eq!(judge(text, value), expected, "{text}");
    }
}

#[test]
fn what_other_engines_read_otherwise_is_read_as_re2_reads_it() {
    for (text, value, expected) in [
        ("[^a&&b]", "a", False),
        ("[^a&&b]", "&", False),
        ("[a-z[0-9]]+", "q7", False),
        ("[a-z[0-9]]+", "q]", True),
        ("[*--/]", "/", True),
        ("[+--]", ",", True),
        ("[a~~b]", "~", True),
        (r"\<a\>", "<a>", True),
        ("a{,2}", "a{,2}", True),
        ("a{,2}", "aa", False),
        ("a{02}", "a{02}", True),
        (r"\Qa.b\E+", "a.bb", True),
        (r"\Qa.b", "a.b", True),
        (r"\141\x62\x{63}", "abc", True),
        (r"\pL\PL\p{^Nd}", "a1b", True),
        (r"(?i)\p{Lu}", "a", True),
        (r"[[:digit:]]\z", "7", True),
        ("(?P<n>a)(?<m>b)", "ab", True),
        ("(?U)a*b", "aab", True),
        (r"\s", "\u{b}", False),
        ("[[:space:]]", "\u{b}", True),
        ("(?i:a)b", "AB", False),
        ("(?i)a|b", "B", True),
        ("(?-i)[]a]", "]", True),
        ("x*(?i)*", "xx", True),
    ] {
        assert_eq!(judge(text, value.as_bytes()), expected, "{text}, {value}");
    }
}

#[test]
fn where_latin_1_and_utf_8_differ_nothing_is_certain() {
    for (text, value, expected) in [
        // One character or two.
        ("a.c", "aéc".as_bytes(), Unknown),
        ("a..c", "aéc".as_bytes(), Unknown),
        ("a.*c", "aéc".as_bytes(), True),
        ("[^a]", "é".as_bytes(), Unknown),
        ("[^a]+", "é".as_bytes(), True),
        ("a", "é".as_bytes(), False),
        // Bytes that are no character of UTF-8, and such as have only the shape of one.
        (".", b"\xe9", Unknown),
        (".*", b"\xe9", Unknown),
        (".*", b"\xe0\x80\x80", True),
        (r"[^\xe9]*", b"\xe0\x80\x80", Unknown),
        (".*", b"\xf4\xbf\xbf\xbf", True),
        (".*", b"\xc1\x80", Unknown),
        (".*", b"\xf5\x80\x80\x80", Unknown),
        (".*", b"\xe2\x82\x41", Unknown),
        // A character in the expression.
        ("é", "é".as_bytes(), True),
        ("é", b"\xe9", False),
        ("[é]", "é".as_bytes(), Unknown),
        ("é*", "éé".as_bytes(), Unknown),
        ("é?", b"", Unknown),
        (r"\xe9", b"\xe9", Unknown),
        (r"\xe9", "é".as_bytes(), Unknown),
        // Letters whose other case is beyond ASCII, and letters beyond ASCII.
        ("(?i)k", "\u{212a}".as_bytes(), Unknown),
        ("(?i)s", "\u{17f}".as_bytes(), Unknown),
        ("(?i)a", "\u{212a}".as_bytes(), False),
        ("(?i)é", "é".as_bytes(), True),
        ("(?i)é", "É".as_bytes(), Unknown),
        // Classes of Unicode.
        (r"\pL", "é".as_bytes(), Unknown),
        (r"\PL", "é".as_bytes(), Unknown),
        (r"\p{Any}+", "é".as_bytes(), True),
    ] {
        assert_eq!(judge(text, value), expected, "{text}, {value:x?}");
    }
}

/// What RE2 refuses, or one of its editions, or what is too much for us.
const REFUSED: [&str; 60] = [
    "(",
    "a)|(b",
    ")",
    "[z-a]",
    "[",
    "[]",
    "[a",
    "[^]",
    r"\1",
    "(?=a)",
    "(?<=a)",
    "(?<!a)",
    r"\p{Greek}",
    r"\pX",
    r"\p{L",
    "(?u)a",
    "(?x)a",
    "(?i",
    "(?-)a",
    "(?i-)a",
    "(?--i)a",
    "a**",
    "a*+",
    "a++",
    "a?+",
    "a???",
    "a{2}{3}",
    "a{2}*",
    "*a",
    "(*a)",
    "a|*",
    "(?i)*",
    "a{1001}",
    "a{2,1}",
    "a{1,1001}",
    "(?:a{100}){11}",
    "a{99999999999}",
    r"\C",
    r"\Z",
    r"\G",
    r"\E",
    r"\_",
    r"\q",
    r"\é",
    r"\8",
    r"\x",
    r"\xg0",
    r"\x{}",
    r"\x{110000}",
    r"\x{100}",
    r"[\b]",
    r"[\A]",
    r"[\Qa\E]",
    "[[:foo:]]",
    "[a-\\d]",
    "(?P<>a)",
    "(?P<é>a)",
    "(?P=a)",
    "(?#a)",
    "a\\",
];

#[test]
fn what_is_no_expression_of_re2_is_refused_on_one_line() {
    let deep = format!("{}{}", "(".repeat(400), ")".repeat(400));
    let long = "a".repeat(1025);
    let bad = REFUSED.into_iter().chain([deep.as_str(), &long]);
    for text in bad {
        let error = Regex::parse(text).expect_err(text);
        assert!(
            !error.contains('\n') && !error.is_empty(),
            "{text}: {error}"
        );
    }
}

#[test]
fn an_expression_has_so_many_steps_and_no_more() {
    let (_, steps) = Regex::parse_counted("(?:[a-z]{999}){1}").unwrap();
    assert_eq!(steps, 999);
    // What `.{1000}` repeats is counted once for each place that it stands in.
    let text = "[a-z]{1000}".repeat(10);
    assert_eq!(Regex::parse_counted(&text).unwrap().1, limits::REGEX_STEPS);
    let error = Regex::parse(&format!("{text}a")).unwrap_err();
    assert!(error.contains("10000 steps"), "{error}");
}

#[test]
fn no_expression_takes_long_to_refuse() {
    for inner in [
        "",
        "^",
        "|",
        r"\b",
        "(?:)*",
        "(?:^|$)",
        "a{0}",
        "(?:(?:){1000})",
        "a?",
    ] {
        let start = std::time::Instant::now();
        let _ = Regex::parse(&format!("(?:{inner}){{1000}}"));
        let text = format!("(?:(?:{inner}){{30}}b?){{30}}");
        if let Ok(regex) = Regex::parse(&text) {
            let _ = regex.matcher().matches(&[b'b'; 100], &Work::default());
        }
        assert!(start.elapsed().as_secs() < 5, "{inner}");
    }
}

#[test]
fn beyond_the_work_of_a_decision_nothing_is_certain() {
    let regex = Regex::parse(".*[a-z]{1,999}-x").unwrap();
    let value = vec![b'a'; 4 << 10];
    let matcher = regex.matcher();
    assert_eq!(matcher.matches(&value, &Work::default()), Unknown);
    assert_eq!(matcher.matches(&value, &Work::of(20_000_000)), False);
    // What is spent is spent, for other expressions too.
    let work = Work::of(10);
    let other = Regex::parse("b+").unwrap().matcher();
    assert_eq!(other.matches(b"b", &work), True);
    assert_eq!(other.matches(b"bbbbbbbbbbbb", &work), Unknown);
    assert_eq!(other.matches(b"b", &work), Unknown);
}

#[test]
fn making_a_machine_is_work() {
    let regex = Regex::parse("[a-z]{1000}").unwrap();
    assert_eq!(regex.matcher().matches(b"a", &Work::of(999)), Unknown);
    assert_eq!(regex.matcher().matches(b"1", &Work::of(1100)), False);
}

#[test]
fn what_is_kept_of_all_machines_is_bounded() {
    let regex = Regex::parse(&"[a-z]{1000}".repeat(9)).unwrap();
    let matchers: Vec<_> = (0..200).map(|_| regex.matcher()).collect();
    for matcher in &matchers {
        assert_eq!(matcher.matches(b"a", &Work::default()), False);
    }
    let kept = || matchers.iter().filter(|one| one.machines.get().is_some());
    let most = limits::REGEX_STEPS_KEPT / 9_000;
    assert!((1..=most).contains(&kept().count()), "{}", kept().count());
    drop(matchers);
    let one = regex.matcher();
    let _ = one.matches(b"a", &Work::default());
    assert!(one.machines.get().is_some(), "there is room again");
}

/// Expressions of every kind of part, most of them right.
pub(super) fn expressions() -> impl Strategy<Value = String> {
    let part = prop::sample::select(vec![
        "a", "b", "-", ".", "[a-c]", "[^b]", "[^a&&b]", r"\w", r"\W", r"\d", r"\b", r"\B", "^",
        "$", "é", "[é-ü]", r"\xe9", r"\Qa.\E", "k", "S", r"\s", "", "|", "(?i)", "(?m)", "(?s)",
        "\n", r"\A", r"\z",
    ]);
    part.prop_map(str::to_owned)
        .prop_recursive(4, 24, 4, |inner| {
            prop_oneof![
                prop::collection::vec(inner.clone(), 1..4).prop_map(|all| all.concat()),
                (inner.clone(), inner.clone())
                    .prop_map(|(one, other)| format!("(?:{one}|{other})")),
                (
                    inner.clone(),
                    prop::sample::select(vec!["*", "+", "?", "*?", "{0,2}", "{2}", "{1,}"])
                )
                    .prop_map(|(one, times)| format!("(?:{one}){times}")),
                inner.prop_map(|one| format!("(?i:{one})")),
            ]
        })
}

/// Values of the same characters, and of bytes that are none.
fn values() -> impl Strategy<Value = Vec<u8>> {
    let part = prop::sample::select(vec![
        &b"a"[..],
        b"b",
        b"c",
        b"A",
        b"K",
        b"s",
        b"-",
        b"&",
        b"\n",
        b" ",
        b".",
        b"1",
        "é".as_bytes(),
        b"\xe9",
        "\u{212a}".as_bytes(),
        b"\xe0\x80\x80",
        b"\xed\xa0\x80",
    ]);
    prop::collection::vec(part, 0..8).prop_map(|all| all.concat())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(4_000))]

    #[test]
    fn a_machine_says_what_its_plain_twin_says(text in expressions(), value in values()) {
        if Regex::parse(&text).is_ok() {
            let judged = judge(&text, &value);
            let plain = plain::judge(&text, &value);
            prop_assert_eq!(judged, plain);
        }
    }

    /// The machine has as many steps as were counted before it was made.
    #[test]
    fn a_machine_is_as_large_as_was_counted(text in expressions()) {
        if let Ok((regex, counted)) = Regex::parse_counted(&text) {
            let machines = Machines::make(&regex.form, &Work::default()).unwrap();
            let all = std::iter::once(&machines.latin1).chain(&machines.utf8);
            // Each ends in a step of its own, `Match`.
            let steps: usize = all.map(|machine| machine.steps.len() - 1).sum();
            prop_assert_eq!(steps, counted);
        }
    }
}
