//! One pattern, ready to be asked.

use crate::case::Case;
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

    /// Whether a text matches, be it by an expression; an empty one is taken for none. What Envoy
    /// holds against `.+` where policy says `*` may have no line end, although it is there.
    pub(in crate::program) fn judge(&self, text: &[u8], work: &Work) -> Truth {
        match (&self.pattern, &self.regex) {
            (_, Some(regex)) => regex.matches(text, work),
            (Pattern::Present, None) if text.contains(&b'\n') => Truth::Unknown,
            (Pattern::Present, None) => Truth::from(!text.is_empty()),
            (_, None) => Truth::from(self.matches_line(text, Case::Counts)),
        }
    }

    /// Whether a line of a header, which is there even if it is empty, matches what is no
    /// expression: of one, [`judge`](Self::judge) knows.
    pub(super) fn matches_line(&self, line: &[u8], case: Case) -> bool {
        match &self.pattern {
            Pattern::Present => true,
            Pattern::Exact(wanted) => case.are_equal(wanted.as_bytes(), line),
            Pattern::Prefix(start) => case.behind(start.as_bytes(), line).is_some(),
            Pattern::Suffix(end) => case.before(end.as_bytes(), line).is_some(),
            Pattern::Regex(_) => false,
            Pattern::Template(template) => template.matches(line, Class::Envoy),
        }
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
