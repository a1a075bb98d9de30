//! Policy as it is for a peer whose identity is in doubt: a DENY does not ask for it, and an ALLOW
//! that does is none.

use serde_json::{Map, Value};

/// What asks who the peer is, as fields of a source and as conditions.
const FIELDS: [&str; 4] = ["rincipals", "amespaces", "erviceAccounts", "rustDomains"];
const CONDITIONS: [&str; 4] = [
    "source.principal",
    "source.namespace",
    "source.serviceAccount",
    "source.trustDomain",
];

/// The documents in doubt.
pub(crate) fn of(documents: &[Value]) -> Vec<Value> {
    let mut documents = documents.to_vec();
    for document in &mut documents {
        let is_deny = document.pointer("/spec/action") == Some(&"DENY".into());
        if let Some(rules) = list(document.pointer_mut("/spec/rules")) {
            rules.retain_mut(|rule| is_left(rule, is_deny));
        }
    }
    documents
}

/// Takes out of a rule what asks for an identity; false if nothing is left of it.
fn is_left(rule: &mut Value, is_deny: bool) -> bool {
    let mut asked = false;
    if let Some(conditions) = list(rule.get_mut("when")) {
        let before = conditions.len();
        conditions.retain(|condition| !is_condition(condition));
        asked = conditions.len() < before;
    }
    let mut none_left = false;
    if let Some(sources) = list(rule.get_mut("from")) {
        sources.retain_mut(|from| {
            let source = from.get_mut("source").and_then(Value::as_object_mut);
            is_deny || !source.is_some_and(|source| asks(source))
        });
        none_left = sources.is_empty();
        for from in sources {
            if let Some(source) = from.get_mut("source").and_then(Value::as_object_mut) {
                source.retain(|name, _| !is_field(name));
            }
        }
    }
    is_deny || !(asked || none_left)
}

fn asks(source: &Map<String, Value>) -> bool {
    source.keys().any(|name| is_field(name))
}

/// Fields and their twins; request principals are of the token.
fn is_field(name: &str) -> bool {
    let of_token = name.ends_with("equestPrincipals");
    !of_token && FIELDS.iter().any(|end| name.ends_with(end))
}

fn is_condition(condition: &Value) -> bool {
    let key = condition.get("key").and_then(Value::as_str);
    key.is_some_and(|key| CONDITIONS.contains(&key))
}

fn list(value: Option<&mut Value>) -> Option<&mut Vec<Value>> {
    value.and_then(Value::as_array_mut)
}

#[test]
fn a_deny_forgets_whom_it_means_and_an_allow_means_nobody() {
    use serde_json::json;
    let rules = json!([
        {"from": [{"source": {"notPrincipals": ["a"], "ipBlocks": ["b"]}}, {"source": {"ipBlocks": ["c"]}}]},
        {"from": [{"source": {"namespaces": ["a"]}}]},
        {"when": [{"key": "source.ip", "values": ["a"]}, {"key": "source.namespace", "values": ["b"]}]},
        {"from": [{"source": {"requestPrincipals": ["a"]}}]},
    ]);
    let policy = |action: &str| json!({"spec": {"action": action, "rules": rules}});
    let doubted = of(&[policy("DENY"), policy("ALLOW")]);
    assert_eq!(
        doubted[0]["spec"]["rules"],
        json!([
            {"from": [{"source": {"ipBlocks": ["b"]}}, {"source": {"ipBlocks": ["c"]}}]},
            {"from": [{"source": {}}]},
            {"when": [{"key": "source.ip", "values": ["a"]}]},
            {"from": [{"source": {"requestPrincipals": ["a"]}}]},
        ])
    );
    assert_eq!(
        doubted[1]["spec"]["rules"],
        json!([
            {"from": [{"source": {"ipBlocks": ["c"]}}]},
            {"from": [{"source": {"requestPrincipals": ["a"]}}]},
        ])
    );
}
