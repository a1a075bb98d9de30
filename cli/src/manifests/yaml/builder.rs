//! Builds trees from YAML events.

use crate::manifests::limits;
use crate::manifests::node::{Content, Entry, Node, Syntax};
use crate::manifests::scalar::{self, Refused};
use crate::manifests::source::Span;
use saphyr_parser::{Event, ScalarStyle, Tag};
use serde_json::Value;
use std::collections::BTreeMap;

/// The documents read so far, and the one being read.
#[derive(Debug, Default)]
pub(super) struct Builder {
    pub(super) syntax: Syntax,
    /// The maps and lists that are open, outermost first.
    open: Vec<Frame>,
    /// The finished root of the document being read.
    root: Option<Node>,
    /// What aliases stand for; an anchor that is still open is not in here yet.
    anchors: BTreeMap<usize, Node>,
    aliased: usize,
}

/// A map or list that is open.
#[derive(Debug)]
struct Frame {
    anchor: usize,
    span: Span,
    inside: Inside,
}

#[derive(Debug)]
enum Inside {
    List(Vec<Node>),
    Map {
        entries: Vec<Entry>,
        /// The key whose value comes next.
        key: Option<(String, Span)>,
        /// The line of each key so far.
        lines: BTreeMap<String, usize>,
    },
}

impl Builder {
    /// Takes an event; none once nothing more can be read of this file.
    pub(super) fn take(&mut self, event: Event<'_>, span: Span) -> Option<()> {
        match event {
            Event::Scalar(text, style, anchor, tag) => {
                let value = self.scalar(&text, style, tag.as_deref(), span);
                let key = matches!(value, Value::String(_)).then(|| text.into_owned());
                let node = Node {
                    span,
                    content: Content::Scalar(value),
                };
                self.finish(node, anchor, key)
            }
            Event::SequenceStart(anchor, tag) => {
                self.check_tag(tag.as_deref(), "seq", span);
                self.push(anchor, span, Inside::List(Vec::new()))
            }
            Event::MappingStart(anchor, tag) => {
                self.check_tag(tag.as_deref(), "map", span);
                let (entries, lines) = (Vec::new(), BTreeMap::new());
                self.push(
                    anchor,
                    span,
                    Inside::Map {
                        entries,
                        key: None,
                        lines,
                    },
                )
            }
            Event::SequenceEnd | Event::MappingEnd => {
                let frame = self.open.pop()?;
                let content = match frame.inside {
                    Inside::List(items) => Content::List(items),
                    Inside::Map { entries, .. } => Content::Map(entries),
                };
                let span = Span {
                    start: frame.span.start,
                    end: span.end,
                };
                self.finish(Node { span, content }, frame.anchor, None)
            }
            Event::Alias(anchor) => self.alias(anchor, span),
            Event::Nothing
            | Event::StreamStart
            | Event::StreamEnd
            | Event::DocumentStart(_)
            | Event::DocumentEnd => Some(()),
        }
    }

    /// Ends the document being read.
    pub(super) fn end_document(&mut self) {
        self.syntax.roots.extend(self.root.take());
        self.abandon();
    }

    /// Gives up the document being read.
    pub(super) fn abandon(&mut self) {
        self.open.clear();
        self.root = None;
        self.anchors.clear();
    }

    fn push(&mut self, anchor: usize, span: Span, inside: Inside) -> Option<()> {
        if self.open.len() >= limits::DEPTH {
            let message = format!("maps and lists are nested deeper than {}", limits::DEPTH);
            self.syntax.report("too-deep", span, message, "");
            return None;
        }
        self.open.push(Frame {
            anchor,
            span,
            inside,
        });
        Some(())
    }

    /// Puts a finished value where it belongs: into the innermost open map or list.
    fn finish(&mut self, node: Node, anchor: usize, text: Option<String>) -> Option<()> {
        if anchor > 0 {
            self.anchors.insert(anchor, node.clone());
        }
        match self.open.last_mut().map(|frame| &mut frame.inside) {
            None => self.root = Some(node),
            Some(Inside::List(items)) => items.push(node),
            Some(Inside::Map { entries, key, .. }) if key.is_some() => {
                if let Some((key, key_span)) = key.take() {
                    entries.push(Entry {
                        key,
                        key_span,
                        value: node,
                    });
                }
            }
            Some(Inside::Map { .. }) => return self.key(&node, text),
        }
        Some(())
    }

    /// Takes a finished value as a key.
    fn key(&mut self, node: &Node, text: Option<String>) -> Option<()> {
        let span = node.span;
        let name = match (&node.content, text) {
            (_, Some(text)) => text,
            (Content::Scalar(value), None) if value.is_null() || value.is_f64() => {
                // kubectl refuses the one, and writes the other in a way of its own.
                let message = format!("`{value}` cannot be a key");
                self.syntax
                    .report("key", span, message, "quote it if it is text");
                String::new()
            }
            (Content::Scalar(value), None) => {
                // kubectl takes numbers and truth values as keys too: every key of JSON is text.
                value
                    .as_str()
                    .map_or_else(|| value.to_string(), str::to_owned)
            }
            (Content::List(_) | Content::Map(_), None) => {
                let message = "a map or a list cannot be a key".to_owned();
                self.syntax.report(
                    "key",
                    span,
                    message,
                    "quote text that begins with `{` or `[`",
                );
                String::new()
            }
        };
        if name == "<<" {
            let message = "merge keys (`<<`) are not part of YAML 1.2".to_owned();
            self.syntax
                .report("merge-key", span, message, "write the fields out");
        }
        let Some(Inside::Map { key, lines, .. }) =
            self.open.last_mut().map(|frame| &mut frame.inside)
        else {
            return None;
        };
        if let Some(line) = lines.get(&name) {
            let message = format!("the key `{name}` is already in this map, on line {line}");
            self.syntax
                .report("duplicate-key", span, message, "remove one of the two");
        } else {
            lines.insert(name.clone(), span.start.line);
        }
        *key = Some((name, span));
        Some(())
    }

    fn alias(&mut self, anchor: usize, span: Span) -> Option<()> {
        let Some(node) = self.anchors.get(&anchor) else {
            let message = "this alias stands inside the value it stands for".to_owned();
            self.syntax
                .report("alias", span, message, "write the value out");
            return None;
        };
        let size = node.size();
        self.aliased = self.aliased.saturating_add(size);
        if self.aliased > limits::ALIASED_VALUES {
            let most = limits::ALIASED_VALUES;
            let message = format!("the aliases of this file stand for more than {most} values");
            self.syntax.report("too-many-aliases", span, message, "");
            return None;
        }
        let node = node.clone();
        self.finish(node, 0, None)
    }

    fn scalar(&mut self, text: &str, style: ScalarStyle, tag: Option<&Tag>, span: Span) -> Value {
        let is_text = match tag {
            None => style != ScalarStyle::Plain,
            Some(tag) if tag.is_yaml_core_schema() && tag.suffix == "str" => true,
            Some(tag) => {
                // `!` alone asks for text; any other tag means something to its own reader only.
                if !(tag.handle.is_empty() && tag.suffix == "!") {
                    self.refuse_tag(tag, span);
                }
                true
            }
        };
        if is_text {
            return Value::String(text.to_owned());
        }
        scalar::resolve(text).unwrap_or_else(|refused| {
            let (message, help) = match refused {
                Refused::NotFinite => (
                    format!("`{text}` is no number that JSON can say"),
                    String::new(),
                ),
                Refused::LeadingZero => (
                    format!("`{text}` is octal to some readers of YAML and decimal to others"),
                    format!("write '{text}' if it is text, or leave out the leading zeros"),
                ),
            };
            self.syntax.report("number", span, message, &help);
            Value::Null
        })
    }

    fn check_tag(&mut self, tag: Option<&Tag>, allowed: &str, span: Span) {
        let refused = tag.filter(|tag| !(tag.is_yaml_core_schema() && tag.suffix == allowed));
        if let Some(tag) = refused {
            self.refuse_tag(tag, span);
        }
    }

    fn refuse_tag(&mut self, tag: &Tag, span: Span) {
        let name = if tag.is_yaml_core_schema() {
            format!("!!{}", tag.suffix)
        } else {
            tag.to_string()
        };
        let message = format!("the tag `{name}` means nothing here");
        self.syntax.report("tag", span, message, "remove it");
    }
}
