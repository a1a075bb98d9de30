//! Policies with something left out, still valid.

use serde_json::{Map, Value};

/// Every way to leave out one thing.
pub(super) fn smaller(documents: &[Value]) -> Vec<Vec<Value>> {
    let mut ways = Vec::new();
    for index in 0..documents.len() {
        let mut rest = documents.to_vec();
        let document = rest.remove(index);
        if !rest.is_empty() {
            ways.push(rest.clone());
        }
        for document in of_one(&document) {
            let mut way = rest.clone();
            way.insert(index, document);
            ways.push(way);
        }
    }
    ways
}

fn of_one(document: &Value) -> Vec<Value> {
    let mut ways = Vec::new();
    for member in ["/spec/selector", "/metadata/annotations"] {
        ways.extend(without(document, member));
    }
    let rules = items(document, "/spec/rules");
    let is_deny = document.pointer("/spec/action") == Some(&"DENY".into());
    for rule in 0..rules {
        let at = format!("/spec/rules/{rule}");
        if rules > 1 || !is_deny {
            ways.extend(without(document, &at));
        }
        for (list, inside) in [("from", "/source"), ("to", "/operation"), ("when", "")] {
            let list = format!("{at}/{list}");
            let count = items(document, &list);
            for item in 0..count {
                let item = format!("{list}/{item}");
                ways.extend(without(document, if count > 1 { &item } else { &list }));
                ways.extend(of_entry(document, &format!("{item}{inside}")));
            }
        }
    }
    ways
}

/// An entry with a field or a value less, which keeps at least one.
fn of_entry(document: &Value, entry: &str) -> Vec<Value> {
    let fields = document.pointer(entry).and_then(Value::as_object);
    let lists = fields
        .into_iter()
        .flatten()
        .filter(|(_, values)| values.is_array());
    let lists: Vec<_> = lists.map(|(name, _)| format!("{entry}/{name}")).collect();
    let mut ways = Vec::new();
    for list in &lists {
        if lists.len() > 1 {
            ways.extend(without(document, list));
        }
        let count = items(document, list);
        for item in (0..count).filter(|_| count > 1) {
            ways.extend(without(document, &format!("{list}/{item}")));
        }
    }
    ways
}

fn items(document: &Value, list: &str) -> usize {
    let list = document.pointer(list).and_then(Value::as_array);
    list.map_or(0, Vec::len)
}

fn without(document: &Value, member: &str) -> Option<Value> {
    document.pointer(member)?;
    let (parent, key) = member.rsplit_once('/')?;
    let mut document = document.clone();
    match document.pointer_mut(parent)? {
        Value::Object(members) => drop(Map::remove(members, key)),
        Value::Array(items) => drop(items.remove(key.parse().ok()?)),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => return None,
    }
    Some(document)
}
