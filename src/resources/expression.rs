//! Regular expressions in objects.

use super::name::shorten;
use crate::decode::Field;
use crate::limits;
use crate::regex::Regex;

/// Reads one. Those of an object may not be too large together: a workload that enforces it matches
/// with all of them.
pub(super) fn expression(field: &Field<'_, '_>, text: &str, help: &str) -> Option<Regex> {
    let (regex, steps) = match Regex::parse_counted(text) {
        Ok(read) => read,
        Err(error) => {
            let message = format!("`{}` is no regular expression: {error}", shorten(text));
            field.error("bad-regex", message, help);
            return None;
        }
    };
    let most = limits::REGEX_STEPS_OF_OBJECT;
    let all = field.count_steps(steps);
    if all <= most {
        return Some(regex);
    }
    // Said once, where it becomes too much.
    if all.saturating_sub(steps) <= most {
        let message = format!(
            "the regular expressions of this object need more than {most} steps when compiled, up to this one"
        );
        let help = "count and alternate less, or give some rules an object of their own";
        field.error("too-many", message, help);
    }
    None
}
