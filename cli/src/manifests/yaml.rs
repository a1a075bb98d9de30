//! YAML files: from the parser's events to trees, within limits.

mod builder;

use self::builder::Builder;
use super::node::Syntax;
use super::source::{Position, Span};
use saphyr_parser::{Event, Marker, Parser, ScanError};

/// Reads all documents of a text.
pub(super) fn read(text: &str) -> Syntax {
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    let mut builder = Builder::default();
    for event in Parser::new_from_str(text) {
        match event {
            Ok((Event::DocumentEnd, _)) => builder.end_document(),
            Ok((event, span)) => {
                if builder.take(event, convert(span)).is_none() {
                    break;
                }
            }
            Err(error) => {
                builder.abandon();
                report(&mut builder.syntax, &error, text);
                break;
            }
        }
    }
    builder.syntax
}

fn convert(span: saphyr_parser::Span) -> Span {
    Span {
        start: position(&span.start),
        end: position(&span.end),
    }
}

fn position(marker: &Marker) -> Position {
    Position {
        line: marker.line().max(1),
        column: marker.col().saturating_add(1),
    }
}

/// Says what is wrong in words, and what is usually meant where that is easily told.
fn report(syntax: &mut Syntax, error: &ScanError, text: &str) {
    let mut start = position(error.marker());
    let lines = text.lines().count().max(1);
    let line = text
        .lines()
        .nth(start.line.min(lines).saturating_sub(1))
        .unwrap_or_default();
    if start.line > lines {
        // What is missing is missing at the end of the last line.
        start = Position {
            line: lines,
            column: line.chars().count().saturating_add(1),
        };
    }
    let indent: String = line
        .chars()
        .take_while(|next| next.is_whitespace())
        .collect();
    let help = if indent.contains('\t') || error.info().contains(" tab") {
        "indent with spaces, not with tabs"
    } else if error.info().contains("mapping values") {
        "quote text that has `: ` in it, and check the indentation"
    } else if line.trim_start().starts_with(['@', '`', '%']) {
        "quote text that begins with this character"
    } else {
        "check the indentation, the quotes and the brackets on this line and the one before"
    };
    let message = format!("this is not YAML: {}", error.info());
    syntax.report("yaml-syntax", Span { start, end: start }, message, help);
}
