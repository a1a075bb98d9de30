//! A value for a field that no valid object has, because heliast does not take it.

use super::place;
use super::seeds::Seed;
use super::table::Table;
use serde_json::{Map, Value, json};

/// A valid object with this field beside those that it has.
pub(crate) fn with_field(table: &Table, seeds: &[Seed], path: &str) -> Value {
    let (outer, key) = path.rsplit_once('.').unwrap();
    let (seed, steps) = seeds
        .iter()
        .find_map(|seed| Some((seed, place::find(&seed.object, outer)?)))
        .unwrap();
    let mut map = place::at(&seed.object, &steps).clone();
    map[key] = value(table, path);
    place::with(&seed.object, &steps, map)
}

/// The smallest value that has what is required.
fn value(table: &Table, path: &str) -> Value {
    let asked = &table.fields[path];
    match asked.get("type").and_then(Value::as_str) {
        Some("array") => json!([value(table, &format!("{path}[]"))]),
        Some("object") => {
            let required = asked.get("required").and_then(Value::as_array);
            let required = required.into_iter().flatten().filter_map(Value::as_str);
            let field = |key: &str| (key.to_owned(), value(table, &format!("{path}.{key}")));
            Value::Object(required.map(field).collect::<Map<_, _>>())
        }
        Some("boolean") => json!(true),
        Some("string") => json!("a"),
        _ => json!(1),
    }
}
