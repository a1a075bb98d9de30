//! Where the field of a table stands in an object.

use serde_json::Value;

/// One step of the way to a value.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Step {
    Key(String),
    Item(usize),
}

/// The first place in an object that a path of a table means.
pub(crate) fn find(object: &Value, path: &str) -> Option<Vec<Step>> {
    let rest = path.strip_prefix('.').unwrap_or(path);
    let mut steps = Vec::new();
    go(object, rest, &mut steps).then_some(steps)
}

fn go(value: &Value, path: &str, steps: &mut Vec<Step>) -> bool {
    let path = path.strip_prefix('.').unwrap_or(path);
    if path.is_empty() {
        return true;
    }
    if let Some(rest) = path.strip_prefix("[]") {
        let items = value.as_array().map(Vec::as_slice).unwrap_or_default();
        return items
            .iter()
            .enumerate()
            .any(|(index, item)| tried(Step::Item(index), item, rest, steps));
    }
    let Some(map) = value.as_object() else {
        return false;
    };
    if let Some(rest) = path.strip_prefix("{}") {
        return map
            .iter()
            .any(|(key, value)| tried(Step::Key(key.clone()), value, rest, steps));
    }
    let end = path.find(['.', '[', '{']).unwrap_or(path.len());
    let (key, rest) = path.split_at(end);
    map.get(key)
        .is_some_and(|value| tried(Step::Key(key.to_owned()), value, rest, steps))
}

fn tried(step: Step, value: &Value, rest: &str, steps: &mut Vec<Step>) -> bool {
    steps.push(step);
    let found = go(value, rest, steps);
    if !found {
        steps.pop();
    }
    found
}

/// The value at a place.
pub(crate) fn at<'v>(object: &'v Value, steps: &[Step]) -> &'v Value {
    steps.iter().fold(object, |value, step| match step {
        Step::Key(key) => &value[key],
        Step::Item(index) => &value[*index],
    })
}

/// The object with another value at a place.
pub(crate) fn with(object: &Value, steps: &[Step], new: Value) -> Value {
    let mut changed = object.clone();
    let place = steps.iter().fold(&mut changed, |value, step| match step {
        Step::Key(key) => &mut value[key],
        Step::Item(index) => &mut value[*index],
    });
    *place = new;
    changed
}
