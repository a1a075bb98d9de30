//! Reads JSON a value at a time, so that a long document can be read in slices.

use super::text::{Text, TextError};
use crate::limits;
use serde_json::Value;
use std::ops::Range;

/// A place in a JSON text.
pub(super) struct Cursor<'t, 'b> {
    text: &'t mut Text<'b>,
    at: usize,
}

impl<'t, 'b> Cursor<'t, 'b> {
    pub(super) fn new(text: &'t mut Text<'b>) -> Self {
        Self { text, at: 0 }
    }

    /// Reads the value that comes next.
    pub(super) fn value(&mut self) -> Result<Value, TextError> {
        let range = self.skip()?;
        let bytes = self.text.kept_from(range.start);
        let bytes = bytes.get(..range.len()).unwrap_or(bytes);
        parse(bytes).map_err(|error| wrong(range.start, &error))
    }

    /// Reads the text that comes next.
    pub(super) fn text(&mut self) -> Result<String, TextError> {
        let value = self.value()?;
        let wrong = || wrong(self.at, "invalid type, a string is expected");
        value.as_str().map(str::to_owned).ok_or_else(wrong)
    }

    /// Reads the number that comes next.
    pub(super) fn number(&mut self) -> Result<u64, TextError> {
        let value = self.value()?;
        let wrong = || wrong(self.at, "invalid value, a whole number is expected");
        value.as_u64().ok_or_else(wrong)
    }

    /// Goes past the value that comes next, and tells where it stands. Only its end is looked for;
    /// whether it is JSON all through is for its reader to see.
    pub(super) fn skip(&mut self) -> Result<Range<usize>, TextError> {
        self.space()?;
        let start = self.at;
        self.text.forget(start);
        let mut extent = Extent::default();
        let mut end = start;
        while !extent.is_over() {
            let more = self.text.from(end)?;
            if more.is_empty() {
                extent.end_of_text();
                break;
            }
            let passed = extent.pass(more);
            end = end.saturating_add(passed);
            self.text.count(passed);
            if end.saturating_sub(start) > limits::OBJECT_BYTES {
                let most = limits::OBJECT_BYTES;
                return Err(TextError::Document(format!(
                    "an object at byte {start} of it is too long; at most {most} bytes are allowed"
                )));
            }
        }
        if extent != Extent::Over {
            let rest = self.text.kept_from(start);
            let why = parse(rest).err();
            let why = why.as_deref().unwrap_or("it ends too early");
            return Err(wrong(start, why));
        }
        self.at = end;
        Ok(start..end)
    }

    /// Goes past a punctuation mark.
    pub(super) fn enter(&mut self, mark: u8) -> Result<(), TextError> {
        self.space()?;
        if self.peek()? != Some(mark) {
            let why = format!("`{}` is missing", char::from(mark));
            return Err(wrong(self.at, &why));
        }
        self.at = self.at.saturating_add(1);
        Ok(())
    }

    /// Whether a list or map ends here; goes past the end, or past the comma before the next item.
    pub(super) fn leave(&mut self, end: u8, first: &mut bool) -> Result<bool, TextError> {
        self.space()?;
        if self.peek()? == Some(end) {
            self.at = self.at.saturating_add(1);
            return Ok(true);
        }
        if !std::mem::take(first) {
            self.enter(b',')?;
        }
        Ok(false)
    }

    /// Refuses whatever follows.
    pub(super) fn end(&mut self) -> Result<(), TextError> {
        self.space()?;
        if self.peek()?.is_some() {
            return Err(wrong(self.at, "something follows the end of the document"));
        }
        Ok(())
    }

    /// What was read since this was last asked costs so much.
    pub(super) fn units(&mut self) -> usize {
        self.text.units()
    }

    /// Goes past blanks. Nobody writes many of them but to hold a worker up.
    fn space(&mut self) -> Result<(), TextError> {
        let start = self.at;
        loop {
            let more = self.text.from(self.at)?;
            let is_blank = |byte: &&u8| matches!(byte, b' ' | b'\n' | b'\r' | b'\t');
            let blanks = more.iter().take_while(is_blank).count();
            let is_over = blanks < more.len() || more.is_empty();
            self.at = self.at.saturating_add(blanks);
            if is_over {
                return Ok(());
            }
            self.text.count(blanks);
            self.text.forget(self.at);
            if self.at.saturating_sub(start) > limits::OBJECT_BYTES {
                let most = limits::OBJECT_BYTES;
                return Err(TextError::TooLong(format!(
                    "it has more than {most} blanks after byte {start}"
                )));
            }
        }
    }

    fn peek(&mut self) -> Result<Option<u8>, TextError> {
        Ok(self.text.from(self.at)?.first().copied())
    }
}

fn parse(bytes: &[u8]) -> Result<Value, String> {
    serde_json::from_slice(bytes).map_err(|error| error.to_string())
}

fn wrong(at: usize, what: &str) -> TextError {
    TextError::Document(format!("it is not JSON after byte {at}: {what}"))
}

/// How far a value has been gone past.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
enum Extent {
    /// Nothing of it.
    #[default]
    Before,
    /// In a number or a word, which end where another thing begins.
    Word,
    /// So deep in lists and maps.
    Inside(usize),
    /// In a text, so deep in lists and maps.
    Quoted(usize),
    /// In a text, behind a backslash.
    Escaped(usize),
    /// Past it.
    Over,
    /// No value begins so.
    Wrong,
}

impl Extent {
    fn is_over(self) -> bool {
        matches!(self, Self::Over | Self::Wrong)
    }

    fn end_of_text(&mut self) {
        *self = match *self {
            Self::Word | Self::Over => Self::Over,
            Self::Before | Self::Inside(_) | Self::Quoted(_) | Self::Escaped(_) | Self::Wrong => {
                Self::Wrong
            }
        };
    }

    /// Goes past as many bytes as belong to the value; tells how many.
    fn pass(&mut self, bytes: &[u8]) -> usize {
        let mut rest = bytes.iter();
        while let Some(byte) = rest.as_slice().first() {
            *self = match (*self, byte) {
                (Self::Before, b'{' | b'[') => Self::Inside(1),
                (Self::Before, b'"') => Self::Quoted(0),
                (Self::Before, b'-' | b'0'..=b'9' | b't' | b'f' | b'n') => Self::Word,
                (Self::Before, _) => Self::Wrong,
                (Self::Word, b',' | b']' | b'}' | b' ' | b'\n' | b'\r' | b'\t' | b':') => {
                    *self = Self::Over;
                    break;
                }
                (Self::Word, _) => Self::Word,
                (Self::Inside(depth), b'{' | b'[') => Self::Inside(depth.saturating_add(1)),
                (Self::Inside(1), b'}' | b']') => Self::Over,
                (Self::Inside(depth), b'}' | b']') => Self::Inside(depth.saturating_sub(1)),
                (Self::Inside(depth), b'"') => Self::Quoted(depth),
                (Self::Inside(depth), _) => Self::Inside(depth),
                (Self::Quoted(depth), b'\\') => Self::Escaped(depth),
                (Self::Quoted(0), b'"') => Self::Over,
                (Self::Quoted(depth), b'"') => Self::Inside(depth),
                (Self::Quoted(depth), _) => {
                    // Most of what there is: to its end in one go.
                    let ends = |byte: &u8| matches!(byte, b'"' | b'\\');
                    let plain = rest.as_slice().iter().position(ends);
                    let plain = plain.unwrap_or(rest.len());
                    if let Some(last) = plain.checked_sub(2) {
                        rest.nth(last);
                    }
                    Self::Quoted(depth)
                }
                (Self::Escaped(depth), _) => Self::Quoted(depth),
                (Self::Over | Self::Wrong, _) => break,
            };
            rest.next();
            if self.is_over() {
                break;
            }
        }
        bytes.len().saturating_sub(rest.len())
    }
}
