//! Services by themselves, and who waits for whom.

use std::collections::BTreeSet;

use serde_json::Value;

use super::file::unknown;
use crate::tree::{members, text_or_empty};

/// The keys of a service that our file has use for; Compose knows more.
const KEYS: [&str; 22] = [
    "build",
    "cap_add",
    "cap_drop",
    "command",
    "depends_on",
    "entrypoint",
    "environment",
    "expose",
    "healthcheck",
    "hostname",
    "image",
    "init",
    "network_mode",
    "networks",
    "ports",
    "profiles",
    "read_only",
    "restart",
    "tmpfs",
    "user",
    "volumes",
    "working_dir",
];
const CONDITIONS: [&str; 3] = [
    "service_started",
    "service_healthy",
    "service_completed_successfully",
];

pub(crate) fn complaints(project: &Value) -> Vec<String> {
    let mut found = Vec::new();
    for (name, service) in members(project, "/services") {
        found.extend(unknown(name, service, &KEYS));
        let is_said = |key: &str| !text_or_empty(service, key).is_empty();
        if !is_said("/image") && service.get("build").is_none() {
            found.push(format!("{name}: neither image nor build"));
        }
        found.extend(words(name, service));
        found.extend(waits(project, name, service));
        if waits_for_itself(project, name) {
            found.push(format!("{name} waits for itself"));
        }
    }
    found
}

/// Commands are lists of texts: YAML takes 7 for a number and `no` for a boolean.
fn words(name: &str, service: &Value) -> Vec<String> {
    let mut found = Vec::new();
    for key in ["command", "entrypoint"] {
        let words = service.get(key).and_then(Value::as_array);
        if service.get(key).is_some() && words.is_none() {
            found.push(format!("{name}: {key} is not a list"));
        }
        let others = words.into_iter().flatten().filter(|word| !word.is_string());
        found.extend(others.map(|word| format!("{name}: {key}: {word} is not text")));
    }
    for (key, value) in members(service, "/environment") {
        if !value.is_string() {
            found.push(format!("{name}: environment: {key}: {value} is not text"));
        }
    }
    found
}

fn waits(project: &Value, name: &str, service: &Value) -> Vec<String> {
    let mut found = Vec::new();
    for other in needs(service) {
        if project.pointer(&format!("/services/{other}")).is_none() {
            found.push(format!("{name}: `{other}`, which is no service"));
        }
    }
    for (other, wait) in members(service, "/depends_on") {
        found.extend(unknown(name, wait, &["condition", "required", "restart"]));
        let condition = text_or_empty(wait, "/condition");
        if !CONDITIONS.contains(&condition) {
            found.push(format!("{name}: {other}: condition `{condition}`"));
        }
        let healthcheck = format!("/services/{other}/healthcheck");
        if condition == "service_healthy" && project.pointer(&healthcheck).is_none() {
            found.push(format!("{name}: {other} has no healthcheck"));
        }
    }
    found
}

/// The services that must be there first, by name.
fn needs(service: &Value) -> Vec<&str> {
    let list = service.get("depends_on").and_then(Value::as_array);
    let list = list.into_iter().flatten().filter_map(Value::as_str);
    let map = members(service, "/depends_on").map(|(other, _)| other);
    let shared = text_or_empty(service, "/network_mode").strip_prefix("service:");
    list.chain(map).chain(shared).collect()
}

fn waits_for_itself(project: &Value, name: &str) -> bool {
    let (mut seen, mut open) = (BTreeSet::new(), vec![name]);
    while let Some(next) = open.pop() {
        let service = project.pointer(&format!("/services/{next}"));
        for other in service.map(needs).unwrap_or_default() {
            if other == name {
                return true;
            }
            if seen.insert(other) {
                open.push(other);
            }
        }
    }
    false
}
