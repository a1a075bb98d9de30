//! A rule's clause about one request header (calico.md 1.3, design invariant 8).
//!
//! Every line is judged on its own. An Allow needs every line to satisfy the clause; a Deny is met
//! by any line, and by any element of a line that is a comma-separated list, because the upstream
//! may read either.

use crate::resources::calico::{HeaderMatch, HeaderOperator};
use crate::truth::Truth;

/// Whether the header lines satisfy the clause.
pub(super) fn judge(clause: &HeaderMatch, headers: &[(&[u8], &[u8])]) -> Truth {
    let named = headers.iter().filter(|(name, _)| name.eq_ignore_ascii_case(clause.header.as_bytes()));
    let lines: Vec<&[u8]> = named.map(|(_, value)| value.trim_ascii()).collect();
    let satisfied = |holds: &dyn Fn(&[u8]) -> bool| judge_lines(&lines, holds);
    match &clause.operator {
        HeaderOperator::Exists => Truth::from(!lines.is_empty()),
        HeaderOperator::DoesNotExist => Truth::from(lines.is_empty()),
        HeaderOperator::HasPrefix(values) => {
            satisfied(&|line| values.iter().any(|value| line.starts_with(value.as_bytes())))
        }
        HeaderOperator::HasSuffix(values) => {
            satisfied(&|line| values.iter().any(|value| line.ends_with(value.as_bytes())))
        }
        HeaderOperator::In(values) => satisfied(&|line| is_one_of(values, line)),
        HeaderOperator::NotIn(values) => satisfied(&|line| is_one_of(values, line)).negate(),
        HeaderOperator::MatchesRegex(regexes) => {
            satisfied(&|line| regexes.iter().any(|regex| regex.is_match(line)))
        }
    }
}

fn is_one_of(values: &[String], line: &[u8]) -> bool {
    values.iter().any(|value| value.as_bytes() == line)
}

/// Every line holds, none does even in part, or something between.
fn judge_lines(lines: &[&[u8]], holds: &dyn Fn(&[u8]) -> bool) -> Truth {
    match Truth::agreed(lines.iter().map(|line| holds(line))) {
        Truth::False => {
            let elements = lines.iter().flat_map(|line| line.split(|byte| *byte == b','));
            let any = elements.map(<[u8]>::trim_ascii).any(holds);
            if any { Truth::Unknown } else { Truth::False }
        }
        certain => certain,
    }
}
