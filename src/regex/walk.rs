//! A machine on its way over a value.

use super::class::Doubt;
use super::machine::{Machine, Step, at};
use super::place::Place;
use super::reading::{Read, Reading};
use super::work::Work;
use std::cell::RefCell;

/// Whether a machine takes a whole value; none if that is more work than is left.
pub(super) fn takes(
    machine: &Machine,
    value: &[u8],
    reading: Reading,
    doubt: Doubt,
    work: &Work,
) -> Option<bool> {
    work.spend(1)?;
    let Some(rest) = value.strip_prefix(machine.prefix.as_slice()) else {
        return Some(false);
    };
    ROOM.with_borrow_mut(|room| {
        let mut walk = Walk {
            machine,
            reading,
            doubt,
            value,
            room,
        };
        walk.over(rest, work)
    })
}

thread_local! {
    /// Room to walk in, kept between values. It is as large as the largest machine needs.
    static ROOM: RefCell<Room> = RefCell::default();
}

#[derive(Debug, Default)]
struct Room {
    current: Steps,
    next: Steps,
    /// Steps that are still to be gone into.
    open: Vec<u32>,
}

/// A set of steps that is emptied at no cost (Briggs and Torczon).
#[derive(Debug, Default)]
struct Steps {
    list: Vec<u32>,
    /// Where each step stands in the list, if it is there.
    places: Vec<u32>,
}

impl Steps {
    fn clear(&mut self, steps: usize) {
        self.list.clear();
        if self.places.len() < steps {
            self.places.resize(steps, 0);
        }
    }

    /// Adds a step; false if it was there.
    fn add(&mut self, step: u32) -> bool {
        let Some(place) = self.places.get_mut(at(step)) else {
            return false;
        };
        if self.list.get(at(*place)) == Some(&step) {
            return false;
        }
        let Ok(end) = u32::try_from(self.list.len()) else {
            return false;
        };
        *place = end;
        self.list.push(step);
        true
    }
}

struct Walk<'w> {
    machine: &'w Machine,
    reading: Reading,
    doubt: Doubt,
    value: &'w [u8],
    room: &'w mut Room,
}

impl Walk<'_> {
    fn over(&mut self, mut rest: &[u8], work: &Work) -> Option<bool> {
        let steps = self.machine.steps.len();
        self.room.next.clear(steps);
        let first = u32::try_from(self.machine.prefix.len()).ok()?;
        self.enter(first, rest);
        while !rest.is_empty() {
            work.spend(self.room.next.list.len().saturating_add(1))?;
            std::mem::swap(&mut self.room.current, &mut self.room.next);
            if self.room.current.list.is_empty() {
                return Some(false);
            }
            let read = self.reading.first(rest);
            let length = match read {
                Read::Character(_, length) | Read::Shape(length) => length,
                Read::Nothing => return Some(false),
            };
            rest = rest.get(length..)?;
            self.room.next.clear(steps);
            let mut number = 0;
            while let Some(step) = self.room.current.list.get(number).copied() {
                if self.takes(step, read) {
                    self.enter(step.saturating_add(1), rest);
                }
                number = number.saturating_add(1);
            }
        }
        let mut ends = self.room.next.list.iter();
        Some(ends.any(|step| self.machine.steps.get(at(*step)) == Some(&Step::Match)))
    }

    /// Whether what stands here is what a step takes.
    fn takes(&self, step: u32, read: Read) -> bool {
        let class = |number: u32| self.machine.classes.get(at(number));
        match (self.machine.steps.get(at(step)), read) {
            (Some(Step::Character(wanted)), Read::Character(character, _)) => *wanted == character,
            (Some(Step::Class(number)), Read::Character(character, _)) => {
                class(*number).is_some_and(|class| class.has(character, self.doubt))
            }
            (Some(Step::Class(number)), Read::Shape(_)) => {
                class(*number).is_some_and(|class| class.has_all(self.doubt))
            }
            _ => false,
        }
    }

    /// Goes into a step, and from there to all that take no character.
    fn enter(&mut self, step: u32, rest: &[u8]) {
        self.room.open.push(step);
        while let Some(step) = self.room.open.pop() {
            if !self.room.next.add(step) {
                continue;
            }
            match self.machine.steps.get(at(step)).copied() {
                Some(Step::Split(one, other)) => {
                    let there = [other, one].map(|by| step.saturating_add_signed(by));
                    self.room.open.extend(there);
                }
                Some(Step::Jump(by)) => self.room.open.push(step.saturating_add_signed(by)),
                Some(Step::Place(place)) if self.is_at(place, rest) => {
                    self.room.open.push(step.saturating_add(1));
                }
                Some(Step::Place(_) | Step::Character(_) | Step::Class(_) | Step::Match) | None => {
                }
            }
        }
    }

    fn is_at(&self, place: Place, rest: &[u8]) -> bool {
        let before = self.value.len().saturating_sub(rest.len());
        let before = before.checked_sub(1).and_then(|last| self.value.get(last));
        let after = rest.first();
        let is_word = |byte: Option<&u8>| {
            byte.is_some_and(|byte| byte.is_ascii_alphanumeric() || *byte == b'_')
        };
        match place {
            Place::Start => before.is_none(),
            Place::End => after.is_none(),
            Place::LineStart => before.is_none_or(|byte| *byte == b'\n'),
            Place::LineEnd => after.is_none_or(|byte| *byte == b'\n'),
            Place::WordBoundary => is_word(before) != is_word(after),
            Place::NoWordBoundary => is_word(before) == is_word(after),
        }
    }
}
