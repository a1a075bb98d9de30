//! One pattern, ready to be asked.

use crate::model::Pattern;
use crate::path::Class;
use crate::regex::{ValueMatcher, Work};
use crate::truth::Truth;
use std::fmt;

/// A pattern that is ready to be asked.
#[derive(Debug)]
pub(in crate::program) struct Matcher {
    pub(super) pattern: Pattern,
    /// What an expression is matched with.
    regex: Option<ValueMatcher>,
}

impl Matcher {
    pub(in crate::program) fn compile(pattern: &Pattern) -> Self {
        let regex = match pattern {
            Pattern::Regex(regex) => Some(regex.matcher()),
            Pattern::Present
            | Pattern::Exact(_)
            | Pattern::Prefix(_)
            | Pattern::Suffix(_)
            | Pattern::Template(_) => None,
        };
        Self {
            pattern: pattern.clone(),
            regex,
        }
    }

    /// Whether it is an expression.
    pub(super) fn is_expression(&self) -> bool {
        self.regex.is_some()
    }

    /// Whether a text matches, be it by an expression. What Envoy holds against `.+` where policy
    /// says `*` may have no line end, although it is there.
    pub(in crate::program) fn judge(&self, text: &[u8], work: &Work) -> Truth {
        match (&self.pattern, &self.regex) {
            (_, Some(regex)) => regex.matches(text, work),
            (Pattern::Present, None) if text.contains(&b'\n') => Truth::Unknown,
            (_, None) => Truth::from(self.matches(text)),
        }
    }

    /// Whether a text matches what is no expression: of one, [`judge`](Self::judge) knows.
    pub(super) fn matches(&self, text: &[u8]) -> bool {
        match &self.pattern {
            Pattern::Present => !text.is_empty(),
            Pattern::Exact(wanted) => text == wanted.as_bytes(),
            Pattern::Prefix(start) => text.starts_with(start.as_bytes()),
            Pattern::Suffix(end) => text.ends_with(end.as_bytes()),
            Pattern::Regex(_) => false,
            Pattern::Template(template) => template.matches(text, Class::Envoy),
        }
    }

    /// Whether it is this text and no pattern.
    pub(super) fn is_exactly(&self, text: &[u8]) -> bool {
        matches!(&self.pattern, Pattern::Exact(wanted) if wanted.as_bytes() == text)
    }

    /// Whether others might say that the text matches: a template leaves out bytes that a segment
    /// may have all the same (istio.md 1.5).
    pub(super) fn may_match(&self, text: &[u8]) -> bool {
        if let Pattern::Template(template) = &self.pattern {
            template.matches(text, Class::Any)
        } else {
            self.matches(text)
        }
    }

    /// The same where case does not count; the text is in lower case.
    pub(super) fn matches_lower(&self, text: &[u8]) -> bool {
        let part = |part: &str, of: Option<&[u8]>| {
            of.is_some_and(|of| of.eq_ignore_ascii_case(part.as_bytes()))
        };
        match &self.pattern {
            Pattern::Exact(wanted) => part(wanted, Some(text)),
            Pattern::Prefix(start) => part(start, text.get(..start.len())),
            Pattern::Suffix(end) => {
                let from = text.len().checked_sub(end.len());
                part(end, from.and_then(|from| text.get(from..)))
            }
            Pattern::Present | Pattern::Regex(_) | Pattern::Template(_) => self.matches(text),
        }
    }

    /// The same of a line of a header, which is there even if it is empty.
    pub(super) fn matches_line(&self, line: &[u8]) -> bool {
        self.pattern == Pattern::Present || self.matches(line)
    }
}

impl fmt::Display for Matcher {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.pattern {
            Pattern::Present => f.write_str("*"),
            Pattern::Exact(text) => f.write_str(text),
            Pattern::Prefix(start) => write!(f, "{start}*"),
            Pattern::Suffix(end) => write!(f, "*{end}"),
            Pattern::Regex(regex) => write!(f, "/{}/", regex.as_str()),
            Pattern::Template(template) => f.write_str(template.as_str()),
        }
    }
}
