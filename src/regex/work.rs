//! How much a decision may do to match expressions.

use crate::limits;
use std::cell::Cell;

/// What is left to a decision. A machine spends a unit for each of its steps at each byte, and one
/// for each step that is made.
#[derive(Debug)]
pub struct Work(Cell<usize>);

impl Default for Work {
    fn default() -> Self {
        Self::of(limits::REGEX_WORK)
    }
}

impl Work {
    /// So many units.
    #[must_use]
    pub fn of(units: usize) -> Self {
        Self(Cell::new(units))
    }

    /// Spends so many; none if fewer are left. What ran out stays so.
    pub(super) fn spend(&self, units: usize) -> Option<()> {
        let left = self.0.get().checked_sub(units);
        self.0.set(left.unwrap_or(0));
        left.map(|_| ())
    }
}
