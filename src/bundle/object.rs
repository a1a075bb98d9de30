//! The objects of a bundle, each in its canonical form.

use super::revision::Leaf;
use serde_json::{Value, json};
use std::fmt;
use std::sync::Arc;

/// Which object: no bundle has two of the same.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ObjectKey {
    /// The group and version, such as `projectcalico.org/v3`.
    pub api_version: String,
    /// The kind.
    pub kind: String,
    /// The namespace; none where the object names none.
    pub namespace: Option<String>,
    /// The name.
    pub name: String,
}

impl ObjectKey {
    /// Reads the key of an object, or an entry of a delta's `remove` list.
    ///
    /// # Errors
    ///
    /// What it lacks.
    pub fn decode(value: &Value) -> Result<Self, String> {
        let named = value.get("metadata").unwrap_or(value);
        let text = |field: &Value| {
            field
                .as_str()
                .filter(|text| !text.is_empty())
                .map(str::to_owned)
        };
        let required = |holder: &Value, key: &str| {
            let found = holder.get(key).and_then(text);
            found.ok_or_else(|| format!("an object of it has no `{key}`"))
        };
        Ok(Self {
            api_version: required(value, "apiVersion")?,
            kind: required(value, "kind")?,
            namespace: named.get("namespace").and_then(text),
            name: required(named, "name")?,
        })
    }

    /// The entry for a delta's `remove` list.
    #[must_use]
    pub fn encode(&self) -> Value {
        let mut entry = json!({
            "apiVersion": self.api_version,
            "kind": self.kind,
            "name": self.name,
        });
        if let (Some(namespace), Some(entry)) = (&self.namespace, entry.as_object_mut()) {
            entry.insert("namespace".to_owned(), namespace.as_str().into());
        }
        entry
    }
}

impl fmt::Display for ObjectKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.namespace {
            Some(namespace) => write!(f, "{} {namespace}/{}", self.kind, self.name),
            None => write!(f, "{} {}", self.kind, self.name),
        }
    }
}

/// An object in canonical form: one line of compact JSON, keys sorted, `metadata.managedFields`
/// left out. Cheap to clone.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Object {
    /// Which object.
    pub key: Arc<ObjectKey>,
    /// Its canonical form.
    pub text: Arc<str>,
    /// SHA-256 of its canonical form.
    pub leaf: Leaf,
}

impl Object {
    /// The canonical form of an object; lists must be taken apart before, by [`flatten`].
    ///
    /// # Errors
    ///
    /// If it has no kind or name.
    pub fn new(mut value: Value) -> Result<Self, String> {
        Self::of(&mut value)
    }

    /// The same of an object that is still needed; it is made canonical.
    ///
    /// # Errors
    ///
    /// As [`Self::new`].
    pub fn of(value: &mut Value) -> Result<Self, String> {
        let key = Arc::new(ObjectKey::decode(value)?);
        if let Some(Value::Object(metadata)) = value.get_mut("metadata") {
            for (key, value) in std::mem::take(metadata) {
                if key != "managedFields" {
                    metadata.insert(key, value);
                }
            }
        }
        let text = value.to_string();
        let leaf = Leaf::of(&text);
        Ok(Self {
            key,
            text: text.into(),
            leaf,
        })
    }
}

/// The objects of a document: itself, or the items of a list, which may leave it to the list to say
/// what they are. A list in a list stays as it is, for the loader to refuse.
#[must_use]
pub fn flatten(mut value: Value) -> Vec<Value> {
    let text = |key| value.get(key).and_then(Value::as_str).unwrap_or_default();
    let Some(item_kind) = text("kind").strip_suffix("List").map(str::to_owned) else {
        return vec![value];
    };
    let api_version = text("apiVersion").to_owned();
    let Some(Value::Array(items)) = value.get_mut("items").map(Value::take) else {
        return vec![value];
    };
    let mut items = items;
    for item in items.iter_mut().filter_map(Value::as_object_mut) {
        let says_nothing = !item.contains_key("apiVersion") && !item.contains_key("kind");
        if says_nothing && !item_kind.is_empty() {
            item.insert("apiVersion".to_owned(), api_version.as_str().into());
            item.insert("kind".to_owned(), item_kind.as_str().into());
        }
    }
    items
}
