//! What holds for every text and every tree.

use super::super::ast::{Node, Test};
use super::*;

const KEYS: [&str; 5] = ["a", "b", "pcns.team", "in", "has"];
const VALUES: [&str; 5] = ["", "x", "y", "xy", "it's"];
const TOKENS: [&str; 38] = [
    "(",
    ")",
    "!",
    "&&",
    "||",
    "==",
    "!=",
    "=",
    "&",
    "|",
    "{",
    "}",
    ",",
    "in",
    "not",
    "notin",
    "contains",
    "starts",
    "with",
    "startswith",
    "ends",
    "endswith",
    "has(",
    "has",
    "all(",
    "all()",
    "global()",
    "a",
    "b",
    "'x'",
    "\"y\"",
    "''",
    "'",
    "\"",
    " ",
    "\t",
    "\n",
    "é",
];

fn key() -> impl Strategy<Value = String> {
    prop::sample::select(&KEYS[..]).prop_map(str::to_owned)
}

fn value() -> impl Strategy<Value = String> {
    prop::sample::select(&VALUES[..]).prop_map(str::to_owned)
}

fn leaf() -> impl Strategy<Value = Node> {
    let set =
        || prop::collection::btree_set(value(), 0..4).prop_map(|set| set.into_iter().collect());
    let test = prop_oneof![
        Just(Test::Present),
        value().prop_map(Test::Equals),
        value().prop_map(Test::Differs),
        set().prop_map(Test::In),
        set().prop_map(Test::NotIn),
        value().prop_map(Test::Contains),
        value().prop_map(Test::StartsWith),
        value().prop_map(Test::EndsWith),
    ];
    prop_oneof![
        1 => Just(Node::All),
        1 => Just(Node::Global),
        8 => (key(), test).prop_map(|(key, test)| Node::Label { key, test }),
    ]
}

fn selector() -> impl Strategy<Value = Selector> {
    let node = leaf().prop_recursive(5, 32, 4, |inner| {
        let list = prop::collection::vec(inner.clone(), 2..4);
        prop_oneof![
            inner.prop_map(Node::negate),
            list.clone().prop_map(Node::And),
            list.prop_map(Node::Or),
        ]
    });
    node.prop_map(Selector::of)
}

fn map() -> impl Strategy<Value = Map> {
    prop::collection::btree_map(key(), value(), 0..5).prop_map(|map| map.into_iter().collect())
}

fn soup() -> impl Strategy<Value = String> {
    prop::collection::vec(prop::sample::select(&TOKENS[..]), 0..24).prop_map(|words| words.concat())
}

/// A text is refused with a place inside it and a short message, or read for good.
fn check_total(text: &str) -> Result<(), TestCaseError> {
    match Selector::parse(text) {
        Err(error) => {
            prop_assert!(text.is_char_boundary(error.offset()));
            prop_assert!(error.to_string().len() < 300);
        }
        Ok(selector) => prop_assert_eq!(Selector::parse(&selector.to_string()), Ok(selector)),
    }
    Ok(())
}

proptest! {
    #[test]
    fn any_text_is_read_or_refused(text in any::<String>()) {
        check_total(&text)?;
    }

    #[test]
    fn any_soup_of_tokens_is_read_or_refused(text in soup()) {
        check_total(&text)?;
    }

    #[test]
    fn canonical_text_reads_back(selector in selector()) {
        prop_assert_eq!(Selector::parse(&selector.to_string()), Ok(selector));
    }

    #[test]
    fn with_all_labels_known_judge_is_matches(selector in selector(), labels in map()) {
        let judged = selector.judge(&labels, &|_| true);
        prop_assert_eq!(judged, selector.matches(&labels).into());
    }

    #[test]
    fn what_judge_is_certain_of_holds_for_every_completion(
        selector in selector(),
        labels in map(),
        hidden in prop::collection::btree_set(key(), 0..4),
        completions in prop::collection::vec(map(), 1..16),
    ) {
        let known = |key: &str| !hidden.contains(key);
        let judged = selector.judge(&labels, &known);
        for guess in completions.iter().chain([&labels, &Map::new_vec()]) {
            let seen = labels.iter().filter(|(key, _)| known(key));
            let guessed = guess.iter().filter(|(key, _)| !known(key));
            let whole: Map = seen.chain(guessed).map(|(k, v)| (k.clone(), v.clone())).collect();
            let holds = Truth::from(selector.matches(&whole));
            prop_assert!(judged == Truth::Unknown || judged == holds, "{} of {:?}", selector, whole);
        }
    }

    #[test]
    fn rewriting_keeps_the_meaning(selector in selector(), labels in map()) {
        let matched = selector.matches(&labels);
        prop_assert_eq!(selector.clone().negate().matches(&labels), !matched);
        prop_assert_eq!(&selector.clone().negate().negate(), &selector);
        let prefixed: Map = labels.iter().map(|(k, v)| (format!("p.{k}"), v.clone())).collect();
        prop_assert_eq!(selector.clone().with_prefix("p.").matches(&prefixed), matched);
        let always = Selector::has("sentinel");
        let mut marked = labels;
        marked.insert("sentinel".to_owned(), String::new());
        let replaced = selector.replace_all_with(&always).replace_global_with(&always);
        prop_assert_eq!(replaced.matches(&marked), matched);
        prop_assert!(!replaced.mentions_global());
    }
}
