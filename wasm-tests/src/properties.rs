//! Tables of properties, as the test fills them.

use std::collections::BTreeMap;

use crate::Value;

/// The components of a property name.
///
/// From a text, dots separate them, except that everything after `filter_state.` is one component and that
/// `wasm.<name>` is the filter state Envoy keeps for `set_property`. Where a component contains a dot otherwise
/// (a label in node metadata), give the components as an array.
#[derive(Clone, Debug, Eq, Ord, PartialEq, PartialOrd)]
pub struct PropertyPath(Vec<String>);

impl PropertyPath {
    pub(crate) fn from_guest(bytes: &[u8]) -> Self {
        let text = String::from_utf8_lossy(bytes);
        let mut parts: Vec<String> = text.split('\0').map(str::to_owned).collect();
        // Envoy does not look behind a NUL at the end.
        if parts.last().is_some_and(String::is_empty) {
            parts.pop();
        }
        Self(parts)
    }

    pub(crate) fn parts(&self) -> &[String] {
        &self.0
    }
}

impl From<&str> for PropertyPath {
    fn from(text: &str) -> Self {
        if let Some(key) = text.strip_prefix("filter_state.") {
            return Self::from(["filter_state", key]);
        }
        if text.starts_with("wasm.") {
            return Self::from(["filter_state", text]);
        }
        Self(text.split('.').map(str::to_owned).collect())
    }
}

impl<const N: usize> From<[&str; N]> for PropertyPath {
    fn from(parts: [&str; N]) -> Self {
        Self(parts.iter().map(|part| (*part).to_owned()).collect())
    }
}

impl From<&[&str]> for PropertyPath {
    fn from(parts: &[&str]) -> Self {
        Self(parts.iter().map(|part| (*part).to_owned()).collect())
    }
}

impl From<&Self> for PropertyPath {
    fn from(path: &Self) -> Self {
        path.clone()
    }
}

/// What a table has under a path.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Found {
    Value(Value),
    /// Only something below it exists; Envoy cannot serialise such a container.
    Container,
    Missing,
}

impl Found {
    pub(crate) fn or_else(self, other: impl FnOnce() -> Self) -> Self {
        match self {
            Self::Missing => other(),
            found @ (Self::Value(_) | Self::Container) => found,
        }
    }
}

impl From<Option<Value>> for Found {
    fn from(value: Option<Value>) -> Self {
        value.map_or(Self::Missing, Self::Value)
    }
}

/// Values by path.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Properties {
    values: BTreeMap<Vec<String>, Value>,
}

impl Properties {
    /// A table without values.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// The table with one value more.
    #[must_use]
    pub fn with(mut self, path: impl Into<PropertyPath>, value: impl Into<Value>) -> Self {
        self.set(path, value);
        self
    }

    /// Sets a value.
    pub fn set(&mut self, path: impl Into<PropertyPath>, value: impl Into<Value>) {
        self.values.insert(path.into().0, value.into());
    }

    /// Removes a value.
    pub fn remove(&mut self, path: impl Into<PropertyPath>) {
        self.values.remove(&path.into().0);
    }

    /// The value under a path, also inside a map or list.
    #[must_use]
    pub fn get(&self, path: impl Into<PropertyPath>) -> Option<&Value> {
        self.descend(path.into().parts())
    }

    pub(crate) fn find(&self, path: &[String]) -> Found {
        if let Some(value) = self.descend(path) {
            return Found::Value(value.clone());
        }
        if self.values.keys().any(|key| key.starts_with(path)) {
            return Found::Container;
        }
        Found::Missing
    }

    fn descend(&self, path: &[String]) -> Option<&Value> {
        (1..=path.len()).rev().find_map(|length| {
            let (name, rest) = path.split_at_checked(length)?;
            self.values.get(name)?.descend(rest)
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_path_knows_filter_state() {
        let path = PropertyPath::from("filter_state.io.istio.peer_principal");
        assert_eq!(path.parts(), ["filter_state", "io.istio.peer_principal"]);
        let path = PropertyPath::from("wasm.verdict");
        assert_eq!(path.parts(), ["filter_state", "wasm.verdict"]);
        assert_eq!(
            PropertyPath::from("source.address").parts(),
            ["source", "address"]
        );
    }

    #[test]
    fn guest_paths_are_separated_by_nul() {
        assert_eq!(
            PropertyPath::from_guest(b"source\0address").parts(),
            ["source", "address"]
        );
        assert_eq!(PropertyPath::from_guest(b"source\0").parts(), ["source"]);
    }

    #[test]
    fn values_are_found_inside_maps_and_containers_are_told_apart() {
        let labels = Value::from(serde_json::json!({"app.kubernetes.io/name": "db"}));
        let table = Properties::new().with("xds.node.metadata.LABELS", labels);
        let path = [
            "xds",
            "node",
            "metadata",
            "LABELS",
            "app.kubernetes.io/name",
        ];
        assert_eq!(table.get(path), Some(&"db".into()));
        assert_eq!(
            table.find(PropertyPath::from("xds.node").parts()),
            Found::Container
        );
        assert_eq!(
            table.find(PropertyPath::from("xds.no").parts()),
            Found::Missing
        );
    }
}
