//! From parsed expressions to the steps of machines (Thompson's construction).

use super::{ALL, ANY, CHARACTER, CLASS, Form, PLACE, PLACES, PLAIN, REPEAT};
use crate::limits;
use crate::reader::{Read, Reader};
use crate::regex::class::{Class, LAST};
use crate::regex::machine::{Machine, Step};
use crate::regex::work::Work;

/// How deep parts may be within each other: reading them recurses. Groups are 50 deep, three parts
/// each; and `a*(?i)*(?i)*`, which RE2 takes, is one deeper with each five bytes.
const DEPTH: usize = 3 * 51 + limits::REGEX_BYTES / 5;

impl Form {
    /// How many steps its machines have together; none if it is no form, or one has too many.
    pub(in crate::regex) fn steps(&self) -> Option<usize> {
        let count = |from: &mut Reader<'_>| {
            let latin1 = Assembly::counted(from)?;
            let utf8 = if from.read() {
                Assembly::counted(from)?
            } else {
                0
            };
            latin1.checked_add(utf8)
        };
        Reader::whole_by(&self.0, count)?
    }

    /// Its machine in Latin-1 and, where it is another, in UTF-8; none if they are more work than is
    /// left.
    pub(in crate::regex) fn machines(&self, work: &Work) -> Option<(Machine, Option<Machine>)> {
        work.spend(self.size())?;
        let make = |from: &mut Reader<'_>| {
            let latin1 = Assembly::made(from, work)?;
            let utf8 = if from.read() {
                Some(Assembly::made(from, work)?)
            } else {
                None
            };
            Some((latin1, utf8))
        };
        Reader::whole_by(&self.0, make)?
    }
}

/// The steps of a machine, while its parts are read.
struct Assembly<'a, 'b> {
    from: &'a mut Reader<'b>,
    classes: usize,
    steps: Vec<Step>,
    /// Whether steps are made, and not only counted.
    is_made: bool,
}

impl Assembly<'_, '_> {
    /// How many steps the machine has that comes next; nothing is made.
    fn counted(from: &mut Reader<'_>) -> Option<usize> {
        let classes: Vec<Class> = from.read();
        let mut assembly = Assembly {
            from,
            classes: classes.len(),
            steps: Vec::new(),
            is_made: false,
        };
        assembly.part(DEPTH)
    }

    /// The machine that comes next.
    fn made(from: &mut Reader<'_>, work: &Work) -> Option<Machine> {
        let count = Self::counted(&mut from.ahead())?;
        work.spend(count)?;
        let classes: Vec<Class> = from.read();
        let mut assembly = Assembly {
            from,
            classes: classes.len(),
            steps: Vec::with_capacity(count.checked_add(1)?),
            is_made: true,
        };
        assembly.part(DEPTH)?;
        assembly.push(Step::Match);
        Some(Machine::new(assembly.steps, classes))
    }

    /// The next part: how many steps it has, at the end of those that there are.
    fn part(&mut self, depth: usize) -> Option<usize> {
        let depth = depth.checked_sub(1)?;
        let step = match self.from.read() {
            ALL => {
                let mut count = 0_usize;
                for _ in 0..self.from.length() {
                    count = count.saturating_add(self.part(depth)?);
                }
                return bounded(count);
            }
            ANY => return self.any(depth),
            REPEAT => return self.repeat(depth),
            CLASS => {
                let number = self.from.read();
                let is_there = usize::try_from(number).is_ok_and(|number| number < self.classes);
                is_there.then_some(Step::Class(number))?
            }
            CHARACTER => Step::Character(self.from.read()),
            plain @ PLAIN.. => Step::Character(plain),
            code => {
                let place = usize::try_from(code.checked_sub(PLACE)?).ok()?;
                Step::Place(*PLACES.get(place)?)
            }
        };
        self.push(step);
        Some(1)
    }

    /// A split in front of each part but the last, and a jump behind it.
    fn any(&mut self, depth: usize) -> Option<usize> {
        let mut count = 0_usize;
        let mut jumps = Vec::new();
        let mut left = self.from.length();
        while let Some(after) = left.checked_sub(1) {
            left = after;
            if after == 0 {
                count = count.saturating_add(self.part(depth)?);
                break;
            }
            let split = self.reserve();
            let part = self.part(depth)?;
            jumps.push(self.reserve());
            let part = part.saturating_add(2);
            self.fill(split, Step::Split(1, by(part)?));
            count = count.saturating_add(part);
        }
        for jump in jumps {
            let distance = self.steps.len().saturating_sub(jump);
            self.fill(jump, Step::Jump(by(distance)?));
        }
        bounded(count)
    }

    fn repeat(&mut self, depth: usize) -> Option<usize> {
        let (least, most): (usize, Option<usize>) = self.from.read();
        let start = self.steps.len();
        // What need not be there has a split in front of it.
        let split = (least == 0).then(|| self.reserve());
        let first = self.steps.len();
        let part = self.part(depth)?;
        let around = part.saturating_add(1);
        let optional = most.map_or(Some(0), |most| most.checked_sub(least))?;
        let always = part.saturating_mul(least);
        let count = bounded(match most {
            None if least == 0 => around.saturating_add(1),
            None => always.saturating_add(1),
            Some(_) if part == 0 => 0,
            Some(_) => always.saturating_add(around.saturating_mul(optional)),
        })?;
        if !self.is_made {
            return Some(count);
        }
        if count == 0 {
            self.steps.truncate(start);
            return Some(0);
        }
        if part > 0 {
            (1..least).for_each(|_| self.copy(first, part));
        }
        if let (None, Some(split)) = (most, split) {
            self.push(Step::Jump(by(around)?.checked_neg()?));
            self.fill(split, Step::Split(1, by(around)?.checked_add(1)?));
        } else if most.is_none() {
            self.push(Step::Split(by(part)?.checked_neg()?, 1));
        }
        // Each of the optional ones leads around all that are left.
        let mut left = optional;
        if let (Some(_), Some(split)) = (most, split) {
            self.fill(split, Step::Split(1, by(around.checked_mul(left)?)?));
            left = left.saturating_sub(1);
        }
        for left in (1..=left).rev() {
            self.push(Step::Split(1, by(around.checked_mul(left)?)?));
            self.copy(first, part);
        }
        Some(count)
    }

    fn push(&mut self, step: Step) {
        if self.is_made {
            self.steps.push(step);
        }
    }

    /// A step that is filled once it is known where it leads.
    fn reserve(&mut self) -> usize {
        self.push(Step::Match);
        self.steps.len().saturating_sub(1)
    }

    fn fill(&mut self, reserved: usize, step: Step) {
        if let Some(place) = self.steps.get_mut(reserved) {
            *place = step;
        }
    }

    /// So many steps from the first on once more, at the end.
    fn copy(&mut self, first: usize, count: usize) {
        for place in first..first.saturating_add(count) {
            self.steps.extend(self.steps.get(place).copied());
        }
    }
}

/// So many steps, if a machine may have them.
fn bounded(count: usize) -> Option<usize> {
    (count <= limits::REGEX_STEPS).then_some(count)
}

/// A distance as steps have it.
fn by(distance: usize) -> Option<i32> {
    i32::try_from(distance).ok()
}

impl Read for Class {
    fn read(from: &mut Reader<'_>) -> Self {
        let mut class = Self::default();
        if from.read() {
            class.leave_open();
        }
        let mut next = 0_u32;
        from.each(|from| {
            let (gap, length) = from.read();
            let first = next.saturating_add(gap);
            let last = first.saturating_add(length);
            if last > LAST {
                return from.refuse(());
            }
            class.add(first, last);
            next = last.saturating_add(1);
        });
        class
    }
}
