//! A difference for people.

use super::Compared;
use crate::commands::bundle::order;
use heliast_cli::bundles::{Change, FieldChange, Whole};
use heliast_cli::diagnostics::{Colour, Style, clean};
use serde_json::Value;
use std::fmt::Write;

/// Most characters of a value that are shown.
const VALUE_WIDTH: usize = 200;

pub(super) fn render(compared: &Compared, colour: Colour) -> String {
    let Compared {
        old,
        new,
        difference,
    } = compared;
    let mut out = String::new();
    for change in &difference.changes {
        let (style, word) = match change {
            Change::Added(_) => (Style::Good, "added"),
            Change::Removed(_) => (Style::Bad, "removed"),
            Change::Changed { .. } => (Style::Doubtful, "changed"),
        };
        let key = clean(&change.key().to_string());
        let _infallible = writeln!(out, "{}{key}", colour.paint(style, format!("{word:<9}")));
        for field in change.fields() {
            let _infallible = writeln!(out, "{:9}{}", "", line(&field));
        }
    }
    let claims = |what: &str, of: fn(&Whole) -> String| {
        let (old, new) = (of(old), of(new));
        (old != new).then(|| format!("{what:<9}{old} -> {new}\n"))
    };
    out.extend(claims("revision", |whole| whole.content().to_string()));
    out.extend(claims("sequence", |whole| {
        order::show(whole.statement.order)
    }));
    out.extend(claims("for", |whole| {
        let audience = whole.statement.audience.as_ref();
        audience.map_or_else(
            || "everyone".to_owned(),
            |audience| clean(&audience.to_string()),
        )
    }));
    let _infallible = writeln!(out, "{}", difference.summary());
    out
}

fn line(change: &FieldChange) -> String {
    let path = clean(&change.path.to_string());
    match (&change.old, &change.new) {
        (Some(old), Some(new)) => format!("{path}: {} -> {}", value(old), value(new)),
        (None, Some(new)) => format!("{path}: new: {}", value(new)),
        (Some(old), None) => format!("{path}: gone: {}", value(old)),
        (None, None) => path,
    }
}

/// The value on one line, cut where it is long.
fn value(value: &Value) -> String {
    let text = clean(&value.to_string());
    let length = text.chars().count();
    if length <= VALUE_WIDTH {
        return text;
    }
    let cut: String = text.chars().take(VALUE_WIDTH).collect();
    format!("{cut}… ({length} characters)")
}
