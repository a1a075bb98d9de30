//! An expression as it is written: one part within the other.

use super::class::Class;

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
    All(Vec<Node>),
    /// One of these parts.
    Any(Vec<Node>),
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

/// A place between two characters.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Place {
    /// The start of the value.
    Start,
    /// The end of the value.
    End,
    /// The start of a line.
    LineStart,
    /// The end of a line.
    LineEnd,
    /// Between a letter, digit or underscore and what is none.
    WordBoundary,
    /// Anywhere else.
    NoWordBoundary,
}

impl Node {
    /// How many steps a machine of it has.
    pub(super) fn steps(&self) -> u64 {
        let sum = |parts: &[Self]| {
            let steps = parts.iter().map(Self::steps);
            steps.fold(0, u64::saturating_add)
        };
        match self {
            Self::Empty => 0,
            Self::Character(_) | Self::Class(_) | Self::Place(_) => 1,
            Self::All(parts) => sum(parts),
            // A split and a jump for each but the last.
            Self::Any(parts) => {
                let others = u64::try_from(parts.len().saturating_sub(1)).unwrap_or(u64::MAX);
                sum(parts).saturating_add(others.saturating_mul(2))
            }
            Self::Repeat(repeat) => repeat.steps(),
        }
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

    fn steps(&self) -> u64 {
        let part = self.part.steps();
        let least = u64::from(self.least);
        let always = part.saturating_mul(least);
        let more = match self.most {
            // A split back to the last one.
            None if self.least > 0 => 1,
            // A split around it, and a jump back.
            None => part.saturating_add(2),
            Some(_) if part == 0 => 0,
            // Each with a split around it.
            Some(most) => {
                let optional = u64::from(most).saturating_sub(least);
                part.saturating_add(1).saturating_mul(optional)
            }
        };
        always.saturating_add(more)
    }
}
