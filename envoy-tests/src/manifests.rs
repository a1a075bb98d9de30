//! Reading the users' own manifests: the one place that knows YAML.

use std::fs;
use std::path::Path;

use anyhow::{Context, Result};
use serde::Deserialize;
use serde_json::Value;

/// Every object in a file of one or more YAML documents.
///
/// # Errors
/// When the file cannot be read or is not YAML.
pub fn read(file: &Path) -> Result<Vec<Value>> {
    let text =
        fs::read_to_string(file).with_context(|| format!("cannot read {}", file.display()))?;
    let mut objects = Vec::new();
    for document in yaml_serde::Deserializer::from_str(&text) {
        let object = Value::deserialize(document)
            .with_context(|| format!("{} is not YAML", file.display()))?;
        if !object.is_null() {
            objects.push(object);
        }
    }
    Ok(objects)
}
