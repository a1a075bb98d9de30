//! A difference for programs.

use super::Compared;
use heliast_cli::bundles::{Change, FieldChange};
use serde_json::{Map, Value, json};

pub(super) fn document(compared: &Compared) -> Value {
    let changes = &compared.difference.changes;
    let keys = |is_it: fn(&Change) -> bool| -> Vec<Value> {
        let changes = changes.iter().filter(|change| is_it(change));
        changes.map(|change| change.key().encode()).collect()
    };
    let changed = changes
        .iter()
        .filter(|change| matches!(change, Change::Changed { .. }));
    json!({
        "apiVersion": "heliast.dev/v1alpha1",
        "kind": "BundleDifference",
        "from": compared.old.content().to_string(),
        "to": compared.new.content().to_string(),
        "added": keys(|change| matches!(change, Change::Added(_))),
        "removed": keys(|change| matches!(change, Change::Removed(_))),
        "changed": changed.map(object).collect::<Vec<_>>(),
    })
}

fn object(change: &Change) -> Value {
    let mut object = change.key().encode();
    let fields = change.fields().into_iter().map(field).collect();
    if let Some(object) = object.as_object_mut() {
        object.insert("fields".to_owned(), fields);
    }
    object
}

fn field(change: FieldChange) -> Value {
    let mut field = Map::new();
    field.insert("path".to_owned(), change.path.to_string().into());
    // A field that is null is another thing than one that is not there.
    for (name, value) in [("old", change.old), ("new", change.new)] {
        field.extend(value.map(|value| (name.to_owned(), value)));
    }
    Value::Object(field)
}
