//! Problems for people: with the line at fault, or one line each.

use super::colour::{Colour, Style};
use super::documented::documented;
use super::text::{clean, clean_lines, window, wrap};
use super::{Diagnostic, Diagnostics};
use crate::manifests::{Location, Manifests};
use heliast::problem::Severity;
use std::fmt::Write;

/// Most characters of a source line that are shown.
const LINE_WIDTH: usize = 90;

/// With the line at fault.
pub(super) fn render(diagnostics: &Diagnostics, manifests: &Manifests, colour: Colour) -> String {
    let mut out = String::new();
    for diagnostic in diagnostics.list() {
        one(&mut out, diagnostic, manifests, colour);
        out.push('\n');
    }
    if !diagnostics.list().is_empty() {
        let _infallible = writeln!(out, "{}", diagnostics.summary());
    }
    out
}

fn one(out: &mut String, diagnostic: &Diagnostic, manifests: &Manifests, colour: Colour) {
    let style = match diagnostic.severity {
        Severity::Error => Style::Bad,
        Severity::Warning => Style::Doubtful,
    };
    let label = format!("{}[{}]", diagnostic.severity, diagnostic.code);
    let (first, rest) = match diagnostic.message.split_once('\n') {
        Some((first, rest)) => (first, rest),
        None => (diagnostic.message.as_str(), ""),
    };
    for line in wrap(&format!("{label}: {}", clean(first)), 2) {
        let _infallible = match line.strip_prefix(&label) {
            Some(text) => {
                writeln!(
                    out,
                    "{}{}",
                    colour.paint(style, &label),
                    colour.paint(Style::Strong, text)
                )
            }
            None => writeln!(out, "{}", colour.paint(Style::Strong, line)),
        };
    }
    let indent = match diagnostic.location {
        Some(location) => snippet(out, location, manifests, colour, style),
        None => 1,
    };
    let mark = colour.paint(Style::Frame, "=");
    let mut note = |word: &str, text: &str| {
        let room = indent.saturating_add(9);
        for (position, line) in clean_lines(text).enumerate() {
            if position == 0 {
                let line = wrap(&format!("{:room$}{line}", ""), room).join("\n");
                let line = line.trim_start();
                let _infallible = writeln!(out, "{:indent$} {mark} {word:<6}{line}", "");
            } else {
                let _infallible = writeln!(out, "{:room$}{line}", "");
            }
        }
    };
    let page = match diagnostic.severity {
        Severity::Warning => documented(diagnostic.code),
        Severity::Error => String::new(),
    };
    for (word, text) in [
        ("note:", rest),
        ("in:", &place(diagnostic)),
        ("help:", diagnostic.help.as_deref().unwrap_or_default()),
        ("more:", &page),
    ] {
        if !text.is_empty() {
            note(word, text);
        }
    }
}

/// Shows the line, and gives the width of its number.
fn snippet(
    out: &mut String,
    location: Location,
    manifests: &Manifests,
    colour: Colour,
    style: Style,
) -> usize {
    let frame = |text: &str| colour.paint(Style::Frame, text.to_owned());
    let start = location.span.start;
    let number = start.line.to_string();
    let indent = number.len();
    let file = manifests.files().get(location.file);
    let name = file.map_or("", |file| file.name.as_str());
    let _infallible = writeln!(
        out,
        "{:indent$}{} {}:{}:{}",
        "",
        frame("-->"),
        clean(name),
        start.line,
        start.column
    );
    let Some(line) = file.and_then(|file| file.line(start.line)) else {
        return indent;
    };
    let (shown, first) = window(line, start.column, LINE_WIDTH);
    let before = start.column.saturating_sub(first);
    let rest = shown.chars().count().saturating_sub(before);
    let wanted = if location.span.end.line == start.line {
        location.span.end.column.saturating_sub(start.column)
    } else {
        rest
    };
    let carets = "^".repeat(wanted.min(rest).max(1));
    let bar = frame("|");
    let _infallible = writeln!(out, "{:indent$} {bar}", "");
    let _infallible = writeln!(out, "{} {bar} {}", frame(&number), shown.trim_end());
    let _infallible = writeln!(
        out,
        "{:indent$} {bar} {:before$}{}",
        "",
        "",
        colour.paint(style, carets)
    );
    indent
}

/// One line each.
pub(super) fn compact(diagnostics: &Diagnostics, manifests: &Manifests) -> String {
    let mut out = String::new();
    for diagnostic in diagnostics.list() {
        if let Some(location) = diagnostic.location {
            let name = manifests
                .files()
                .get(location.file)
                .map_or("", |file| file.name.as_str());
            let start = location.span.start;
            let _infallible = write!(out, "{}:{}:{}: ", clean(name), start.line, start.column);
        }
        let message = clean(&diagnostic.message.replace('\n', " "));
        let _infallible = write!(out, "{}[{}]: ", diagnostic.severity, diagnostic.code);
        let place = place(diagnostic);
        if !place.is_empty() {
            let _infallible = write!(out, "{}: ", clean(&place));
        }
        let help = diagnostic
            .help
            .as_deref()
            .map(|help| format!(" ({})", clean(help)));
        let _infallible = writeln!(out, "{message}{}", help.unwrap_or_default());
    }
    if !diagnostics.list().is_empty() {
        let _infallible = writeln!(out, "{}", diagnostics.summary());
    }
    out
}

fn place(diagnostic: &Diagnostic) -> String {
    let parts = [diagnostic.object.as_str(), diagnostic.path.as_str()];
    let parts: Vec<&str> = parts.into_iter().filter(|part| !part.is_empty()).collect();
    parts.join(": ")
}
