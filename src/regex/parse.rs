//! Reads expressions in RE2's grammar, the one that Cilium's and Istio's expressions are written in.
//!
//! What RE2 refuses is refused, and so is what its C++ and its Go edition do not both take.

mod class;
mod escape;
mod group;

use self::group::Opening;
use super::class::Class;
use super::place::Place;
use super::reading::Reading;
use super::tree::{Node, Repeat, Tree};
use crate::limits;

/// Deepest nesting of groups: reading them recurses.
const NESTING: usize = 50;
/// The last character of a range.
const NEWLINE: u32 = 0x0a;

/// Reads an expression.
///
/// # Errors
///
/// What is wrong with it, and at which byte.
pub(super) fn parse(text: &str, reading: Reading) -> Result<Tree, String> {
    let characters = reading.characters(text);
    let mut parser = Parser {
        rest: &characters,
        reading,
        flags: Flags::default(),
        classes: Vec::new(),
    };
    let parsed = parser.alternatives(0).and_then(|node| {
        let is_read = parser.rest.is_empty();
        is_read.then_some(node).ok_or("has a `)` without a `(`")
    });
    let described = parsed.map_err(|why| {
        let left = parser.rest.len();
        let read = characters.get(..characters.len().saturating_sub(left));
        let byte: usize = read
            .unwrap_or_default()
            .iter()
            .map(|one| size(*one, reading))
            .sum();
        format!("{why} at byte {byte}")
    });
    Ok(Tree {
        root: described?,
        classes: parser.classes,
    })
}

fn size(character: char, reading: Reading) -> usize {
    match reading {
        Reading::Latin1 => 1,
        Reading::Utf8 => character.len_utf8(),
    }
}

/// What is wrong; it stands where reading stopped.
type Fault = &'static str;

struct Parser<'t> {
    rest: &'t [char],
    reading: Reading,
    flags: Flags,
    classes: Vec<Class>,
}

/// What was switched on in front of a part; the flag `U` says nothing about whole values.
#[derive(Debug, Clone, Copy, Default)]
struct Flags {
    /// `i`: letters are those of either case.
    fold: bool,
    /// `m`: `^` and `$` stand at lines too.
    lines: bool,
    /// `s`: a dot takes a line end too.
    dot_takes_all: bool,
}

impl Parser<'_> {
    fn peek(&self) -> Option<char> {
        self.rest.first().copied()
    }

    fn next(&mut self) -> Option<char> {
        let (first, rest) = self.rest.split_first()?;
        self.rest = rest;
        Some(*first)
    }

    /// Goes past a text if it stands here.
    fn take(&mut self, text: &str) -> bool {
        let wanted: Vec<char> = text.chars().collect();
        let rest = self.rest.strip_prefix(wanted.as_slice());
        self.rest = rest.unwrap_or(self.rest);
        rest.is_some()
    }

    /// Everything up to the end of a group.
    fn alternatives(&mut self, depth: usize) -> Result<Node, Fault> {
        let mut parts = vec![self.sequence(depth)?];
        while self.take("|") {
            parts.push(self.sequence(depth)?);
        }
        Ok(Node::any(parts))
    }

    fn sequence(&mut self, depth: usize) -> Result<Node, Fault> {
        let mut parts = Vec::new();
        // Whether the last thing read was a repetition, which takes no other.
        let mut is_repeated = false;
        while let Some(next) = self.peek() {
            let was_repeated = std::mem::take(&mut is_repeated);
            match next {
                '|' | ')' => break,
                '(' => parts.extend(self.group(depth)?),
                '*' | '+' | '?' | '{' => match self.count()? {
                    Some((least, most)) => {
                        if was_repeated {
                            return Err("repeats a repetition: put the first into `(?:..)`");
                        }
                        let part = parts.pop().ok_or("repeats nothing")?;
                        let repeat = Node::Repeat(Box::new(Repeat { part, least, most }));
                        if next == '{' && repeat.repeats_more_than(limits::REGEX_REPETITION) {
                            return Err("repeats more than 1000 times, all in all,");
                        }
                        parts.push(repeat);
                        is_repeated = true;
                    }
                    None => parts.extend(self.next().map(|brace| self.literal(u32::from(brace)))),
                },
                _ => self.atom(&mut parts)?,
            }
        }
        Ok(Node::all(parts))
    }

    /// How often what stands in front is repeated; nothing if a brace is only a brace.
    fn count(&mut self) -> Result<Option<(u32, Option<u32>)>, Fault> {
        let counted = match self.peek() {
            Some('{') => match self.braces()? {
                Some(counted) => counted,
                None => return Ok(None),
            },
            sign => {
                self.next();
                match sign {
                    Some('*') => (0, None),
                    Some('+') => (1, None),
                    _ => (0, Some(1)),
                }
            }
        };
        // A lazy one takes the same whole values.
        self.take("?");
        Ok(Some(counted))
    }

    /// `{n}`, `{n,}` or `{n,m}`; what looks otherwise stands for itself.
    fn braces(&mut self) -> Result<Option<(u32, Option<u32>)>, Fault> {
        let before = self.rest;
        self.next();
        let read = |parser: &mut Self| {
            let least = parser.number()?;
            let most = if parser.take(",") {
                if parser.peek() == Some('}') {
                    None
                } else {
                    Some(parser.number()?)
                }
            } else {
                Some(least)
            };
            parser.take("}").then_some((least, most))
        };
        let Some((least, most)) = read(self) else {
            self.rest = before;
            return Ok(None);
        };
        let is_too_large = least.max(most.unwrap_or(0)) > limits::REGEX_REPETITION;
        if is_too_large || most.is_some_and(|most| most < least) {
            self.rest = before;
            return Err("repeats more than 1000 times, or from more to less,");
        }
        Ok(Some((least, most)))
    }

    /// A number without zeros in front; a large one is only large.
    fn number(&mut self) -> Option<u32> {
        let starts_with_zero = self.peek() == Some('0');
        let mut number = None;
        let mut digits = 0_usize;
        while let Some(digit) = self.peek().and_then(|one| one.to_digit(10)) {
            self.next();
            let sum = number.unwrap_or(0_u32).saturating_mul(10);
            number = Some(sum.saturating_add(digit));
            digits = digits.saturating_add(1);
        }
        number.filter(|_| !starts_with_zero || digits == 1)
    }

    /// What is neither group nor repetition; a quotation may be several characters.
    fn atom(&mut self, into: &mut Vec<Node>) -> Result<(), Fault> {
        let node = match self.peek() {
            Some('[') => {
                let class = self.class()?;
                self.one_of(class)
            }
            Some('\\') => return self.escaped(into),
            Some(other) => {
                self.next();
                match other {
                    '^' if self.flags.lines => Node::Place(Place::LineStart),
                    '^' => Node::Place(Place::Start),
                    '$' if self.flags.lines => Node::Place(Place::LineEnd),
                    '$' => Node::Place(Place::End),
                    '.' => self.one_of(self.dot()),
                    other => self.literal(u32::from(other)),
                }
            }
            None => return Ok(()),
        };
        into.push(node);
        Ok(())
    }

    fn dot(&self) -> Class {
        if self.flags.dot_takes_all {
            return Class::all();
        }
        let mut line_end = Class::default();
        line_end.add(NEWLINE, NEWLINE);
        line_end.negated()
    }

    /// A character that stands for itself.
    fn literal(&mut self, character: u32) -> Node {
        if !self.flags.fold {
            return Node::Character(character);
        }
        let mut class = Class::default();
        class.add(character, character);
        let folded = class.clone().folded();
        if folded == class {
            Node::Character(character)
        } else {
            self.one_of(folded)
        }
    }

    /// A character of a class.
    fn one_of(&mut self, class: Class) -> Node {
        let class = class.finished();
        let known = self.classes.iter().position(|known| *known == class);
        let number = known.unwrap_or(self.classes.len());
        if known.is_none() {
            self.classes.push(class);
        }
        // There are fewer than the text has bytes.
        Node::Class(u32::try_from(number).unwrap_or(u32::MAX))
    }

    /// A backslash and what comes of it.
    fn escaped(&mut self, into: &mut Vec<Node>) -> Result<(), Fault> {
        for (text, place) in [
            ("\\A", Place::Start),
            ("\\z", Place::End),
            ("\\b", Place::WordBoundary),
            ("\\B", Place::NoWordBoundary),
        ] {
            if self.take(text) {
                into.push(Node::Place(place));
                return Ok(());
            }
        }
        if self.take("\\Q") {
            while !self.rest.is_empty() && !self.take("\\E") {
                into.extend(self.next().map(|one| self.literal(u32::from(one))));
            }
            return Ok(());
        }
        let node = match self.shorthand()? {
            Some(class) => self.one_of(class),
            None => {
                let character = self.escape()?;
                self.literal(character)
            }
        };
        into.push(node);
        Ok(())
    }

    /// A group; nothing if it only switches flags.
    fn group(&mut self, depth: usize) -> Result<Option<Node>, Fault> {
        if depth >= NESTING {
            return Err("nests groups more than 50 deep");
        }
        let before = self.rest;
        let outside = self.flags;
        match self.opening() {
            Ok(Opening::Switches) => return Ok(None),
            Ok(Opening::Group) => {}
            Err(why) => {
                self.rest = before;
                return Err(why);
            }
        }
        let node = self.alternatives(depth.saturating_add(1))?;
        if !self.take(")") {
            self.rest = before;
            return Err("has a `(` without a `)`");
        }
        self.flags = outside;
        Ok(Some(node))
    }
}
