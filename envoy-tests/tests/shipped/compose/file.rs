//! Reading the file, and its outline.

use anyhow::Result;
use serde_json::{Map, Value};

use crate::tree;

const TOP_LEVEL: [&str; 8] = [
    "name", "include", "services", "models", "networks", "volumes", "secrets", "configs",
];

/// The project, with merge keys resolved and extensions left out.
pub(crate) fn read() -> Result<Value> {
    // Merge keys are Compose's own and no part of YAML 1.2, so our own reader refuses them.
    let text = std::fs::read_to_string(tree::shipped("docker-compose.yml"))?;
    let mut project = merged(yaml_serde::from_str(&text)?);
    if let Some(members) = project.as_object_mut() {
        members.retain(|key, _| !key.starts_with("x-"));
    }
    Ok(project)
}

/// YAML's merge key: what is written beside it wins.
fn merged(value: Value) -> Value {
    match value {
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => value,
        Value::Array(items) => items.into_iter().map(merged).collect(),
        Value::Object(members) => {
            let mut result = Map::new();
            let mut own = Map::new();
            for (key, member) in members {
                match (key.as_str(), merged(member)) {
                    ("<<", Value::Object(base)) => result.extend(base),
                    (_, member) => drop(own.insert(key, member)),
                }
            }
            result.extend(own);
            Value::Object(result)
        }
    }
}

/// Keys that Compose does not know at the top, names it does not take, and `$` it would replace.
pub(crate) fn complaints(project: &Value) -> Vec<String> {
    let mut found = unknown("the file", project, &TOP_LEVEL);
    for section in ["services", "networks", "volumes"] {
        for (name, _) in tree::members(project, &format!("/{section}")) {
            let is_named = |letter: char| letter.is_ascii_alphanumeric() || "._-".contains(letter);
            if name.is_empty() || !name.chars().all(is_named) {
                found.push(format!("{section}: the name `{name}`"));
            }
        }
    }
    let mut parts = Vec::new();
    tree::everything(project, &mut parts);
    for text in parts.iter().filter_map(|part| part.as_str()) {
        // `$$` is a `$` for the container; nothing of ours comes from the user's environment.
        if text.replace("$$", "").contains('$') {
            found.push(format!("`{text}` would be replaced from the environment"));
        }
    }
    found
}

/// Keys of an object that are not among those known.
pub(crate) fn unknown(what: &str, object: &Value, known: &[&str]) -> Vec<String> {
    let keys = tree::members(object, "").map(|(key, _)| key);
    keys.filter(|key| !known.contains(key))
        .map(|key| format!("{what}: `{key}` is no key of Compose"))
        .collect()
}
