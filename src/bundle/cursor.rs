//! Reads JSON a value at a time, so that a long document can be read in slices.

use serde::Deserialize;
use serde::de::IgnoredAny;
use serde_json::Value;
use std::ops::Range;

/// A place in a JSON text.
pub(super) struct Cursor<'t> {
    text: &'t [u8],
    at: usize,
}

impl<'t> Cursor<'t> {
    pub(super) fn new(text: &'t [u8]) -> Self {
        Self { text, at: 0 }
    }

    /// Reads the value that comes next.
    pub(super) fn value(&mut self) -> Result<Value, String> {
        let (value, end) = self.parse(self.at)?;
        self.at = end;
        Ok(value)
    }

    /// Reads the text that comes next.
    pub(super) fn text(&mut self) -> Result<String, String> {
        let value = self.value()?;
        let wrong = || self.wrong("invalid type, a string is expected");
        value.as_str().map(str::to_owned).ok_or_else(wrong)
    }

    /// Reads the number that comes next.
    pub(super) fn number(&mut self) -> Result<u64, String> {
        let value = self.value()?;
        let wrong = || self.wrong("invalid value, a whole number is expected");
        value.as_u64().ok_or_else(wrong)
    }

    /// Goes past the value that comes next, and tells where it stands.
    pub(super) fn skip(&mut self) -> Result<Range<usize>, String> {
        self.space();
        let start = self.at;
        let (_ignored, end) = self.parse::<IgnoredAny>(start)?;
        self.at = end;
        Ok(start..self.at)
    }

    /// Reads a value that was gone past.
    pub(super) fn again(&self, range: &Range<usize>) -> Result<Value, String> {
        self.parse(range.start).map(|(value, _)| value)
    }

    /// Goes past a punctuation mark.
    pub(super) fn enter(&mut self, mark: u8) -> Result<(), String> {
        self.space();
        if self.peek() != Some(mark) {
            return Err(self.wrong(&format!("`{}` is missing", char::from(mark))));
        }
        self.at = self.at.saturating_add(1);
        Ok(())
    }

    /// Whether a list or map ends here; goes past the end, or past the comma before the next item.
    pub(super) fn leave(&mut self, end: u8, first: &mut bool) -> Result<bool, String> {
        self.space();
        if self.peek() == Some(end) {
            self.at = self.at.saturating_add(1);
            return Ok(true);
        }
        if !std::mem::take(first) {
            self.enter(b',')?;
        }
        Ok(false)
    }

    /// Refuses whatever follows.
    pub(super) fn end(&mut self) -> Result<(), String> {
        self.space();
        if self.peek().is_some() {
            return Err(self.wrong("something follows the end of the document"));
        }
        Ok(())
    }

    fn parse<T: Deserialize<'t>>(&self, start: usize) -> Result<(T, usize), String> {
        let rest = self.text.get(start..).unwrap_or_default();
        let mut values = serde_json::Deserializer::from_slice(rest).into_iter();
        match values.next() {
            Some(Ok(value)) => Ok((value, start.saturating_add(values.byte_offset()))),
            Some(Err(error)) => Err(self.wrong(&error.to_string())),
            None => Err(self.wrong("it ends too early")),
        }
    }

    fn space(&mut self) {
        while matches!(self.peek(), Some(b' ' | b'\n' | b'\r' | b'\t')) {
            self.at = self.at.saturating_add(1);
        }
    }

    fn peek(&self) -> Option<u8> {
        self.text.get(self.at).copied()
    }

    fn wrong(&self, what: &str) -> String {
        format!("it is not JSON after byte {}: {what}", self.at)
    }
}
