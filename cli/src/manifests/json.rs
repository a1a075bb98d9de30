//! JSON files: `serde_json` says what is JSON, a second pass says where each value stands.

use super::node::{Content, Entry, Node, Syntax};
use super::source::{Position, Span};
use serde_json::Value;
use std::collections::BTreeMap;
use std::iter::Peekable;
use std::str::Chars;

/// Whether the text is JSON: one value, or several in a row.
pub(super) fn is_valid(text: &str) -> bool {
    serde_json::Deserializer::from_str(text)
        .into_iter::<Value>()
        .all(|value| value.is_ok())
}

/// Reads all values of a text.
pub(super) fn read(text: &str) -> Syntax {
    let mut syntax = Syntax::default();
    let values = serde_json::Deserializer::from_str(text).into_iter::<Value>();
    if let Some(error) = values.filter_map(Result::err).next() {
        let position = Position {
            line: error.line().max(1),
            column: error.column().max(1),
        };
        let full = error.to_string();
        let message = full
            .rsplit_once(" at line ")
            .map_or(full.as_str(), |(message, _)| message);
        let span = Span {
            start: position,
            end: position,
        };
        syntax.report(
            "json-syntax",
            span,
            format!("this is not JSON: {message}"),
            "",
        );
        return syntax;
    }
    let start = Position { line: 1, column: 1 };
    let mut scanner = Scanner {
        chars: text.chars().peekable(),
        at: start,
        syntax: &mut syntax,
    };
    let mut roots = Vec::new();
    while let Some(root) = scanner.value() {
        roots.push(root);
    }
    syntax.roots = roots;
    syntax
}

/// Walks over text that is known to be JSON, nested no deeper than `serde_json` allows.
struct Scanner<'t> {
    chars: Peekable<Chars<'t>>,
    at: Position,
    syntax: &'t mut Syntax,
}

impl Scanner<'_> {
    /// The next value; none at the end of the text.
    fn value(&mut self) -> Option<Node> {
        let first = self.skip_to_next()?;
        let start = self.at;
        let content = match first {
            '{' => self.map(),
            '[' => self.list(),
            '"' => Content::Scalar(Value::String(self.string())),
            _ => Content::Scalar(self.word()),
        };
        Some(Node {
            span: Span {
                start,
                end: self.at,
            },
            content,
        })
    }

    fn map(&mut self) -> Content {
        self.take();
        let mut entries = Vec::new();
        let mut lines: BTreeMap<String, usize> = BTreeMap::new();
        while self.skip_to_next().is_some_and(|next| next == '"') {
            let start = self.at;
            let key = self.string();
            let key_span = Span {
                start,
                end: self.at,
            };
            let Some(value) = self.value() else { break };
            if let Some(line) = lines.insert(key.clone(), start.line) {
                let message = format!("the key `{key}` is already in this map, on line {line}");
                self.syntax
                    .report("duplicate-key", key_span, message, "remove one of the two");
            }
            entries.push(Entry {
                key,
                key_span,
                value,
            });
        }
        self.take();
        Content::Map(entries)
    }

    fn list(&mut self) -> Content {
        self.take();
        let mut items = Vec::new();
        while self.skip_to_next().is_some_and(|next| next != ']') {
            items.extend(self.value());
        }
        self.take();
        Content::List(items)
    }

    fn string(&mut self) -> String {
        let mut raw = String::from('"');
        self.take();
        while let Some(character) = self.take() {
            raw.push(character);
            match character {
                '"' => break,
                '\\' => raw.extend(self.take()),
                _ => {}
            }
        }
        serde_json::from_str(&raw).unwrap_or_default()
    }

    /// A number, `true`, `false` or `null`.
    fn word(&mut self) -> Value {
        let mut raw = String::new();
        let is_inside = |next: &char| next.is_ascii_alphanumeric() || "+-.".contains(*next);
        while self.chars.peek().is_some_and(is_inside) {
            raw.extend(self.take());
        }
        if raw.is_empty() {
            self.take();
        }
        serde_json::from_str(&raw).unwrap_or_default()
    }

    /// Skips what only separates values.
    fn skip_to_next(&mut self) -> Option<char> {
        loop {
            let next = *self.chars.peek()?;
            if !next.is_ascii_whitespace() && next != ',' && next != ':' {
                return Some(next);
            }
            self.take();
        }
    }

    fn take(&mut self) -> Option<char> {
        let taken = self.chars.next()?;
        self.at = if taken == '\n' {
            Position {
                line: self.at.line.saturating_add(1),
                column: 1,
            }
        } else {
            Position {
                column: self.at.column.saturating_add(1),
                ..self.at
            }
        };
        Some(taken)
    }
}
