//! An ALLOW taken apart. Where each reading of a request is allowed, but by another rule, source or
//! operation, none of them is certain: the filter asks for one that holds under every reading.

use serde_json::{Value, json};

/// The documents with one rule in place of all ALLOW policies in force, with one source and one
/// operation; once for every such rule.
pub(crate) fn of(documents: &[Value]) -> Vec<Vec<Value>> {
    let is_allow = |document: &&Value| {
        let action = document.pointer("/spec/action");
        action.is_none_or(|action| action == "ALLOW")
    };
    let others: Vec<_> = documents
        .iter()
        .filter(|document| !is_allow(document))
        .collect();
    let mut parts = Vec::new();
    for document in documents.iter().filter(is_allow) {
        for rule in rules(document) {
            let mut document = document.clone();
            if let Some(rules) = document.pointer_mut("/spec/rules") {
                *rules = json!([rule]);
            }
            let others = others.iter().map(|other| (*other).clone());
            parts.push(others.chain([document]).collect());
        }
    }
    parts
}

/// The rules of a policy, each with one source and one operation.
fn rules(document: &Value) -> Vec<Value> {
    let mut rules = items(document.pointer("/spec/rules"));
    for list in ["from", "to"] {
        let apart = rules.iter().flat_map(|rule| {
            let entries = items(rule.get(list)).into_iter().map(|entry| {
                let mut rule = rule.clone();
                if let Some(member) = rule.get_mut(list) {
                    *member = json!([entry]);
                }
                rule
            });
            let whole = rule.get(list).is_none().then(|| rule.clone());
            entries.chain(whole).collect::<Vec<_>>()
        });
        rules = apart.collect();
    }
    rules
}

fn items(list: Option<&Value>) -> Vec<Value> {
    list.and_then(Value::as_array).cloned().unwrap_or_default()
}

#[test]
fn every_rule_stands_alone_beside_what_denies() {
    let rule = |from: &[u8], to: u8| json!({"from": from, "to": [to]});
    let allow = json!({"spec": {"rules": [rule(&[1, 2], 3), {}]}});
    let deny = json!({"spec": {"action": "DENY", "rules": [{}]}});
    let alone = |rule: Value| vec![deny.clone(), json!({"spec": {"rules": [rule]}})];
    assert_eq!(
        of(&[allow, deny.clone()]),
        [alone(rule(&[1], 3)), alone(rule(&[2], 3)), alone(json!({}))]
    );
}
