//! The machine of an expression, which walks over a value.

use super::class::Class;
use super::place::Place;

/// A machine that is in several of its steps at once.
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
    /// Goes on at both of these, so many steps from here.
    Split(i32, i32),
    /// Goes on there.
    Jump(i32),
    /// Goes on if the value is here at such a place.
    Place(Place),
    /// The value matches if it ends here.
    Match,
}

impl Machine {
    /// The machine of these steps.
    pub(super) fn new(steps: Vec<Step>, classes: Vec<Class>) -> Self {
        let mut machine = Self {
            steps,
            is_unsure: classes.iter().any(Class::is_unsure),
            classes,
            prefix: Vec::new(),
        };
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
}

/// Where a step with this number stands.
pub(super) fn at(place: u32) -> usize {
    usize::try_from(place).unwrap_or(usize::MAX)
}
