//! What is to become of a staged policy (calico.md 3.5, 1.6 row 9).

use super::Policy;
use crate::decode::Fields;
use crate::resources::object::Metadata;
use serde_json::Value;

/// What becomes of a policy.
#[derive(Debug)]
pub(in crate::resources) enum Outcome {
    /// It is evaluated.
    Keep(Box<Policy>),
    /// It asks for the policy of its name to be deleted, and is not evaluated itself.
    Drop(Metadata),
}

/// The life cycle of a staged policy. Only Delete makes a difference to evaluation.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum StagedAction {
    Set,
    Delete,
    Learn,
    Ignore,
}

/// Whether `stagedAction` is Delete, in which case nothing else but the tier may be set.
pub(in crate::resources) fn asks_to_delete(spec: &Fields<'_, '_>) -> bool {
    const WORDS: [(&str, StagedAction); 4] = [
        ("Set", StagedAction::Set),
        ("Delete", StagedAction::Delete),
        ("Learn", StagedAction::Learn),
        ("Ignore", StagedAction::Ignore),
    ];
    let field = spec.get("stagedAction");
    if field.and_then(|field| field.one_of(&WORDS)) != Some(StagedAction::Delete) {
        return false;
    }
    for key in spec
        .keys()
        .filter(|key| !["stagedAction", "tier"].contains(key))
    {
        if let Some(field) = spec.get(key).filter(|field| !is_zero(field.value())) {
            let message = format!("`{key}` has no place beside `stagedAction: Delete`");
            field.error("staged-delete", message, "remove it; only `tier` may stay");
        }
    }
    true
}

/// What Go takes for a field that is not set.
fn is_zero(value: &Value) -> bool {
    match value {
        Value::Null => true,
        Value::Bool(flag) => !flag,
        Value::Number(_) => false,
        Value::String(text) => text.is_empty(),
        Value::Array(list) => list.is_empty(),
        Value::Object(map) => map.is_empty(),
    }
}
