//! The path of a request, held against all readings of it.

use super::{Matcher, TextCondition};
use crate::program::Context;
use crate::truth::Truth;

impl TextCondition {
    /// A path is held against all readings of it. An exact path that is met byte by byte is what
    /// its author wrote, however others may read it.
    pub(super) fn judge_path(&self, raw: Option<&[u8]>, others: Option<&[Vec<u8>]>) -> Truth {
        let Some(raw) = raw else {
            return Truth::Unknown;
        };
        let (path, _) = split_path(raw);
        let is_one = |matchers: &[Matcher]| {
            if matchers.iter().any(|one| one.is_exactly(path)) {
                return Truth::True;
            }
            let Some(others) = others else {
                return Truth::Unknown;
            };
            let readings = || others.iter().map(Vec::as_slice).chain([path]);
            let perhaps = |reading: &[u8]| matchers.iter().any(|one| one.may_match(reading));
            // Which bytes a template takes is a question about what was sent; decoded, a segment may
            // have any.
            let sent = |reading: &[u8]| matchers.iter().any(|one| one.matches(reading));
            let holds = |reading: &[u8]| {
                if reading == path {
                    sent(reading)
                } else {
                    perhaps(reading)
                }
            };
            let truth = Truth::agreed(readings().map(holds));
            if truth == Truth::False && readings().any(perhaps) {
                return Truth::Unknown;
            }
            truth
        };
        self.both(is_one)
    }

    /// The bytes that were sent, and all readings of the path in them.
    pub(super) fn judge_target(
        &self,
        raw: Option<&[u8]>,
        others: Option<&[Vec<u8>]>,
        context: &Context<'_>,
    ) -> Truth {
        let Some(raw) = raw else {
            return Truth::Unknown;
        };
        let (_, query) = split_path(raw);
        let Some(readings) = others else {
            return Truth::Unknown;
        };
        let others = readings
            .iter()
            .map(|reading| self.judge_plain(Some(&[reading, query].concat()), context));
        let sent = [self.judge_plain(Some(raw), context)];
        Truth::common(sent.into_iter().chain(others))
    }
}

/// A path, and its query or fragment.
fn split_path(raw: &[u8]) -> (&[u8], &[u8]) {
    let cut = raw.iter().position(|byte| matches!(byte, b'?' | b'#'));
    raw.split_at(cut.unwrap_or(raw.len()))
}
