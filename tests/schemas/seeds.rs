//! Objects that keep every constraint, each a document of `tests/schemas/valid`: for which kinds it
//! is, and its body.

use super::table::Table;
use serde::Deserialize as _;
use serde_json::{Value, json};
use std::fs;
use std::path::Path;

/// An object that is taken.
pub(crate) struct Seed {
    kinds: Vec<String>,
    groups: Vec<String>,
    /// The object, whole once it is [`Seed::of`] a table.
    pub(crate) object: Value,
}

impl Seed {
    /// Every object, without what its kind decides.
    pub(crate) fn all() -> Vec<Self> {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/schemas/valid");
        let mut files: Vec<_> = fs::read_dir(folder)
            .unwrap()
            .map(|entry| entry.unwrap().path())
            .collect();
        files.sort();
        files.iter().flat_map(|file| Self::file(file)).collect()
    }

    fn file(file: &Path) -> Vec<Self> {
        let text = fs::read_to_string(file).unwrap();
        let documents = yaml_serde::Deserializer::from_str(&text);
        documents
            .map(|document| {
                let mut object = Value::deserialize(document).unwrap();
                let texts =
                    |value: Value| -> Vec<String> { serde_json::from_value(value).unwrap() };
                let fields = object.as_object_mut().unwrap();
                let kinds = texts(fields.remove("kinds").unwrap());
                let groups = texts(fields.remove("groups").unwrap());
                Self {
                    kinds,
                    groups,
                    object,
                }
            })
            .collect()
    }

    /// This object as one of the table's kind and version, if it is for them.
    pub(crate) fn of(&self, table: &Table) -> Option<Self> {
        let is_group = |group: &String| {
            *group == table.api_version || table.api_version.split('/').next() == Some(group)
        };
        if !self.kinds.contains(&table.kind) || !self.groups.iter().any(is_group) {
            return None;
        }
        let mut object = self.object.clone();
        object["apiVersion"] = json!(table.api_version);
        object["kind"] = json!(table.kind);
        if object.get("metadata").is_none() {
            object["metadata"] = json!({"name": "default"});
        }
        if table.is_namespaced {
            object["metadata"]["namespace"] = json!("shop");
        }
        Some(Self {
            kinds: Vec::new(),
            groups: Vec::new(),
            object,
        })
    }
}
