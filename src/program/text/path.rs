//! The path of a request, held against all readings of it.

use super::TextCondition;
use crate::model::Pattern;
use crate::path::{PathMatcher, judge_bytes};
use crate::program::Context;
use crate::truth::Truth;

impl TextCondition {
    /// A path is held against all readings of it. An exact path that is met byte by byte is what
    /// its author wrote, however others may read it.
    pub(super) fn judge_path(&self, context: &Context<'_>) -> Truth {
        let (Some(path), Some(paths)) = (context.path(), &self.paths) else {
            return Truth::Unknown;
        };
        let is_one = |matchers: &[PathMatcher]| judge_bytes(&matchers.iter(), path);
        super::both(&paths.any, &paths.none, is_one)
    }

    /// The bytes that were sent, with their query, and all readings of the path in them.
    pub(super) fn judge_target(&self, context: &Context<'_>) -> Truth {
        let http = context.request.http;
        let raw = http.and_then(|http| http.path);
        let (Some(raw), Some(path)) = (raw, context.path()) else {
            return Truth::Unknown;
        };
        let sent = self.judge_plain(Some(raw), context);
        if path.sent().is_some() {
            return sent;
        }
        let query = query(raw);
        let judge = |reading: &[u8]| self.judge_plain(Some(&[reading, query].concat()), context);
        let (Some(every), Some(any)) = (path.every(), path.any()) else {
            return Truth::Unknown;
        };
        let surely = every.map(judge).fold(sent, Truth::and);
        if surely == Truth::True {
            return surely;
        }
        any.map(judge).fold(sent, Truth::or).and(Truth::Unknown)
    }
}

/// A pattern of a policy as one that takes paths.
pub(super) fn matcher(pattern: &Pattern) -> PathMatcher {
    match pattern {
        Pattern::Present => PathMatcher::anything(),
        Pattern::Exact(text) => PathMatcher::exact(text),
        Pattern::Prefix(text) => PathMatcher::start(text),
        Pattern::Suffix(text) => PathMatcher::end(text),
        Pattern::Template(template) => PathMatcher::template(template),
        // No dialect has expressions about a path without its query.
        Pattern::Regex(_) => PathMatcher::unknown(),
    }
}

/// The query of a raw path, or the fragment, from its first letter on.
fn query(raw: &[u8]) -> &[u8] {
    let start = raw.iter().position(|byte| matches!(byte, b'?' | b'#'));
    start.and_then(|start| raw.get(start..)).unwrap_or_default()
}
