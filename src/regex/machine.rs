//! From an expression to the steps of a machine that walks over a value.

use super::class::Class;
use super::tree::{Node, Place, Repeat, Tree};

/// A machine that is in several of its steps at once (Thompson's construction).
#[derive(Debug)]
pub(super) struct Machine {
    pub(super) steps: Vec<Step>,
    pub(super) classes: Vec<Class>,
    /// What every value that matches begins with; the steps of it are left out of the walk.
    pub(super) prefix: Vec<u8>,
    /// Whether a class leaves characters open.
    pub(super) is_unsure: bool,
}

/// What a machine does in one place. Where nothing else is said it goes on with the next step.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Step {
    /// Takes this character.
    Character(u32),
    /// Takes a character of the class with this number.
    Class(u32),
    /// Goes on at both of these.
    Split(u32, u32),
    /// Goes on there.
    Jump(u32),
    /// Goes on if the value is here at such a place.
    Place(Place),
    /// The value matches if it ends here.
    Match,
}

impl Machine {
    /// The machine of an expression, of which it is known that it has so many steps.
    pub(super) fn of(tree: Tree, steps: usize) -> Self {
        let mut machine = Self {
            steps: Vec::with_capacity(steps.saturating_add(1)),
            is_unsure: tree.classes.iter().any(Class::is_unsure),
            classes: tree.classes,
            prefix: Vec::new(),
        };
        machine.append(&tree.root);
        machine.steps.push(Step::Match);
        machine.prefix = machine.prefix();
        machine
    }

    /// How much of it is kept, in steps: a range of a class takes as much room as one.
    pub(super) fn size(&self) -> usize {
        let classes = self.classes.iter().map(Class::size);
        classes.fold(self.steps.len(), usize::saturating_add)
    }

    /// The characters of ASCII that come first, in whatever way a value matches. Their steps stay:
    /// a repetition may lead back into them.
    fn prefix(&self) -> Vec<u8> {
        let characters = self.steps.iter().map_while(|step| match step {
            Step::Character(character) => u8::try_from(*character).ok().filter(u8::is_ascii),
            Step::Class(_) | Step::Split(..) | Step::Jump(_) | Step::Place(_) | Step::Match => None,
        });
        characters.collect()
    }

    fn append(&mut self, node: &Node) {
        match node {
            Node::Empty => {}
            Node::Character(character) => self.steps.push(Step::Character(*character)),
            Node::Class(number) => self.steps.push(Step::Class(*number)),
            Node::Place(place) => self.steps.push(Step::Place(*place)),
            Node::All(parts) => parts.iter().for_each(|part| self.append(part)),
            Node::Any(parts) => self.append_any(parts),
            Node::Repeat(repeat) => self.append_repeat(repeat),
        }
    }

    fn append_any(&mut self, parts: &[Node]) {
        let Some((last, others)) = parts.split_last() else {
            return;
        };
        let mut jumps = Vec::new();
        for part in others {
            let split = self.reserve();
            self.append(part);
            jumps.push(self.reserve());
            self.fill(
                split,
                Step::Split(place(split.saturating_add(1)), self.here()),
            );
        }
        self.append(last);
        let end = self.here();
        for jump in jumps {
            self.fill(jump, Step::Jump(end));
        }
    }

    fn append_repeat(&mut self, repeat: &Repeat) {
        let part = &repeat.part;
        let is_empty = part.steps() == 0;
        let mut last = self.here();
        for _ in 0..if is_empty { 0 } else { repeat.least } {
            last = self.here();
            self.append(part);
        }
        match repeat.most {
            None if repeat.least > 0 => {
                let next = self.here().saturating_add(1);
                self.steps.push(Step::Split(last, next));
            }
            None => {
                let split = self.reserve();
                self.append(part);
                self.steps.push(Step::Jump(place(split)));
                self.fill(
                    split,
                    Step::Split(place(split.saturating_add(1)), self.here()),
                );
            }
            Some(_) if is_empty => {}
            Some(most) => {
                let mut splits = Vec::new();
                for _ in repeat.least..most {
                    splits.push(self.reserve());
                    self.append(part);
                }
                let end = self.here();
                for split in splits {
                    self.fill(split, Step::Split(place(split.saturating_add(1)), end));
                }
            }
        }
    }

    /// Where the next step will stand.
    fn here(&self) -> u32 {
        place(self.steps.len())
    }

    /// A step that is filled once it is known where it leads.
    fn reserve(&mut self) -> usize {
        self.steps.push(Step::Match);
        self.steps.len().saturating_sub(1)
    }

    fn fill(&mut self, reserved: usize, step: Step) {
        if let Some(place) = self.steps.get_mut(reserved) {
            *place = step;
        }
    }
}

/// The number of a step or class as it is kept. There are never so many that it does not fit.
fn place(number: usize) -> u32 {
    u32::try_from(number).unwrap_or(u32::MAX)
}

/// Where a step with this number stands.
pub(super) fn at(place: u32) -> usize {
    usize::try_from(place).unwrap_or(usize::MAX)
}
