//! A rule's clause about one request header (calico.md 1.3, design invariant 8).
//!
//! Every line is judged on its own. An Allow needs every line to satisfy the clause; a Deny is met
//! by any line, and by any element of a line that is a comma-separated list, because the upstream
//! may read either.

use crate::regex::{Regex, ValueMatcher, Work};
use crate::request::lines;
use crate::terms::{HeaderMatch, HeaderOperator};
use crate::truth::Truth;
use std::fmt;

/// A header clause with its regular expressions compiled.
#[derive(Debug)]
pub struct HeaderCondition {
    clause: HeaderMatch,
    matchers: Vec<ValueMatcher>,
}

impl HeaderCondition {
    pub(super) fn compile(clause: &HeaderMatch) -> Self {
        let matchers = match &clause.operator {
            HeaderOperator::MatchesRegex(regexes) => regexes.iter().map(Regex::matcher).collect(),
            HeaderOperator::Exists
            | HeaderOperator::DoesNotExist
            | HeaderOperator::HasPrefix(_)
            | HeaderOperator::HasSuffix(_)
            | HeaderOperator::In(_)
            | HeaderOperator::NotIn(_) => Vec::new(),
        };
        Self {
            clause: clause.clone(),
            matchers,
        }
    }

    /// The clause as its author wrote it.
    pub(super) fn clause(&self) -> &HeaderMatch {
        &self.clause
    }

    /// Whether the header lines satisfy the clause.
    #[must_use]
    pub fn judge(&self, headers: &[(&[u8], &[u8])], work: &Work) -> Truth {
        let lines = lines(headers, &self.clause.header);
        let satisfied = |holds: &dyn Fn(&[u8]) -> bool| {
            judge_lines(lines.clone(), &|line| Truth::from(holds(line)))
        };
        let is_there = || lines.clone().next().is_some();
        match &self.clause.operator {
            HeaderOperator::Exists => Truth::from(is_there()),
            HeaderOperator::DoesNotExist => Truth::from(!is_there()),
            HeaderOperator::HasPrefix(values) => satisfied(&|line| {
                values
                    .iter()
                    .any(|value| line.starts_with(value.as_bytes()))
            }),
            HeaderOperator::HasSuffix(values) => {
                satisfied(&|line| values.iter().any(|value| line.ends_with(value.as_bytes())))
            }
            HeaderOperator::In(values) => satisfied(&|line| is_one_of(values, line)),
            HeaderOperator::NotIn(values) => satisfied(&|line| is_one_of(values, line)).negate(),
            HeaderOperator::MatchesRegex(_) => judge_lines(lines.clone(), &|line| {
                Truth::any(self.matchers.iter().map(|one| one.matches(line, work)))
            }),
        }
    }
}

impl fmt::Display for HeaderCondition {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let header = &self.clause.header;
        let (operator, values) = match &self.clause.operator {
            HeaderOperator::Exists => ("Exists", String::new()),
            HeaderOperator::DoesNotExist => ("DoesNotExist", String::new()),
            HeaderOperator::HasPrefix(values) => ("HasPrefix", values.join(", ")),
            HeaderOperator::HasSuffix(values) => ("HasSuffix", values.join(", ")),
            HeaderOperator::In(values) => ("In", values.join(", ")),
            HeaderOperator::NotIn(values) => ("NotIn", values.join(", ")),
            HeaderOperator::MatchesRegex(regexes) => {
                let texts: Vec<&str> = regexes.iter().map(|regex| regex.as_str()).collect();
                ("MatchesRegex", texts.join(", "))
            }
        };
        write!(f, "{header} {operator} {values}")
    }
}

fn is_one_of(values: &[String], line: &[u8]) -> bool {
    values.iter().any(|value| value.as_bytes() == line)
}

/// Every line holds, none does even in part, or something between.
pub(super) fn judge_lines<'l>(
    lines: impl Iterator<Item = &'l [u8]> + Clone,
    holds: &dyn Fn(&[u8]) -> Truth,
) -> Truth {
    let whole = Truth::common(lines.clone().map(holds));
    if whole != Truth::False {
        return whole;
    }
    let elements = lines.flat_map(|line| line.split(|byte| *byte == b','));
    let in_part = elements.map(<[u8]>::trim_ascii).map(holds);
    Truth::any(in_part).min(Truth::Unknown)
}
