use litemap::LiteMap;

use proptest::prelude::*;

use super::{MAX_DEPTH, Selector};
use crate::truth::Truth;

mod cases;
mod properties;

type Map = LiteMap<String, String>;

fn labels<const N: usize>(pairs: [(&str, &str); N]) -> Map {
    pairs
        .into_iter()
        .map(|(key, value)| (key.to_owned(), value.to_owned()))
        .collect()
}

#[track_caller]
fn parse(text: &str) -> Selector {
    Selector::parse(text).unwrap_or_else(|error| panic!("{text}: {error}"))
}

#[track_caller]
fn check_display(text: &str, canonical: &str) {
    assert_eq!(parse(text).to_string(), canonical);
}

#[test]
fn canonical_text() {
    check_display("", "all()");
    check_display("global( )", "global()");
    check_display(
        "a=='x'&&b!=\"y\"||!has( c )",
        "((a == \"x\" && b != \"y\") || !has(c))",
    );
    check_display("a in {'z','x','z',}", "a in {\"x\", \"z\"}");
    check_display("a notin{ }", "a not in {}");
    check_display("a == '\"'", "a == '\"'");
    check_display("!!(a startswith 'x')", "a starts with \"x\"");
    check_display("! ! !a endswith 'x'", "!a ends with \"x\"");
    check_display(
        "(a contains 'x' && has(b)) && has(c)",
        "((a contains \"x\" && has(b)) && has(c))",
    );
}

#[track_caller]
fn check_error(text: &str, offset: usize, message: &str) {
    let error = Selector::parse(text).unwrap_err();
    assert_eq!(
        (error.offset(), error.to_string().as_str()),
        (offset, message),
        "{text}"
    );
}

#[test]
fn errors_say_where_and_how_to_mend() {
    check_error("a = 'b'", 2, "unknown `=`: use `==`");
    check_error("a === 'b'", 4, "unknown `===`: use `==`");
    check_error("has(a) & has(b)", 7, "unknown `&`: use `&&`");
    check_error("has(a) OR has(b)", 7, "unknown `OR`: use `||`");
    check_error("a IN {'x'}", 2, "unknown `IN`: use `in`");
    check_error("has (a)", 4, "unknown `has (`: use `has(`");
    check_error("ALL()", 3, "unknown `ALL(`: use `all(`");
    check_error("a == b", 5, "value `b` is not in quotes: use `'b'`");
    check_error("a in {'x', y}", 11, "value `y` is not in quotes: use `'y'`");
    check_error(
        "a == 'b",
        5,
        "value is never closed: end it with `'`, there are no escapes",
    );
    check_error("(has(a)", 0, "group is never closed: add `)`");
    check_error(
        "has(a))",
        6,
        "`)` closes no group: remove it, or add `(` before",
    );
    check_error(
        "a in 'x'",
        5,
        "unexpected `'`: a set such as `{'a', 'b'}` should come here",
    );
    check_error(
        "has(a) \0",
        7,
        "unexpected `\\0`: `&&` or `||` should come here",
    );
    check_error(
        "has(a)\n",
        6,
        "line break in a selector: write it on one line, or use `>-` to fold a YAML block scalar",
    );
    check_error(
        "é == 'x'",
        0,
        "unexpected `é`: a test such as `has(app)` or `app == 'web'` should come here",
    );
    check_error(
        "has(a) &&",
        9,
        "selector ends too early: a test such as `has(app)` or `app == 'web'` should follow",
    );
    check_error(
        "app web",
        4,
        "label `app` is not tested: use `has(app)`, or an operator such as `==` or `in` after it",
    );
    check_error(
        "has('a')",
        4,
        "label in quotes: the label comes first and bare, as in `app == 'web'`",
    );
}

#[test]
fn depth_is_bounded() {
    let groups = |depth| format!("{}has(a){}", "(".repeat(depth), ")".repeat(depth));
    assert_eq!(parse(&groups(MAX_DEPTH)), Selector::has("a"));
    let deep = "selector is nested more than 128 deep: use `in` or fewer groups";
    check_error(&groups(MAX_DEPTH + 1), MAX_DEPTH, deep);
    check_error(&groups(1_000_000), MAX_DEPTH, deep);
    let negations = |depth| format!("{}has(a){}", "!(".repeat(depth), ")".repeat(depth));
    assert_eq!(parse(&negations(MAX_DEPTH / 2)), Selector::has("a"));
    check_error(&negations(MAX_DEPTH / 2 + 1), MAX_DEPTH, deep);
    assert_eq!(
        parse(&format!("{}has(a)", "!".repeat(100_001))),
        Selector::has("a").negate()
    );
    // The canonical text needs two groups for each of these: what we print we must be able to read.
    let mixed = |depth| {
        format!(
            "{}has(a){}",
            "has(a)||has(b)&&(".repeat(depth),
            ")".repeat(depth)
        )
    };
    let deepest = parse(&mixed(MAX_DEPTH / 2));
    assert_eq!(parse(&deepest.to_string()), deepest);
    check_error(&mixed(MAX_DEPTH / 2 + 1), 0, deep);
}

#[test]
fn a_long_text_takes_linear_time() {
    let text = vec!["a in {'b', 'c'} && !(has(d) || e == 'f')"; 100_000].join(" && ");
    assert!(parse(&text).matches(&labels([("a", "b")])));
    let error = Selector::parse(&"k".repeat(4_000_000)).unwrap_err();
    assert!(error.to_string().len() < 200);
}

/// calico.md 2.4: namespaceSelector of a rule.
#[test]
fn rewrites_work_on_the_tree() {
    let namespaced = Selector::has("projectcalico.org/namespace");
    let rewritten = parse("!global() || all() && team == 'all()'")
        .with_prefix("pcns.")
        .replace_all_with(&namespaced)
        .replace_global_with(&namespaced.clone().negate());
    assert_eq!(
        rewritten.to_string(),
        "(has(projectcalico.org/namespace) || \
         (has(projectcalico.org/namespace) && pcns.team == \"all()\"))"
    );
    let account = Selector::is_in("projectcalico.org/serviceaccount", ["b", "a", "b"])
        .and(Selector::equals("x", "y"))
        .and(Selector::all());
    assert_eq!(
        account.to_string(),
        "((projectcalico.org/serviceaccount in {\"a\", \"b\"} && x == \"y\") && all())"
    );
    assert!(!Selector::is_in("x", [""; 0]).matches(&labels([("x", "")])));
}

#[test]
fn global_is_recognised() {
    assert!(parse(" (global()) ").is_global() && parse("global()").mentions_global());
    let part = parse("has(a) && !(has(b) || global())");
    assert!(part.mentions_global() && !part.is_global());
    assert!(!parse("a == 'global()'").mentions_global());
    assert!(!Selector::all().mentions_global());
}

#[test]
fn unknown_labels_leave_it_open() {
    let known = |key: &str| key != "secret";
    let judge = |text: &str| parse(text).judge(&labels([("a", "b")]), &known);
    assert_eq!(judge("secret == 'x'"), Truth::Unknown);
    assert_eq!(judge("!has(secret)"), Truth::Unknown);
    assert_eq!(judge("secret != 'x' || a == 'b'"), Truth::True);
    assert_eq!(judge("secret != 'x' && a == 'c'"), Truth::False);
    assert_eq!(judge("secret != 'x' && a == 'b'"), Truth::Unknown);
    assert_eq!(judge("all() && !has(absent)"), Truth::True);
}

/// A label that everybody has with one value is settled; whose value is not known yet, every test
/// of it is passed.
#[test]
fn a_label_of_everybody_is_settled() {
    let holder = labels([("a", "b")]);
    for (text, settled, without) in [
        ("c == 'x' && a == 'b'", true, true),
        ("c == 'y' && a == 'b'", false, true),
        ("!(c in {'x'}) && a == 'b'", false, true),
        ("!(c in {'y'}) && a == 'b'", true, true),
        ("has(c) && a == 'b'", true, true),
        ("c == 'x' && a == 'z'", false, false),
    ] {
        let found = parse(text).settled("c", "x").expect(text);
        assert_eq!(found.matches(&holder), settled, "{text}");
        let found = parse(text).without_tests_of("c");
        assert_eq!(found.matches(&holder), without, "{text}");
    }
    assert_eq!(parse("a == 'c'").settled("c", "x"), None);
}
