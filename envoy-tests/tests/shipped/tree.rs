//! Reading trees of JSON, and the tree of files.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};
use heliast_envoy_tests::{install, manifests};
use serde_json::{Map, Value};

/// Folders that are not ours to check.
const FOREIGN: [&str; 2] = ["target", ".git"];

/// A text that has to be there.
pub(crate) fn text<'a>(value: &'a Value, pointer: &str) -> Result<&'a str> {
    let found = value.pointer(pointer).and_then(Value::as_str);
    found.with_context(|| format!("no text at {pointer}"))
}

/// A text; empty if it is not there.
pub(crate) fn text_or_empty<'a>(value: &'a Value, pointer: &str) -> &'a str {
    value
        .pointer(pointer)
        .and_then(Value::as_str)
        .unwrap_or_default()
}

/// A list; empty if it is not there.
pub(crate) fn list<'a>(value: &'a Value, pointer: &str) -> &'a [Value] {
    let found = value.pointer(pointer).and_then(Value::as_array);
    found.map(Vec::as_slice).unwrap_or_default()
}

/// A list to change, which has to be there.
pub(crate) fn list_mut<'a>(value: &'a mut Value, pointer: &str) -> Result<&'a mut Vec<Value>> {
    let found = value.pointer_mut(pointer).and_then(Value::as_array_mut);
    found.with_context(|| format!("no list at {pointer}"))
}

/// The members of an object; none if it is not there.
pub(crate) fn members<'a>(
    value: &'a Value,
    pointer: &str,
) -> impl Iterator<Item = (&'a str, &'a Value)> {
    let found = value.pointer(pointer).and_then(Value::as_object);
    found
        .into_iter()
        .flat_map(Map::iter)
        .map(|(key, member)| (key.as_str(), member))
}

/// Sets a member, in place of any that is there.
pub(crate) fn set(value: &mut Value, pointer: &str, key: &str, member: Value) -> Result<()> {
    let found = value.pointer_mut(pointer).and_then(Value::as_object_mut);
    let found = found.with_context(|| format!("no object at {pointer}"))?;
    found.insert(key.to_owned(), member);
    Ok(())
}

/// Everything in a tree, the tree itself first.
pub(crate) fn everything<'a>(value: &'a Value, found: &mut Vec<&'a Value>) {
    found.push(value);
    for member in value.as_object().into_iter().flat_map(Map::values) {
        everything(member, found);
    }
    for item in value.as_array().into_iter().flatten() {
        everything(item, found);
    }
}

/// A file of this repository, by its path from the root.
pub(crate) fn shipped(path: &str) -> PathBuf {
    install::root().join(path)
}

/// The only object of a YAML file of this repository.
pub(crate) fn object(path: &str) -> Result<Value> {
    let mut objects = manifests::read(&shipped(path))?;
    anyhow::ensure!(objects.len() == 1, "{path} has {} objects", objects.len());
    objects.pop().context("no object")
}

/// All files under a folder of this repository whose names end like this, in order.
pub(crate) fn files(folder: &Path, end: &str) -> Result<Vec<PathBuf>> {
    let mut found = Vec::new();
    let entries = fs::read_dir(folder).with_context(|| format!("no {}", folder.display()))?;
    for entry in entries {
        let entry = entry?;
        let name = entry.file_name().to_string_lossy().into_owned();
        let is_folder = entry.file_type()?.is_dir();
        if is_folder && !FOREIGN.contains(&name.as_str()) {
            found.extend(files(&entry.path(), end)?);
        } else if !is_folder && name.ends_with(end) {
            found.push(entry.path());
        }
    }
    found.sort();
    Ok(found)
}
