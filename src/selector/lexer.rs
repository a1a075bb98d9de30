//! The words of a selector, taken one at a time from the front of the text.

/// A place in the text. Copies are cheap, so looking ahead is to move a copy.
#[derive(Debug, Clone, Copy)]
pub(super) struct Cursor<'a> {
    text: &'a str,
    rest: &'a str,
}

/// What stands between a label and what it is compared with.
#[derive(Debug, Clone, Copy)]
pub(super) enum Operator {
    Equals,
    Differs,
    In,
    NotIn,
    Contains,
    StartsWith,
    EndsWith,
}

impl<'a> Cursor<'a> {
    pub(super) fn new(text: &'a str) -> Self {
        Self { text, rest: text }
    }

    /// Bytes from the start of the text.
    pub(super) fn offset(&self) -> usize {
        self.text.len().saturating_sub(self.rest.len())
    }

    pub(super) fn rest(&self) -> &'a str {
        self.rest
    }

    pub(super) fn at_end(&self) -> bool {
        self.rest.is_empty()
    }

    /// Skips blanks and tabs. Line breaks are no white space to Calico.
    pub(super) fn skip_space(&mut self) {
        self.rest = self.rest.trim_start_matches([' ', '\t']);
    }

    /// Takes `token` and the space after it, if it comes next.
    pub(super) fn eat(&mut self, token: &str) -> bool {
        let Some(rest) = self.rest.strip_prefix(token) else {
            return false;
        };
        self.rest = rest;
        self.skip_space();
        true
    }

    /// Takes the longest run of label characters, which may be empty, and the space after it.
    pub(super) fn word(&mut self) -> &'a str {
        let end = self
            .rest
            .find(|c| !is_label_character(c))
            .unwrap_or(self.rest.len());
        let (word, rest) = self.rest.split_at_checked(end).unwrap_or_default();
        self.rest = rest;
        self.skip_space();
        word
    }

    /// Takes the operator that comes next, if one does. The words are operators here only, right
    /// after a label; elsewhere they are labels like any other.
    pub(super) fn operator(&mut self) -> Option<Operator> {
        if self.eat("==") {
            return Some(Operator::Equals);
        }
        if self.eat("!=") {
            return Some(Operator::Differs);
        }
        let mut ahead = *self;
        let operator = match ahead.word() {
            "in" => Operator::In,
            "contains" => Operator::Contains,
            "notin" => Operator::NotIn,
            "startswith" => Operator::StartsWith,
            "endswith" => Operator::EndsWith,
            "not" if ahead.word() == "in" => Operator::NotIn,
            "starts" if ahead.word() == "with" => Operator::StartsWith,
            "ends" if ahead.word() == "with" => Operator::EndsWith,
            _ => return None,
        };
        *self = ahead;
        Some(operator)
    }

    /// Takes a quoted value and the space after it. There are no escapes: the value ends at the
    /// next quote of its kind. `Err` is the quote that is never closed.
    pub(super) fn quoted(&mut self) -> Result<Option<&'a str>, char> {
        for quote in ['"', '\''] {
            let Some(inside) = self.rest.strip_prefix(quote) else {
                continue;
            };
            let (value, rest) = inside.split_once(quote).ok_or(quote)?;
            self.rest = rest;
            self.skip_space();
            return Ok(Some(value));
        }
        Ok(None)
    }
}

fn is_label_character(c: char) -> bool {
    c.is_ascii_alphanumeric() || matches!(c, '_' | '.' | '/' | '-')
}
