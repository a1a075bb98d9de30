use super::RuleIndex;
use crate::model::{Clause, Pattern, Subject};
use crate::path::PathPattern;
use crate::program::condition::Condition;
use crate::program::header::HeaderCondition;
use crate::program::{Context, RuleProgram, clauses};
use crate::regex::Regex;
use crate::request::{Http, Request};
use crate::terms::{Action, HeaderMatch, HeaderOperator, Protocol};
use crate::truth::Truth;
use proptest::collection::vec;
use proptest::prelude::*;
use std::sync::Arc;

const TEXTS: [&str; 11] = [
    "u@b", "a,u@b:80", "a", "ab", "abc", "b", "b.", "A", "b:80", "", "a, b",
];

fn text() -> impl Strategy<Value = String> {
    prop::sample::select(&TEXTS[..]).prop_map(str::to_owned)
}

fn path() -> impl Strategy<Value = String> {
    "(/([abA]|%61){0,2}){1,3}"
}

/// Conditions of every kind that rules are filed under, and some of the others.
fn condition() -> impl Strategy<Value = Condition> {
    let pattern = |text: BoxedStrategy<String>| {
        (0..5_u8, text).prop_map(|(kind, text)| match kind {
            0 | 1 => Pattern::Exact(text),
            2 | 3 => Pattern::Prefix(text),
            _ => Pattern::Regex(Regex::parse(&text).unwrap()),
        })
    };
    let patterns = |text: BoxedStrategy<String>| vec(pattern(text), 0..3);
    let about = |subject: Subject, text: BoxedStrategy<String>| {
        (patterns(text.clone()), patterns(text)).prop_map(move |(any, none)| {
            let subject = subject.clone();
            clauses::condition(&Clause::Text { subject, any, none })
        })
    };
    let pattern = (path(), any::<bool>()).prop_map(|(path, exact)| {
        if exact {
            PathPattern::exact(&path)
        } else {
            PathPattern::prefix(&path)
        }
    });
    let operator = (0..4_u8, vec(text(), 1..3)).prop_map(|(kind, values)| match kind {
        0 => HeaderOperator::In(values),
        1 => HeaderOperator::HasPrefix(values),
        2 => HeaderOperator::NotIn(values),
        _ => HeaderOperator::Exists,
    });
    let header = (
        operator,
        prop::sample::select(&["x", "y", "x-a", "host"][..]),
    )
        .prop_map(|(operator, name)| {
            let header = name.to_owned();
            Condition::Header(HeaderCondition::compile(&HeaderMatch { header, operator }))
        });
    prop_oneof![
        vec(text(), 1..3).prop_map(Condition::Methods),
        vec(prop::option::weighted(0.9, pattern), 1..4)
            .prop_map(|paths| Condition::paths(&paths.into_iter().flatten().collect::<Vec<_>>())),
        header,
        about(Subject::Method, text().boxed()),
        about(Subject::Host, text().boxed()),
        about(Subject::Path, path().boxed()),
        about(Subject::Header("x".to_owned()), text().boxed()),
        about(Subject::Header("x-a".to_owned()), text().boxed()),
        about(Subject::Header("Host".to_owned()), text().boxed()),
        about(Subject::SoleHeader("x".to_owned()), text().boxed()),
    ]
}

fn rule() -> impl Strategy<Value = RuleProgram> {
    vec(condition(), 0..4).prop_map(|conditions| RuleProgram {
        index: 0,
        action: Action::Allow,
        own_end: Truth::True,
        peer: 0,
        ip_version: None,
        conditions: conditions.into_iter().map(Arc::new).collect(),
        rewrites: Vec::new(),
    })
}

fn line() -> impl Strategy<Value = (String, String)> {
    let name = prop::sample::select(&["x", "X", "y", "x_a", "X-A", ":method", ":authority"][..]);
    (name, text()).prop_map(|(name, value)| (name.to_owned(), value))
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    /// What the index leaves out is False, what it finds is in order, each once.
    #[test]
    fn leaves_out_only_what_is_false(
        rules in vec(rule(), 8..40),
        lines in vec(line(), 0..5),
        path in prop::option::weighted(0.9, "(/([abA%.]|%61){0,2}){1,3}/?(\\?a)?"),
        is_http in prop::bool::weighted(0.9),
    ) {
        let mut bytes: Vec<(&[u8], &[u8])> = Vec::new();
        bytes.extend(path.iter().map(|path| (b":path".as_slice(), path.as_bytes())));
        bytes.extend(lines.iter().map(|(name, value)| (name.as_bytes(), value.as_bytes())));
        let http = is_http.then(|| Http::new(&bytes));
        let request = Request::new(Protocol::TCP, http);
        let context = Context::new(&request, None);
        let asked: Vec<&RuleProgram> = rules.iter().collect();
        let found = RuleIndex::build(&asked);
        let found = found.as_ref().and_then(|index| index.candidates(&context));
        let found: Vec<usize> = found.map_or_else(|| (0..rules.len()).collect(), Iterator::collect);
        prop_assert!(found.is_sorted_by(|one, next| one < next), "{:?}", found);
        for (position, rule) in rules.iter().enumerate() {
            let truths = rule.conditions.iter().map(|one| one.judge(&Context::new(&request, None)));
            let truth = truths.fold(Truth::True, Truth::and);
            let kept = found.contains(&position);
            prop_assert!(kept || truth == Truth::False, "{} {:?} of {:#?}", position, truth, rule);
        }
    }
}

/// A rule for one path, and one method.
fn get(path: &str, method: &str) -> RuleProgram {
    let conditions = [
        Condition::Methods(vec![method.to_owned()]),
        Condition::paths(&[PathPattern::exact(path)]),
    ];
    RuleProgram {
        index: 0,
        action: Action::Allow,
        own_end: Truth::True,
        peer: 0,
        ip_version: None,
        conditions: conditions.into_iter().map(Arc::new).collect(),
        rewrites: Vec::new(),
    }
}

#[test]
fn a_rule_is_filed_where_few_others_are() {
    // By method each would be among a hundred; by path a pair.
    let rules: Vec<RuleProgram> = (0..100)
        .flat_map(|path| ["GET", "PUT"].map(|method| get(&format!("/{path}"), method)))
        .collect();
    let rules: Vec<&RuleProgram> = rules.iter().collect();
    let index = RuleIndex::build(&rules).unwrap();
    let lines: [(&[u8], &[u8]); 2] = [(b":path", b"/7?x"), (b":method", b"PUT")];
    let request = Request::new(Protocol::TCP, Some(Http::new(&lines)));
    let found = index.candidates(&Context::new(&request, None)).unwrap();
    assert_eq!(found.collect::<Vec<_>>(), [14, 15]);
    // And by method where the path says nothing.
    let rules: Vec<RuleProgram> = (0..100)
        .map(|number| get("/", &format!("M{number}")))
        .collect();
    let rules: Vec<&RuleProgram> = rules.iter().collect();
    let index = RuleIndex::build(&rules).unwrap();
    let lines: [(&[u8], &[u8]); 2] = [(b":path", b"/"), (b":method", b"M50")];
    let request = Request::new(Protocol::TCP, Some(Http::new(&lines)));
    let found = index.candidates(&Context::new(&request, None)).unwrap();
    assert_eq!(found.collect::<Vec<_>>(), [50]);
}

#[test]
fn what_is_met_in_too_many_ways_is_not_looked_up() {
    let rules: Vec<RuleProgram> = (0..100)
        .map(|number| {
            let header = HeaderMatch {
                header: "x".to_owned(),
                operator: HeaderOperator::In(vec![number.to_string()]),
            };
            let mut rule = get("/", "GET");
            rule.conditions = vec![Arc::new(Condition::Header(HeaderCondition::compile(
                &header,
            )))];
            rule
        })
        .collect();
    let rules: Vec<&RuleProgram> = rules.iter().collect();
    let index = RuleIndex::build(&rules).unwrap();
    let line: Vec<String> = (0..50).map(|number| number.to_string()).collect();
    let line = line.join(",");
    let lines: [(&[u8], &[u8]); 1] = [(b"x", line.as_bytes())];
    let request = Request::new(Protocol::TCP, Some(Http::new(&lines)));
    assert!(index.candidates(&Context::new(&request, None)).is_none());
}
