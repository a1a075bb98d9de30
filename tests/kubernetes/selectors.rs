//! LabelSelectors: as apimachinery reads them (kubernetes-cilium.md 1.3).

use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::select;
use serde_json::{Value, json};

const KEYS: [&str; 2] = ["app", "example.org/team"];
const VALUES: [&str; 3] = ["a", "b", ""];

/// Labels of a pod, a namespace or a node.
pub(crate) fn labels() -> impl Strategy<Value = Value> {
    vec((select(&KEYS[..]), select(&VALUES[..])), 0..3).prop_map(|labels| map(&labels))
}

/// Selectors, the empty one often enough.
pub(crate) fn selectors() -> impl Strategy<Value = Value> {
    let labels = vec((select(&KEYS[..]), select(&VALUES[..])), 1..3);
    let expressions = vec(expressions(), 1..3);
    prop_oneof![
        4 => Just(json!({})),
        2 => labels.clone().prop_map(|labels| json!({"matchLabels": map(&labels)})),
        3 => expressions.clone().prop_map(|list| json!({"matchExpressions": list})),
        1 => (labels, expressions).prop_map(|(labels, list)| {
            json!({"matchLabels": map(&labels), "matchExpressions": list})
        }),
    ]
}

fn expressions() -> impl Strategy<Value = Value> + Clone {
    let values = vec(select(&VALUES[..]), 1..3);
    let operator = select(&["In", "NotIn", "Exists", "DoesNotExist"][..]);
    (select(&KEYS[..]), operator, values).prop_map(|(key, operator, values)| {
        if operator.ends_with("In") {
            json!({"key": key, "operator": operator, "values": values})
        } else {
            json!({"key": key, "operator": operator})
        }
    })
}

fn map(pairs: &[(&str, &str)]) -> Value {
    let pairs = pairs.iter();
    Value::Object(
        pairs
            .map(|(key, value)| ((*key).to_owned(), json!(value)))
            .collect(),
    )
}

/// Whether a selector selects what has these labels. Every requirement must hold.
pub(crate) fn selects(selector: &Value, labels: &Value) -> bool {
    let pairs = selector["matchLabels"].as_object();
    let pairs = pairs.into_iter().flatten();
    let all_labels = pairs
        .into_iter()
        .all(|(key, value)| labels.get(key) == Some(value));
    let expressions = selector["matchExpressions"].as_array();
    let mut expressions = expressions.into_iter().flatten();
    all_labels && expressions.all(|expression| holds(expression, labels))
}

fn holds(expression: &Value, labels: &Value) -> bool {
    let value = labels.get(expression["key"].as_str().unwrap());
    let listed = || {
        expression["values"]
            .as_array()
            .unwrap()
            .contains(value.unwrap())
    };
    match expression["operator"].as_str().unwrap() {
        "In" => value.is_some() && listed(),
        // Whoever does not have the key has none of the values.
        "NotIn" => value.is_none() || !listed(),
        "Exists" => value.is_some(),
        // DoesNotExist.
        _ => value.is_none(),
    }
}
