//! A rule's clause about one request header (calico.md 1.3, design invariant 8).
//!
//! Every line is judged on its own. An Allow needs every line to satisfy the clause; a Deny is met
//! by any line, and by any element of a line that is a comma-separated list, because the upstream
//! may read either.

use crate::authority;
use crate::case::Case;
use crate::regex::{Regex, ValueMatcher, Work};
use crate::request::{Http, is_authority};
use crate::settings::Quirks;
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
    pub fn judge(&self, http: &Http<'_>, quirks: Quirks, work: &Work) -> Truth {
        let name = &self.clause.header;
        let satisfied = |holds: &dyn Fn(&[u8], Case) -> bool| {
            judge_named(http, name, quirks, &|line, case| {
                Truth::from(holds(line, case))
            })
        };
        let is_there = || satisfied(&|_line, _case| true);
        match &self.clause.operator {
            HeaderOperator::Exists => is_there(),
            HeaderOperator::DoesNotExist => is_there().negate(),
            HeaderOperator::HasPrefix(values) => satisfied(&|line, case| {
                let starts = |value: &String| case.behind(value.as_bytes(), line).is_some();
                values.iter().any(starts)
            }),
            HeaderOperator::HasSuffix(values) => satisfied(&|line, case| {
                let ends = |value: &String| case.before(value.as_bytes(), line).is_some();
                values.iter().any(ends)
            }),
            HeaderOperator::In(values) => satisfied(&|line, case| is_one_of(values, line, case)),
            HeaderOperator::NotIn(values) => {
                satisfied(&|line, case| is_one_of(values, line, case)).negate()
            }
            HeaderOperator::MatchesRegex(_) => judge_named(http, name, quirks, &|line, _case| {
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

fn is_one_of(values: &[String], line: &[u8], case: Case) -> bool {
    let is_it = |value: &String| case.are_equal(value.as_bytes(), line);
    values.iter().any(is_it)
}

/// What the lines of a header say; Unknown where none of them holds, and one does of what some
/// software takes for lines of the same header, or for the same host.
pub(super) fn judge_named(
    http: &Http<'_>,
    name: &str,
    quirks: Quirks,
    holds: &dyn Fn(&[u8], Case) -> Truth,
) -> Truth {
    let as_sent = |line: &[u8]| holds(line, Case::Counts);
    let truth = judge_lines(http.lines(name), &as_sent);
    if truth != Truth::False {
        return truth;
    }
    let perhaps = if is_authority(name) {
        let authority = http.authority.filter(|_| quirks.host_forms);
        authority.map_or(Truth::False, |authority| judge_host_forms(authority, holds))
    } else if quirks.header_underscores {
        judge_lines(http.underscored_lines(name), &as_sent)
    } else {
        Truth::False
    };
    perhaps.and(Truth::Unknown)
}

/// Whether the host holds in any case, or another form of it.
fn judge_host_forms(authority: &[u8], holds: &dyn Fn(&[u8], Case) -> Truth) -> Truth {
    let host = |host: &[u8]| holds(host, Case::Ignored) != Truth::False;
    Truth::from(host(authority)).or(authority::judge_others(authority, host))
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
