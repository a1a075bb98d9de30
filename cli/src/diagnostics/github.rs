//! Problems as workflow commands of GitHub Actions.

use super::Diagnostics;
use super::text::clean_lines;
use crate::manifests::Manifests;
use std::fmt::Write;

/// One command each.
pub(super) fn render(diagnostics: &Diagnostics, manifests: &Manifests) -> String {
    let mut out = String::new();
    for diagnostic in diagnostics.list() {
        let _infallible = write!(out, "::{} ", diagnostic.severity);
        if let Some(location) = diagnostic.location {
            let name = manifests
                .files()
                .get(location.file)
                .map_or("", |file| file.name.as_str());
            let start = location.span.start;
            let name = escape_property(name);
            let _infallible = write!(out, "file={name},line={},col={},", start.line, start.column);
        }
        let help = diagnostic.help.as_deref().map(|help| format!(" ({help})"));
        let text = format!("{}{}", diagnostic.message, help.unwrap_or_default());
        let _infallible = writeln!(out, "title={}::{}", diagnostic.code, escape(&text));
    }
    out
}

fn escape(text: &str) -> String {
    let lines: Vec<String> = clean_lines(text).collect();
    lines
        .join("\n")
        .replace('%', "%25")
        .replace('\r', "%0D")
        .replace('\n', "%0A")
}

fn escape_property(text: &str) -> String {
    escape(text).replace(':', "%3A").replace(',', "%2C")
}
