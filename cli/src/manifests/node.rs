//! The tree of a document: values, and where they stand.

use super::limits;
use super::source::Span;
use crate::diagnostics::Diagnostic;
use crate::manifests::Location;
use heliast::problem::{Segment, Severity};
use serde_json::Value;

/// A value and where it stands.
#[derive(Debug, Clone)]
pub(super) struct Node {
    pub(super) span: Span,
    pub(super) content: Content,
}

/// What a value is.
#[derive(Debug, Clone)]
pub(super) enum Content {
    Scalar(Value),
    List(Vec<Node>),
    Map(Vec<Entry>),
}

/// A key of a map and its value.
#[derive(Debug, Clone)]
pub(super) struct Entry {
    pub(super) key: String,
    pub(super) key_span: Span,
    pub(super) value: Node,
}

impl Node {
    pub(super) fn is_null(&self) -> bool {
        matches!(self.content, Content::Scalar(Value::Null))
    }

    /// How many values it is made of.
    pub(super) fn size(&self) -> usize {
        let inner: usize = match &self.content {
            Content::Scalar(_) => 0,
            Content::List(items) => items.iter().map(Self::size).sum(),
            Content::Map(entries) => entries.iter().map(|entry| entry.value.size()).sum(),
        };
        inner.saturating_add(1)
    }

    /// The value alone.
    pub(super) fn to_value(&self) -> Value {
        match &self.content {
            Content::Scalar(value) => value.clone(),
            Content::List(items) => Value::Array(items.iter().map(Self::to_value).collect()),
            Content::Map(entries) => {
                let pairs = entries
                    .iter()
                    .map(|entry| (entry.key.clone(), entry.value.to_value()));
                Value::Object(pairs.collect())
            }
        }
    }

    /// The value of a key.
    pub(super) fn get(&self, key: &str) -> Option<&Self> {
        let Content::Map(entries) = &self.content else {
            return None;
        };
        entries
            .iter()
            .find(|entry| entry.key == key)
            .map(|entry| &entry.value)
    }

    /// Where the field at the end of `path` stands, or the last part of the way that is there:
    /// its value where that is one word, else its key.
    pub(super) fn locate(&self, path: &[Segment], at_key: bool) -> Span {
        let mut node = self;
        let mut key = None;
        for (step, segment) in path.iter().enumerate() {
            let next = match (segment, &node.content) {
                (Segment::Key(name), Content::Map(entries)) => {
                    let entry = entries.iter().find(|entry| entry.key == *name);
                    entry.map(|entry| (Some(entry.key_span), &entry.value))
                }
                (Segment::Index(index), Content::List(items)) => {
                    items.get(*index).map(|item| (None, item))
                }
                (Segment::Key(_), Content::List(_) | Content::Scalar(_))
                | (Segment::Index(_), Content::Map(_) | Content::Scalar(_)) => None,
            };
            let Some((next_key, next)) = next else { break };
            node = next;
            key = next_key;
            if let (true, true, Some(span)) = (at_key, step.saturating_add(1) == path.len(), key) {
                return span;
            }
        }
        node.own_span(key)
    }

    fn own_span(&self, key: Option<Span>) -> Span {
        match (&self.content, key) {
            (Content::Scalar(value), _) if !value.is_null() => self.span,
            (_, Some(key)) => key,
            (Content::Map(entries), None) => {
                entries.first().map_or(self.span, |entry| entry.key_span)
            }
            (Content::Scalar(_) | Content::List(_), None) => self.span,
        }
    }
}

/// What was read of a file.
#[derive(Debug, Default)]
pub(super) struct Syntax {
    pub(super) roots: Vec<Node>,
    pub(super) problems: Vec<SyntaxProblem>,
}

impl Syntax {
    /// A file of which nothing can be read.
    pub(super) fn refused(code: &'static str, message: String, help: &str) -> Self {
        let problem = SyntaxProblem {
            code,
            span: Span::START,
            message,
            help: help.to_owned(),
        };
        Self {
            roots: Vec::new(),
            problems: vec![problem],
        }
    }

    pub(super) fn report(&mut self, code: &'static str, span: Span, message: String, help: &str) {
        if self.problems.len() < limits::SYNTAX_PROBLEMS {
            self.problems.push(SyntaxProblem {
                code,
                span,
                message,
                help: help.to_owned(),
            });
        }
    }
}

/// A mistake in the language of a file.
#[derive(Debug)]
pub(super) struct SyntaxProblem {
    pub(super) code: &'static str,
    pub(super) span: Span,
    pub(super) message: String,
    pub(super) help: String,
}

impl SyntaxProblem {
    pub(super) fn into_diagnostic(self, location: Location) -> Diagnostic {
        Diagnostic {
            severity: Severity::Error,
            code: self.code,
            location: Some(location),
            object: String::new(),
            path: String::new(),
            message: self.message,
            help: (!self.help.is_empty()).then_some(self.help),
        }
    }
}
