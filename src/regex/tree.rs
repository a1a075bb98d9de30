//! An expression as it is written: one part within the other.

use super::class::Class;
use super::place::Place;

/// A whole expression.
#[derive(Debug)]
pub(super) struct Tree {
    pub(super) root: Node,
    /// Its classes, each once.
    pub(super) classes: Vec<Class>,
}

/// A part of an expression.
#[derive(Debug, Clone)]
pub(super) enum Node {
    /// Nothing, which is always there.
    Empty,
    /// One character.
    Character(u32),
    /// One character of the class with this number.
    Class(u32),
    /// A place between two characters.
    Place(Place),
    /// One part behind the other.
    All(Vec<Self>),
    /// One of these parts.
    Any(Vec<Self>),
    /// A part again and again.
    Repeat(Box<Repeat>),
}

/// A part that is there several times.
#[derive(Debug, Clone)]
pub(super) struct Repeat {
    pub(super) part: Node,
    pub(super) least: u32,
    /// None is any number.
    pub(super) most: Option<u32>,
}

impl Node {
    /// One part behind the other; those that are nothing make no difference.
    pub(super) fn all(mut parts: Vec<Self>) -> Self {
        parts.retain(|part| !matches!(part, Self::Empty));
        only(parts, Self::All)
    }

    /// One of these parts.
    pub(super) fn any(parts: Vec<Self>) -> Self {
        only(parts, Self::Any)
    }

    /// Whether counted repetitions within each other come to more than so many.
    pub(super) fn repeats_more_than(&self, most: u32) -> bool {
        match self {
            Self::Empty | Self::Character(_) | Self::Class(_) | Self::Place(_) => false,
            Self::All(parts) | Self::Any(parts) => {
                parts.iter().any(|part| part.repeats_more_than(most))
            }
            Self::Repeat(repeat) => match repeat.count() {
                Some(0) => false,
                None => repeat.part.repeats_more_than(most),
                Some(count) => {
                    count > most || {
                        let left = most.checked_div(count).unwrap_or(most);
                        repeat.part.repeats_more_than(left)
                    }
                }
            },
        }
    }
}

impl Repeat {
    /// What is counted; stars and the like are not.
    fn count(&self) -> Option<u32> {
        match (self.least, self.most) {
            (0 | 1, None) | (0, Some(1)) => None,
            (least, most) => Some(most.unwrap_or(least)),
        }
    }
}

/// One part is itself.
fn only(mut parts: Vec<Node>, several: fn(Vec<Node>) -> Node) -> Node {
    match (parts.pop(), parts.is_empty()) {
        (None, _) => Node::Empty,
        (Some(part), true) => part,
        (Some(last), false) => {
            parts.push(last);
            several(parts)
        }
    }
}
