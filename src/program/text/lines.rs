//! The lines of a header.

use super::{Matcher, TextCondition};
use crate::model::Pattern;
use crate::program::header;
use crate::request::Http;
use crate::settings::Readings;
use crate::truth::Truth;

impl TextCondition {
    /// Every line of a header on its own (design invariant 8).
    pub(super) fn judge_lines(&self, http: &Http<'_>, name: &str, readings: &Readings) -> Truth {
        self.both(|matchers| {
            header::judge_named(http, name, readings.quirks, &|line, case| {
                Truth::from(matchers.iter().any(|one| one.matches_line(line, case)))
            })
        })
    }

    /// Several lines are one value to some, joined by commas, and many to others: only that there
    /// are any is certain.
    pub(super) fn judge_sole(&self, http: &Http<'_>, name: &str, readings: &Readings) -> Truth {
        let only_presence = |matchers: &[Matcher]| {
            let is_present = |one: &Matcher| one.pattern == Pattern::Present;
            matchers.iter().all(is_present)
        };
        let is_one = http.lines(name).nth(1).is_none();
        if is_one || (only_presence(&self.any) && only_presence(&self.none)) {
            self.judge_lines(http, name, readings)
        } else {
            Truth::Unknown
        }
    }
}
