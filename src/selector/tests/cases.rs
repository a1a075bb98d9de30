//! The cases of calico.md 2.6, by their numbers there. 99 and 100 are in [`length_of_a_label`].

use super::*;

/// What a case expects: an answer, or that the text is no selector.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Expected {
    T,
    F,
    E,
}

use Expected::{E, F, T};

#[test]
fn table() {
    let numbers: Vec<u32> = CASES.iter().map(|case| case.0).collect();
    let wanted: Vec<u32> = (1..=102)
        .filter(|number| ![99, 100].contains(number))
        .collect();
    assert_eq!(numbers, wanted);
    for (number, text, pairs, expected) in CASES {
        assert_eq!(answer(text, &map(pairs)), expected, "case {number}: {text}");
    }
}

#[test]
fn length_of_a_label() {
    for (number, length, expected) in [(99, 512, T), (100, 513, E)] {
        let key = "k".repeat(length);
        let labels = labels([(&key, "")]);
        assert_eq!(
            answer(&format!("has({key})"), &labels),
            expected,
            "case {number}"
        );
        let positive = answer(&format!("{key} == ''"), &labels);
        assert_eq!(positive, expected, "case {number}, as the label of a test");
    }
}

fn answer(text: &str, labels: &Map) -> Expected {
    match Selector::parse(text) {
        Err(_) => E,
        Ok(selector) if selector.matches(labels) => T,
        Ok(_) => F,
    }
}

fn map(pairs: &str) -> Map {
    let pairs = pairs.split(',').filter_map(|pair| pair.split_once('='));
    pairs
        .map(|(key, value)| (key.to_owned(), value.to_owned()))
        .collect()
}

/// Number, selector, labels, expected.
const CASES: [(u32, &str, &str, Expected); 100] = [
    (1, "", "", T),
    (2, " \t", "a=b", T),
    (3, "all()", "", T),
    (4, "all( )", "", T),
    (5, "all ()", "", E),
    (6, "ALL()", "", E),
    (7, "global()", "", T),
    (8, "!all()", "a=b", F),
    (9, "a == 'b'", "a=b", T),
    (10, "a == 'b'", "", F),
    (11, "a=='b'", "a=b", T),
    (12, r#"a=="b""#, "a=B", F),
    (13, "A == 'b'", "a=b", F),
    (14, "a != 'b'", "", T),
    (15, "a!='b'", "a=c", T),
    (16, "!a == 'b'", "", T),
    (17, "!a == 'b'", "a=b", F),
    (18, "!(a == 'b') && has(a)", "", F),
    (19, "a == ''", "", F),
    (20, "a == ''", "a=", T),
    (21, "has(a)", "a=", T),
    (22, "a != ''", "", T),
    (23, "a in {'x','y'}", "a=y", T),
    (24, "a in {}", "a=", F),
    (25, "a not in {}", "", T),
    (26, "a in {'x',}", "a=x", T),
    (27, "a in {,'x'}", "a=x", E),
    (28, "a in {'x',,'y'}", "a=x", E),
    (29, "a in {'x' 'y'}", "a=x", E),
    (30, "a in {x}", "a=x", E),
    (31, "a in ('x')", "a=x", E),
    (32, "a in 'x'", "a=x", E),
    (33, "a not in {'x'}", "", T),
    (34, "a notin {'x'}", "a=y", T),
    (35, "a not  in{'x'}", "a=x", F),
    (36, "a not\tin {'x'}", "a=y", T),
    (37, "! a in {'x'}", "", T),
    (38, "a IN {'x'}", "a=x", E),
    (39, "a contains 'bc'", "a=abcd", T),
    (40, "a contains ''", "a=z", T),
    (41, "a contains ''", "", F),
    (42, "a contains'b'", "a=abc", T),
    (43, "a containsb 'x'", "a=x", E),
    (44, "a starts with 'ab'", "a=abc", T),
    (45, r#"a startswith "ab""#, "a=xab", F),
    (46, "a starts with''", "a=x", T),
    (47, "a ends with 'bc'", "a=abc", T),
    (48, "a endswith'bc'", "", F),
    (49, "a starts 'ab'", "a=abc", E),
    (50, "! a starts with 'x'", "", T),
    (51, "has( a )", "a=1", T),
    (52, "has (a)", "a=1", E),
    (53, "has('a')", "a=1", E),
    (54, "has()", "", E),
    (55, "has(a b)", "a=1", E),
    (56, "!has(a)", "", T),
    (57, "!!has(a)", "", F),
    (58, "! ! !has(a)", "b=1", T),
    (59, "a == 'x' || b == 'y' && c == 'z'", "a=x", T),
    (60, "a == 'x' || b == 'y' && c == 'z'", "b=y", F),
    (61, "(a == 'x' || b == 'y') && c == 'z'", "a=x", F),
    (62, "a=='x'&&b=='y'||c=='z'", "c=z", T),
    (63, "!has(a) || has(b) && !has(c)", "a=1,b=1", T),
    (64, "((a == 'x'))", "a=x", T),
    (65, "(a == 'x'", "a=x", E),
    (66, "a == 'x')", "a=x", E),
    (67, "()", "", E),
    (68, "!", "", E),
    (69, "a", "a=1", E),
    (70, "a == b", "a=b,b=b", E),
    (71, "'b' == a", "a=b", E),
    (72, "a = 'b'", "a=b", E),
    (73, "a === 'b'", "a=b", E),
    (74, "a == 'b' & has(a)", "a=b", E),
    (75, "a == 'b' and has(a)", "a=b", E),
    (76, "a == 'b' has(a)", "a=b", E),
    (77, "a == 'b' &&", "a=b", E),
    (78, "&& has(a)", "a=1", E),
    (79, "a == 'it''s'", "a=it's", E),
    (80, r#"a == "it's""#, "a=it's", T),
    (81, r"a == 'x\'y'", "a=x'y", E),
    (82, r"a == 'x\'", r"a=x\", T),
    (83, "a == 'b", "a=b", E),
    (84, r#"a == 'b""#, "a=b", E),
    (85, "a ==\n'b'", "a=b", E),
    (86, "has(a)\n", "a=1", E),
    (87, "in == 'x'", "in=x", T),
    (88, "in in {'in'}", "in=in", T),
    (89, "has == 'x'", "has=x", T),
    (90, "all == 'x'", "all=x", T),
    (91, "contains contains 'c'", "contains=c", T),
    (
        92,
        "app.kubernetes.io/name == 'w'",
        "app.kubernetes.io/name=w",
        T,
    ),
    (93, "-a/.b_ == '1'", "-a/.b_=1", T),
    (94, "9 == '9'", "9=9", T),
    (95, "a:b == 'x'", "a:b=x", E),
    (96, "é == 'x'", "é=x", E),
    (97, "a == 'é'", "a=é", T),
    (98, "a == 'b' # c", "a=b", E),
    (101, "a in {'b'} && a in {'c'}", "a=b", F),
    (102, "a == 'all()'", "a=all()", T),
];
