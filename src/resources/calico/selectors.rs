//! Fields that hold a selector (calico.md 1.1, 1.3, 1.6 rows 5 and 11).

use super::NamespaceMatch;
use crate::decode::{Field, Fields};
use crate::limits;
use crate::resources::{Strictness, object};
use crate::selector::Selector;

/// The selector of that name; none if it is not set. `global()` has no meaning in it.
pub(super) fn decode(
    fields: &Fields<'_, '_>,
    key: &'static str,
    strictness: Strictness,
) -> Option<Selector> {
    let field = fields
        .get(key)
        .filter(|field| !object::is_empty_text(field))?;
    let selector = parse(&field)?;
    // Calico looks for the text, wherever it stands; we look for the test itself.
    let text_has_it = field
        .value()
        .as_str()
        .is_some_and(|text| text.contains("global("));
    let compatible = strictness == Strictness::CalicoCompatible;
    if selector.mentions_global() || (compatible && text_has_it) {
        let help = "only the `namespaceSelector` of a rule's source or destination may have it";
        field.error("misplaced-global", "`global()` means nothing here", help);
    }
    Some(selector)
}

/// The selector of that name in a rule. One of blanks alone is refused: Calico reads it neither
/// as none nor as all.
pub(super) fn decode_in_rule(
    fields: &Fields<'_, '_>,
    key: &'static str,
    strictness: Strictness,
) -> Option<Selector> {
    fields
        .get(key)
        .is_none_or(|field| is_not_blank(&field))
        .then_some(())?;
    decode(fields, key, strictness)
}

/// A rule's `namespaceSelector`: `global()` alone, or a selector without it (calico.md 2.4).
pub(super) fn decode_namespace(fields: &Fields<'_, '_>) -> Option<NamespaceMatch> {
    let field = fields
        .get("namespaceSelector")
        .filter(|field| !object::is_empty_text(field))?;
    if !is_not_blank(&field) {
        return None;
    }
    let selector = parse(&field)?;
    if selector.is_global() {
        return Some(NamespaceMatch::Global);
    }
    if selector.mentions_global() {
        let help = "split the rule in two, one of them with `global()` alone";
        field.error(
            "misplaced-global",
            "`global()` cannot be combined with other tests",
            help,
        );
    }
    Some(NamespaceMatch::Selector(selector))
}

fn is_not_blank(field: &Field<'_, '_>) -> bool {
    let text = field.value().as_str().unwrap_or_default();
    let is_blank = !text.is_empty() && text.trim().is_empty();
    if is_blank {
        let help = "remove it, or write `all()`";
        field.error("bad-selector", "selector is blank", help);
    }
    !is_blank
}

fn parse(field: &Field<'_, '_>) -> Option<Selector> {
    let text = field.string()?;
    let length = text.chars().count();
    if length > limits::SELECTOR_CHARS {
        let message = format!(
            "has {length} characters; at most {} are allowed",
            limits::SELECTOR_CHARS
        );
        field.error("too-long", message, "use `in` or fewer terms");
        return None;
    }
    match Selector::parse(text) {
        Ok(selector) => Some(selector),
        Err(error) => {
            let before = text.get(..error.offset()).unwrap_or(text);
            let column = before.chars().count().saturating_add(1);
            // The error says how to mend it after its colon.
            let text = error.to_string();
            let (message, help) = text.split_once(": ").unwrap_or((&text, ""));
            field.error(
                "bad-selector",
                format!("at character {column}: {message}"),
                help,
            );
            None
        }
    }
}
