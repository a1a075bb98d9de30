//! The lines of a header.

use super::{Matcher, TextCondition};
use crate::model::Pattern;
use crate::program::header;
use crate::truth::Truth;

impl TextCondition {
    /// Every line of a header on its own (design invariant 8).
    pub(super) fn judge_lines<'l>(
        &self,
        lines: &(impl Iterator<Item = &'l [u8]> + Clone),
    ) -> Truth {
        let is_one = |matchers: &[Matcher]| {
            header::judge_lines(lines.clone(), &|line| {
                Truth::from(matchers.iter().any(|one| one.matches_line(line)))
            })
        };
        self.both(is_one)
    }

    /// Several lines are one value to some, joined by commas, and many to others: only that there
    /// are any is certain.
    pub(super) fn judge_sole<'l>(&self, lines: &(impl Iterator<Item = &'l [u8]> + Clone)) -> Truth {
        let only_presence = |matchers: &[Matcher]| {
            let is_present = |one: &Matcher| one.pattern == Pattern::Present;
            matchers.iter().all(is_present)
        };
        match lines.clone().take(2).count() {
            0 => self.both(|_| Truth::False),
            1 => self.judge_lines(lines),
            _several if only_presence(&self.any) && only_presence(&self.none) => {
                self.judge_lines(lines)
            }
            _several => Truth::Unknown,
        }
    }
}
