//! What a policy says about itself: `description`, `labels` and `log`. It decides nothing, and is
//! checked as Cilium's schema has it: a rule that slipped into one of them would be lost.

use crate::decode::{Field, Fields};
use crate::limits;

/// Longest text of `log`, in characters.
const LOG_CHARS: usize = 32;

/// Checks the notes of a policy.
pub(super) fn check(spec: &Fields<'_, '_>) {
    let _description = spec.string("description");
    for label in spec
        .get("labels")
        .iter()
        .flat_map(|list| list.list(limits::RULES))
    {
        check_label(&label);
    }
    if let Some(field) = spec.get("log") {
        check_log(&field);
    }
}

fn check_label(field: &Field<'_, '_>) {
    let Some(label) = field.object(&["key", "value", "source"]) else {
        return;
    };
    let _key = label.require("key").and_then(|key| key.string());
    let _rest = (label.string("value"), label.string("source"));
}

fn check_log(field: &Field<'_, '_>) {
    let Some(log) = field.object(&["value"]) else {
        return;
    };
    let Some(field) = log.get("value") else {
        return;
    };
    let text = field.string().unwrap_or_default();
    if text.chars().count() > LOG_CHARS || text.chars().any(char::is_control) {
        let message = format!("must be at most {LOG_CHARS} printable characters");
        field.error("too-long", message, "");
    }
}
