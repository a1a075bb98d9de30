//! What is wrong with a text that is no selector, and how to mend it.

use std::fmt;

use super::MAX_DEPTH;
use super::lexer::Cursor;
use super::parser::MAX_LABEL;

/// Longest piece of the user's text that a message repeats, in characters.
const MAX_EXCERPT: usize = 40;

/// Why a text is no selector.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SelectorError {
    offset: usize,
    problem: Problem,
}

/// The user's mistake.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Problem {
    LineBreak,
    TooDeep,
    LabelTooLong,
    UnclosedValue { quote: char },
    UnclosedGroup,
    UnopenedGroup,
    QuotedLabel,
    NoOperator { label: String },
    Spelling { found: String, mend: String },
    Unquoted { found: String },
    Unexpected { found: String, wanted: &'static str },
    End { wanted: &'static str },
}

impl SelectorError {
    /// Where the mistake is, in bytes from the start of the text.
    #[must_use]
    pub fn offset(&self) -> usize {
        self.offset
    }

    pub(super) fn new(at: Cursor<'_>, problem: Problem) -> Self {
        Self {
            offset: at.offset(),
            problem,
        }
    }

    /// The text goes on with something else than what the grammar wants.
    pub(super) fn unexpected(at: Cursor<'_>, wanted: &'static str) -> Self {
        let problem = match at.rest().chars().next() {
            None => Problem::End { wanted },
            Some('\n' | '\r') => Problem::LineBreak,
            Some(_) => Problem::Unexpected {
                found: next_word(at),
                wanted,
            },
        };
        Self::new(at, problem)
    }
}

/// The next word, or the next character where there is none, short enough for a message.
pub(super) fn next_word(mut at: Cursor<'_>) -> String {
    let rest = at.rest();
    let word = at.word();
    let (text, length) = if word.is_empty() {
        (rest, 1)
    } else {
        (word, MAX_EXCERPT)
    };
    text.chars().take(length).map(shown).collect()
}

/// Quotes as they are; what does not print as its escape, so that a message stays one line.
fn shown(c: char) -> String {
    if c.is_ascii_punctuation() {
        c.to_string()
    } else {
        c.escape_debug().to_string()
    }
}

impl fmt::Display for SelectorError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.problem {
            Problem::LineBreak => f.write_str(
                "line break in a selector: write it on one line, or use `>-` to fold a YAML block \
                 scalar",
            ),
            Problem::TooDeep => {
                write!(
                    f,
                    "selector is nested more than {MAX_DEPTH} deep: use `in` or fewer groups"
                )
            }
            Problem::LabelTooLong => {
                write!(f, "label is too long: use {MAX_LABEL} characters at most")
            }
            Problem::UnclosedValue { quote } => {
                write!(
                    f,
                    "value is never closed: end it with `{quote}`, there are no escapes"
                )
            }
            Problem::UnclosedGroup => f.write_str("group is never closed: add `)`"),
            Problem::UnopenedGroup => {
                f.write_str("`)` closes no group: remove it, or add `(` before")
            }
            Problem::QuotedLabel => {
                f.write_str("label in quotes: the label comes first and bare, as in `app == 'web'`")
            }
            Problem::NoOperator { label } => write!(
                f,
                "label `{label}` is not tested: use `has({label})`, or an operator such as `==` or \
                 `in` after it"
            ),
            Problem::Spelling { found, mend } => write!(f, "unknown `{found}`: use `{mend}`"),
            Problem::Unquoted { found } => {
                write!(f, "value `{found}` is not in quotes: use `'{found}'`")
            }
            Problem::Unexpected { found, wanted } => {
                write!(f, "unexpected `{found}`: {wanted} should come here")
            }
            Problem::End { wanted } => write!(f, "selector ends too early: {wanted} should follow"),
        }
    }
}

impl std::error::Error for SelectorError {}
