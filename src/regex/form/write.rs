//! Writing parsed expressions.

use super::{ALL, ANY, CHARACTER, CLASS, Form, PLACE, PLACES, PLAIN, REPEAT};
use crate::regex::class::Class;
use crate::regex::tree::{Node, Tree};

impl Form {
    /// The form of an expression: its tree in Latin-1 and, where it is another, in UTF-8.
    pub(in crate::regex) fn of(latin1: &Tree, utf8: Option<&Tree>) -> Self {
        let mut writer = Writer::default();
        writer.tree(latin1);
        writer.flag(utf8.is_some());
        if let Some(utf8) = utf8 {
            writer.tree(utf8);
        }
        Self(writer.bytes.into())
    }
}

#[derive(Default)]
struct Writer {
    bytes: Vec<u8>,
}

impl Writer {
    fn tree(&mut self, tree: &Tree) {
        self.count(tree.classes.len());
        tree.classes.iter().for_each(|class| self.class(class));
        self.part(&tree.root);
    }

    fn class(&mut self, class: &Class) {
        self.flag(class.is_unsure());
        let ranges = class.ranges();
        self.count(ranges.len());
        let mut next = 0;
        for (first, last) in ranges {
            self.number(first.saturating_sub(next));
            self.number(last.saturating_sub(first));
            next = last.saturating_add(1);
        }
    }

    fn part(&mut self, node: &Node) {
        match node {
            Node::Empty => self.several(ALL, &[]),
            Node::Character(character) => {
                if *character < PLAIN {
                    self.number(CHARACTER);
                }
                self.number(*character);
            }
            Node::Class(number) => {
                self.number(CLASS);
                self.number(*number);
            }
            Node::Place(place) => {
                let codes = (PLACE..).zip(PLACES);
                let code = codes.filter(|(_, known)| known == place);
                code.for_each(|(code, _)| self.number(code));
            }
            Node::All(parts) => self.several(ALL, parts),
            Node::Any(parts) => self.several(ANY, parts),
            Node::Repeat(repeat) => {
                self.number(REPEAT);
                self.number(repeat.least);
                self.flag(repeat.most.is_some());
                repeat.most.into_iter().for_each(|most| self.number(most));
                self.part(&repeat.part);
            }
        }
    }

    fn several(&mut self, code: u32, parts: &[Node]) {
        self.number(code);
        self.count(parts.len());
        parts.iter().for_each(|part| self.part(part));
    }

    fn flag(&mut self, flag: bool) {
        self.bytes.push(flag.into());
    }

    /// An expression has no more of anything than bytes.
    fn count(&mut self, count: usize) {
        self.number(u32::try_from(count).unwrap_or(u32::MAX));
    }

    fn number(&mut self, mut number: u32) {
        while number >= 0x80 {
            self.bytes.extend(u8::try_from(number & 0x7f | 0x80));
            number >>= 7;
        }
        self.bytes.extend(u8::try_from(number));
    }
}
