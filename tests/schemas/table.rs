//! The constraints of a kind: one line for each field.

use serde_json::{Map, Value};
use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

/// What an API asks of the objects of a kind.
pub(crate) struct Table {
    pub(crate) api_version: String,
    pub(crate) kind: String,
    pub(crate) is_namespaced: bool,
    /// Whether null in place of a field is refused.
    pub(crate) refuses_nulls: bool,
    /// What is asked of each field, by its path.
    pub(crate) fields: BTreeMap<String, Map<String, Value>>,
}

impl Table {
    /// Every table.
    pub(crate) fn all() -> Vec<Self> {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/schemas/tables");
        let mut files: Vec<_> = fs::read_dir(folder)
            .unwrap()
            .map(|entry| entry.unwrap().path())
            .collect();
        files.sort();
        let tables: Vec<Self> = files
            .iter()
            .map(|file| Self::parse(&fs::read_to_string(file).unwrap()))
            .collect();
        assert!(!tables.is_empty());
        tables
    }

    fn parse(text: &str) -> Self {
        let head = |key: &str| {
            let start = format!("# {key}: ");
            let line = text.lines().find_map(|line| line.strip_prefix(&start));
            line.unwrap().to_owned()
        };
        let fields = text.lines().filter(|line| !line.starts_with('#'));
        let field = |line: &str| {
            let (path, asked) = line.split_once(' ').unwrap();
            (path.to_owned(), serde_json::from_str(asked).unwrap())
        };
        Self {
            api_version: head("apiVersion"),
            kind: head("kind"),
            is_namespaced: head("scope") == "Namespaced",
            refuses_nulls: head("nulls") == "refused",
            fields: fields.map(field).collect(),
        }
    }

    /// The names of the fields of the map at this path; none if it has no fields of its own.
    pub(crate) fn children(&self, path: &str) -> Vec<&str> {
        let start = if path == "." {
            ".".to_owned()
        } else {
            format!("{path}.")
        };
        let own = self
            .fields
            .keys()
            .filter_map(|other| other.strip_prefix(&start));
        own.filter(|rest| !rest.is_empty() && !rest.contains(['.', '[', '{']))
            .collect()
    }
}
