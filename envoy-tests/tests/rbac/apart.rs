//! Policies taken apart, as the filter takes them where a request has several readings.
//!
//! Where each reading is allowed, but by another rule, source or operation, none of them is certain:
//! the filter asks for one that holds under every reading. And each clause of a DENY is met if some
//! reading meets it, be it another reading for each.

use serde_json::{Value, json};

/// The documents with one rule in place of all ALLOW policies in force, with one source and one
/// operation; once for every such rule.
pub(crate) fn allows(documents: &[Value]) -> Vec<Vec<Value>> {
    let is_allow = |document: &&Value| is_allow(document);
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

/// For every rule of a DENY, with one source and one operation: policies that deny what meets one
/// clause of it, once for every clause and every half of one.
pub(crate) fn denials(documents: &[Value]) -> Vec<Vec<Value>> {
    let denying = documents
        .iter()
        .filter(|document| document.pointer("/spec/action") == Some(&"DENY".into()));
    let of_rule = |document: &Value, rule: &Value| {
        let alone = |rule: Value| {
            let mut document = document.clone();
            if let Some(rules) = document.pointer_mut("/spec/rules") {
                *rules = json!([rule]);
            }
            document
        };
        clauses(rule).into_iter().map(alone).collect::<Vec<_>>()
    };
    denying
        .flat_map(|document| {
            let rules = rules(document).into_iter();
            rules.map(move |rule| of_rule(document, &rule))
        })
        .collect()
}

/// What a rule with one source and one operation asks, each half of a clause as a rule of its own.
fn clauses(rule: &Value) -> Vec<Value> {
    let mut clauses = Vec::new();
    for (list, member) in [("from", "source"), ("to", "operation")] {
        for entry in items(rule.get(list)) {
            let fields = entry.get(member).and_then(Value::as_object);
            for (name, values) in fields.into_iter().flatten() {
                clauses.push(json!({list: [{member: {name: values}}]}));
            }
        }
    }
    for condition in items(rule.get("when")) {
        for half in ["values", "notValues"] {
            if let Some(values) = condition.get(half) {
                let key = condition.get("key");
                clauses.push(json!({"when": [{"key": key, half: values}]}));
            }
        }
    }
    clauses
}

fn is_allow(document: &Value) -> bool {
    let action = document.pointer("/spec/action");
    action.is_none_or(|action| action == "ALLOW")
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
        allows(&[allow, deny.clone()]),
        [alone(rule(&[1], 3)), alone(rule(&[2], 3)), alone(json!({}))]
    );
}

#[test]
fn every_clause_of_a_denial_stands_alone() {
    let operation = json!({"paths": ["a"], "notPaths": ["b"]});
    let when = json!({"key": "k", "notValues": ["c"]});
    let deny = |rules: Value| json!({"spec": {"action": "DENY", "rules": rules}});
    let rule = json!({"to": [{"operation": operation}], "when": [when]});
    let allow = json!({"spec": {"rules": [{}]}});
    assert_eq!(
        denials(&[deny(json!([rule])), allow]),
        [[
            deny(json!([{"to": [{"operation": {"notPaths": ["b"]}}]}])),
            deny(json!([{"to": [{"operation": {"paths": ["a"]}}]}])),
            deny(json!([{"when": [when]}])),
        ]]
    );
}
