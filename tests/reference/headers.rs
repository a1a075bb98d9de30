//! Header clauses (calico.md 1.3, design invariant 8): every line is judged on its own.

use heliast::regex::{Regex, Work};
use heliast::terms::{HeaderMatch, HeaderOperator};
use heliast::truth::Truth;

pub(super) fn judge(clause: &HeaderMatch, headers: &[(&[u8], &[u8])]) -> Truth {
    let name = clause.header.as_bytes();
    let lines: Vec<&[u8]> = headers
        .iter()
        .filter(|(known, _)| *known == name)
        .map(|(_, value)| trim(value))
        .collect();
    let operator = &clause.operator;
    if let HeaderOperator::NotIn(values) = operator {
        // Whoever is among them in any reading of a line is not certainly none of them.
        return lines_hold(&lines, &HeaderOperator::In(values.clone())).negate();
    }
    lines_hold(&lines, operator)
}

fn lines_hold(lines: &[&[u8]], operator: &HeaderOperator) -> Truth {
    if lines.is_empty() {
        return Truth::from(*operator == HeaderOperator::DoesNotExist);
    }
    let holds = Truth::common(lines.iter().map(|line| holds(operator, line)));
    let in_an_element = lines
        .iter()
        .flat_map(|line| line.split(|byte| *byte == b','))
        .any(|element| self::holds(operator, trim(element)) != Truth::False);
    match holds {
        // Whoever is behind us may take the line for a list.
        Truth::False if in_an_element => Truth::Unknown,
        Truth::False | Truth::Unknown | Truth::True => holds,
    }
}

fn holds(operator: &HeaderOperator, value: &[u8]) -> Truth {
    let is = |wanted: &String| wanted.as_bytes() == value;
    let is_so = match operator {
        HeaderOperator::Exists => true,
        HeaderOperator::DoesNotExist => false,
        HeaderOperator::HasPrefix(starts) => starts
            .iter()
            .any(|start| value.starts_with(start.as_bytes())),
        HeaderOperator::HasSuffix(ends) => ends.iter().any(|end| value.ends_with(end.as_bytes())),
        HeaderOperator::In(values) => values.iter().any(is),
        HeaderOperator::NotIn(values) => !values.iter().any(is),
        HeaderOperator::MatchesRegex(regexes) => {
            let truths = regexes.iter().map(|regex| matches(regex, value));
            return Truth::any(truths);
        }
    };
    Truth::from(is_so)
}

/// An expression in doubt is in doubt here too: `tests/expressions.rs` compares them with RE2.
fn matches(regex: &Regex, value: &[u8]) -> Truth {
    regex.matcher().matches(value, &Work::default())
}

/// Blanks and tabs around a value are not part of it (RFC 9110 5.5).
fn trim(value: &[u8]) -> &[u8] {
    let is_blank = |byte: &u8| [b' ', b'\t'].contains(byte);
    let Some(first) = value.iter().position(|byte| !is_blank(byte)) else {
        return &[];
    };
    let last = value.iter().rposition(|byte| !is_blank(byte)).unwrap();
    &value[first..=last]
}
