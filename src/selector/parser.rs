//! The grammar of calico.md 2.1, by recursive descent; one method for each of its rules.

use super::MAX_DEPTH;
use super::ast::{Node, Test};
use super::error::{Problem, SelectorError, next_word};
use super::lexer::{Cursor, Operator};
use crate::gather;

/// Longest label, in bytes (calico.md 2.1).
pub(super) const MAX_LABEL: usize = 512;

const TEST: &str = "a test such as `has(app)` or `app == 'web'`";
const CONNECTIVE: &str = "`&&` or `||`";
const VALUE: &str = "a value in quotes";

pub(super) fn parse(text: &str) -> Result<Node, SelectorError> {
    let mut parser = Parser {
        cursor: Cursor::new(text),
        depth: 0,
    };
    let start = parser.cursor;
    parser.cursor.skip_space();
    if parser.cursor.at_end() {
        return Ok(Node::All);
    }
    let node = parser.any_of()?;
    if !parser.cursor.at_end() {
        return Err(parser.no_connective());
    }
    if node.depth() > MAX_DEPTH {
        return Err(SelectorError::new(start, Problem::TooDeep));
    }
    Ok(node)
}

/// Every method starts at a word and leaves the cursor at the next one, past the space.
struct Parser<'a> {
    cursor: Cursor<'a>,
    depth: usize,
}

impl<'a> Parser<'a> {
    fn any_of(&mut self) -> Result<Node, SelectorError> {
        let first = self.all_of()?;
        let mut nodes = vec![first];
        while self.cursor.eat("||") {
            nodes.push(self.all_of()?);
        }
        Ok(one_or(nodes, Node::Or))
    }

    fn all_of(&mut self) -> Result<Node, SelectorError> {
        let first = self.unary()?;
        let mut nodes = vec![first];
        while self.cursor.eat("&&") {
            nodes.push(self.unary()?);
        }
        Ok(one_or(nodes, Node::And))
    }

    fn unary(&mut self) -> Result<Node, SelectorError> {
        let start = self.cursor;
        let mut negated = false;
        while self.cursor.eat("!") {
            negated = !negated;
        }
        if self.cursor.offset() == start.offset() {
            return self.primary();
        }
        let node = self.nested(start, Self::primary)?;
        Ok(if negated { node.negate() } else { node })
    }

    fn primary(&mut self) -> Result<Node, SelectorError> {
        let start = self.cursor;
        if self.cursor.eat("(") {
            let node = self.nested(start, Self::any_of)?;
            return self.close_group(start).map(|()| node);
        }
        if self.cursor.eat("has(") {
            let key = self.label("a label")?;
            return self.close_call().map(|()| Node::Label {
                key,
                test: Test::Present,
            });
        }
        if self.cursor.eat("all(") {
            return self.close_call().map(|()| Node::All);
        }
        if self.cursor.eat("global(") {
            return self.close_call().map(|()| Node::Global);
        }
        let key = self.label(TEST)?;
        let test = self.test(&key)?;
        Ok(Node::Label { key, test })
    }

    fn label(&mut self, wanted: &'static str) -> Result<String, SelectorError> {
        let start = self.cursor;
        let label = self.cursor.word();
        if label.len() > MAX_LABEL {
            return Err(SelectorError::new(start, Problem::LabelTooLong));
        }
        if !label.is_empty() {
            return Ok(label.to_owned());
        }
        if start.rest().starts_with(['"', '\'']) {
            return Err(SelectorError::new(start, Problem::QuotedLabel));
        }
        Err(SelectorError::unexpected(start, wanted))
    }

    fn test(&mut self, label: &str) -> Result<Test, SelectorError> {
        let Some(operator) = self.cursor.operator() else {
            return Err(self.no_operator(label));
        };
        Ok(match operator {
            Operator::Equals => Test::Equals(self.value()?),
            Operator::Differs => Test::Differs(self.value()?),
            Operator::In => Test::In(self.set()?),
            Operator::NotIn => Test::NotIn(self.set()?),
            Operator::Contains => Test::Contains(self.value()?),
            Operator::StartsWith => Test::StartsWith(self.value()?),
            Operator::EndsWith => Test::EndsWith(self.value()?),
        })
    }

    fn value(&mut self) -> Result<String, SelectorError> {
        match self.optional_value()? {
            Some(value) => Ok(value),
            None => Err(self.no_value()),
        }
    }

    fn optional_value(&mut self) -> Result<Option<String>, SelectorError> {
        let start = self.cursor;
        let unclosed = |quote| SelectorError::new(start, Problem::UnclosedValue { quote });
        Ok(self.cursor.quoted().map_err(unclosed)?.map(str::to_owned))
    }

    /// An empty set, and one comma after the last value, are as good to Calico as to us.
    fn set(&mut self) -> Result<Vec<String>, SelectorError> {
        if !self.cursor.eat("{") {
            return Err(SelectorError::unexpected(
                self.cursor,
                "a set such as `{'a', 'b'}`",
            ));
        }
        let mut values = Vec::new();
        while !self.cursor.eat("}") {
            values.push(self.value()?);
            if !self.cursor.eat(",") && !self.cursor.rest().starts_with('}') {
                return Err(SelectorError::unexpected(self.cursor, "`,` or `}`"));
            }
        }
        Ok(gather::set(values))
    }

    /// One level deeper, if that is still allowed.
    fn nested(
        &mut self,
        start: Cursor<'a>,
        inner: fn(&mut Self) -> Result<Node, SelectorError>,
    ) -> Result<Node, SelectorError> {
        if self.depth == MAX_DEPTH {
            return Err(SelectorError::new(start, Problem::TooDeep));
        }
        self.depth += 1;
        let node = inner(self)?;
        self.depth -= 1;
        Ok(node)
    }

    fn close_group(&mut self, start: Cursor<'a>) -> Result<(), SelectorError> {
        if self.cursor.eat(")") {
            return Ok(());
        }
        if self.cursor.at_end() {
            return Err(SelectorError::new(start, Problem::UnclosedGroup));
        }
        Err(self.no_connective())
    }

    fn close_call(&mut self) -> Result<(), SelectorError> {
        if self.cursor.eat(")") {
            return Ok(());
        }
        Err(SelectorError::unexpected(self.cursor, "`)`"))
    }

    fn no_connective(&self) -> SelectorError {
        if self.cursor.rest().starts_with(')') {
            return SelectorError::new(self.cursor, Problem::UnopenedGroup);
        }
        let found = next_word(self.cursor);
        match found.to_ascii_lowercase().as_str() {
            "&" | "and" => self.misspelt(found, "&&"),
            "|" | "or" => self.misspelt(found, "||"),
            _ => SelectorError::unexpected(self.cursor, CONNECTIVE),
        }
    }

    fn no_operator(&self, label: &str) -> SelectorError {
        let lower = label.to_ascii_lowercase();
        let rest = self.cursor.rest();
        if rest.starts_with('(') && matches!(lower.as_str(), "has" | "all" | "global") {
            // In lower case it would have been a call, but for the space.
            let space = if label == lower { " " } else { "" };
            return self.misspelt(format!("{label}{space}("), &format!("{lower}("));
        }
        if rest.starts_with('=') {
            return self.misspelt("=".to_owned(), "==");
        }
        if rest.starts_with(['\n', '\r']) {
            return SelectorError::new(self.cursor, Problem::LineBreak);
        }
        let found = next_word(self.cursor);
        let lower = found.to_ascii_lowercase();
        if found != lower && Cursor::new(&lower).operator().is_some() {
            return self.misspelt(found, &lower);
        }
        let label = next_word(Cursor::new(label));
        SelectorError::new(self.cursor, Problem::NoOperator { label })
    }

    fn no_value(&self) -> SelectorError {
        if self.cursor.rest().starts_with('=') {
            return self.misspelt("===".to_owned(), "==");
        }
        let mut ahead = self.cursor;
        if ahead.word().is_empty() {
            return SelectorError::unexpected(self.cursor, VALUE);
        }
        SelectorError::new(
            self.cursor,
            Problem::Unquoted {
                found: next_word(self.cursor),
            },
        )
    }

    fn misspelt(&self, found: String, mend: &str) -> SelectorError {
        SelectorError::new(
            self.cursor,
            Problem::Spelling {
                found,
                mend: mend.to_owned(),
            },
        )
    }
}

/// A list of one is its only member: parentheses around it would not survive printing.
fn one_or(mut nodes: Vec<Node>, list: fn(Vec<Node>) -> Node) -> Node {
    match nodes.pop() {
        Some(only) if nodes.is_empty() => only,
        Some(last) => {
            nodes.push(last);
            list(nodes)
        }
        None => list(nodes),
    }
}
