//! Values that break one constraint of a field.

use super::place;
use super::rules;
use super::seeds::Seed;
use super::table::Table;
use regex::Regex;
use serde_json::{Map, Value, json};
use std::collections::BTreeMap;
use std::sync::Mutex;

/// A value in place of a valid one, and the constraint that it breaks.
pub(crate) struct Broken {
    pub(crate) constraint: String,
    pub(crate) value: Value,
}

/// Every way to break what is asked of a field whose valid value is this one.
pub(crate) fn of(table: &Table, seeds: &[Seed], path: &str, valid: &Value) -> Vec<Broken> {
    let asked = &table.fields[path];
    let mut all = Vec::new();
    let mut add = |constraint: &str, values: Vec<Value>| {
        let broken = |value| Broken {
            constraint: constraint.to_owned(),
            value,
        };
        all.extend(values.into_iter().map(broken));
    };
    add("type", types(asked));
    add("null", nulls(table, path));
    add("minItems", few(asked, valid));
    add("maxItems", many(asked, valid));
    add("set", repeated(asked, valid));
    add("minLength", short(asked));
    add("maxLength", long(asked, valid));
    add("pattern", unlike(asked));
    add("format", formats(asked));
    add("enum", words(asked));
    add("enum world-ipv4", world_by_family(asked));
    add("double", doubles(asked, valid));
    add("minimum", below(asked));
    add("maximum", above(asked));
    add("required", without(asked, valid));
    add("minProperties", no_fields(asked));
    add(
        "maxProperties",
        more_fields(table, seeds, path, asked, valid),
    );
    add(
        "oneOf",
        none_and_two(table, seeds, path, asked, valid, "oneOf"),
    );
    add(
        "anyOf",
        none_and_two(table, seeds, path, asked, valid, "anyOf"),
    );
    add("unknown field", unknown(table, path, valid));
    for rule in rules_of(asked) {
        add(&format!("rule {rule}"), rules::breaking(rule, valid));
    }
    all
}

fn number(asked: &Map<String, Value>, key: &str) -> Option<i64> {
    asked.get(key).and_then(Value::as_i64)
}

fn count(asked: &Map<String, Value>, key: &str) -> Option<usize> {
    usize::try_from(number(asked, key)?).ok()
}

/// Values of another type.
fn types(asked: &Map<String, Value>) -> Vec<Value> {
    if asked.contains_key("x-kubernetes-int-or-string") {
        return vec![json!(true), json!({}), json!([])];
    }
    match asked.get("type").and_then(Value::as_str) {
        Some("string") => vec![json!(1), json!(true), json!(["a"]), json!({})],
        Some("array") => vec![json!("a"), json!({"a": "b"})],
        Some("object") => vec![json!("a"), json!(["a"])],
        Some("integer") => vec![json!("a"), json!("1"), json!(1.5), json!([1])],
        Some("number") => vec![json!("a"), json!("1"), json!([1])],
        Some("boolean") => vec![json!("a"), json!("true"), json!(1)],
        _ => Vec::new(),
    }
}

/// Null, where there is a field to be left out.
fn nulls(table: &Table, path: &str) -> Vec<Value> {
    let is_field = path != "." && !path.ends_with(['}', ']']);
    // An item that is null is no item of any type.
    let is_item = path.ends_with("[]");
    let is_refused = (is_field && table.refuses_nulls) || is_item;
    is_refused.then_some(Value::Null).into_iter().collect()
}

fn few(asked: &Map<String, Value>, valid: &Value) -> Vec<Value> {
    let Some(least) = count(asked, "minItems").filter(|least| *least > 0) else {
        return Vec::new();
    };
    let items = valid.as_array().unwrap();
    vec![json!(items[..least - 1])]
}

fn many(asked: &Map<String, Value>, valid: &Value) -> Vec<Value> {
    let Some(most) = count(asked, "maxItems") else {
        return Vec::new();
    };
    let items = valid.as_array().unwrap();
    let first = items.first().cloned().unwrap_or(json!({}));
    vec![Value::Array(vec![first; most + 1])]
}

fn repeated(asked: &Map<String, Value>, valid: &Value) -> Vec<Value> {
    if asked.get("x-kubernetes-list-type") != Some(&json!("set")) {
        return Vec::new();
    }
    let mut items = valid.as_array().unwrap().clone();
    items.push(items[0].clone());
    vec![Value::Array(items)]
}

fn short(asked: &Map<String, Value>) -> Vec<Value> {
    let least = number(asked, "minLength").filter(|least| *least > 0);
    least.map(|_| json!("")).into_iter().collect()
}

/// A text that is too long, and otherwise of the kind that the valid one is.
fn long(asked: &Map<String, Value>, valid: &Value) -> Vec<Value> {
    let Some(most) = count(asked, "maxLength") else {
        return Vec::new();
    };
    let text = valid.as_str().unwrap();
    let missing = (most + 1).saturating_sub(text.chars().count());
    let value = if let Some(start) = text.strip_suffix('\'') {
        format!("{start}{}'", "a".repeat(missing))
    } else if text.contains('.') {
        // Labels of a name have a limit of their own.
        let labels = "a.".repeat(missing.div_ceil(2));
        format!("{labels}{text}")
    } else {
        format!("{text}{}", "a".repeat(missing))
    };
    vec![json!(value)]
}

fn unlike(asked: &Map<String, Value>) -> Vec<Value> {
    const TRIED: [&str; 14] = [
        "", " ", "a b", "!", "-", "-a", "a-", "*", "a/b", ":", "a..b", "\u{7}", "é", "a--b",
    ];
    let Some(pattern) = asked.get("pattern").and_then(Value::as_str) else {
        return Vec::new();
    };
    // Unicode's categories are not compiled in; the one pattern that asks for them is about what
    // can be printed.
    if pattern == r"^\PC*$" {
        return vec![json!("\u{7}")];
    }
    // A pattern stands at many fields, and takes long to compile.
    static KNOWN: Mutex<BTreeMap<String, Vec<Value>>> = Mutex::new(BTreeMap::new());
    let mut known = KNOWN.lock().unwrap();
    if let Some(values) = known.get(pattern) {
        return values.clone();
    }
    let expression = Regex::new(pattern).unwrap();
    let broken = TRIED.iter().filter(|text| !expression.is_match(text));
    let values: Vec<Value> = broken.map(|text| json!(text)).collect();
    known.insert(pattern.to_owned(), values.clone());
    values
}

fn formats(asked: &Map<String, Value>) -> Vec<Value> {
    match asked.get("format").and_then(Value::as_str) {
        Some("cidr") => ["10.0.0.1", "a", "10.0.0.0/33", "", "::1"]
            .map(|text| json!(text))
            .to_vec(),
        Some("int32") => vec![json!(2_147_483_648_u32)],
        _ => Vec::new(),
    }
}

fn words(asked: &Map<String, Value>) -> Vec<Value> {
    let mut lists: Vec<&Value> = asked.get("enum").into_iter().collect();
    let all = asked.get("allOf").and_then(Value::as_array);
    lists.extend(
        all.into_iter()
            .flatten()
            .filter_map(|part| part.get("enum")),
    );
    let Some(shortest) = lists
        .iter()
        .filter_map(|list| list.as_array())
        .min_by_key(|list| list.len())
    else {
        return Vec::new();
    };
    if shortest[0].is_number() {
        return vec![json!(5)];
    }
    let lower = shortest[0].as_str().unwrap().to_lowercase();
    let upper = lower.to_uppercase();
    let mut tried = vec![json!("Nonsense"), json!(""), json!(lower), json!(upper)];
    tried.retain(|word| !shortest.contains(word));
    tried
}

/// Every word that is one of the enumerated.
pub(crate) fn enumerated(asked: &Map<String, Value>) -> Vec<Value> {
    let lists = asked.get("enum").and_then(Value::as_array);
    lists.cloned().unwrap_or_default()
}

/// Cilium's own code knows these entities, and its schema does not.
fn world_by_family(asked: &Map<String, Value>) -> Vec<Value> {
    let is_of_entities = enumerated(asked).contains(&json!("world"));
    let words = [json!("world-ipv4"), json!("world-ipv6")];
    words.into_iter().filter(|_| is_of_entities).collect()
}

/// The whole number written as a double.
fn doubles(asked: &Map<String, Value>, valid: &Value) -> Vec<Value> {
    let is_whole = asked.get("type") == Some(&json!("integer"));
    let number = valid.as_f64().filter(|_| is_whole);
    number.map(|number| json!(number)).into_iter().collect()
}

fn below(asked: &Map<String, Value>) -> Vec<Value> {
    let least = number(asked, "minimum");
    least.map(|least| json!(least - 1)).into_iter().collect()
}

fn above(asked: &Map<String, Value>) -> Vec<Value> {
    let most = number(asked, "maximum");
    most.map(|most| json!(most + 1)).into_iter().collect()
}

/// The map without one of the fields that it must have.
fn without(asked: &Map<String, Value>, valid: &Value) -> Vec<Value> {
    let required = asked.get("required").and_then(Value::as_array);
    let required = required.into_iter().flatten().filter_map(Value::as_str);
    let removed = |key: &str| {
        let mut map = valid.as_object().unwrap().clone();
        map.remove(key);
        Value::Object(map)
    };
    required.map(removed).collect()
}

fn no_fields(asked: &Map<String, Value>) -> Vec<Value> {
    let least = number(asked, "minProperties").filter(|least| *least > 0);
    least.map(|_| json!({})).into_iter().collect()
}

/// A value that some valid object has at this path.
fn from_seeds(seeds: &[Seed], path: &str) -> Option<Value> {
    let found = seeds
        .iter()
        .find_map(|seed| Some(place::at(&seed.object, &place::find(&seed.object, path)?)));
    found.cloned()
}

/// The map with one more of the fields that it may have instead of its own.
fn more_fields(
    table: &Table,
    seeds: &[Seed],
    path: &str,
    asked: &Map<String, Value>,
    valid: &Value,
) -> Vec<Value> {
    if number(asked, "maxProperties") != Some(1) {
        return Vec::new();
    }
    two(seeds, path, &table.children(path), valid)
}

fn two(seeds: &[Seed], path: &str, names: &[&str], valid: &Value) -> Vec<Value> {
    let mut all = Vec::new();
    for name in names {
        let Some(value) = from_seeds(seeds, &format!("{path}.{name}")) else {
            continue;
        };
        let mut map = valid.as_object().unwrap().clone();
        if map.insert((*name).to_owned(), value).is_none() {
            all.push(Value::Object(map));
        }
    }
    all
}

/// The map with none of the fields of which it must have one, and with two of them.
fn none_and_two(
    table: &Table,
    seeds: &[Seed],
    path: &str,
    asked: &Map<String, Value>,
    valid: &Value,
    key: &str,
) -> Vec<Value> {
    let branches = asked.get(key).and_then(Value::as_array);
    let names: Vec<&str> = branches
        .into_iter()
        .flatten()
        .filter_map(|branch| branch.get("required")?.as_array()?.first()?.as_str())
        .collect();
    // With one name alone the branch asks for it or for its absence: that is nothing.
    if names.len() < 2 || table.children(path).is_empty() {
        return Vec::new();
    }
    let mut map = valid.as_object().unwrap().clone();
    map.retain(|key, _| !names.contains(&key.as_str()));
    let mut all = vec![Value::Object(map)];
    if key == "oneOf" {
        all.extend(two(seeds, path, &names, valid));
    }
    all
}

fn unknown(table: &Table, path: &str, valid: &Value) -> Vec<Value> {
    if table.children(path).is_empty() {
        return Vec::new();
    }
    let mut map = valid.as_object().unwrap().clone();
    map.insert("unheardOf".to_owned(), json!(1));
    vec![Value::Object(map)]
}

fn rules_of(asked: &Map<String, Value>) -> Vec<&str> {
    let rules = asked.get("rules").and_then(Value::as_array);
    let rules = rules.into_iter().flatten();
    rules.filter_map(Value::as_str).collect()
}
