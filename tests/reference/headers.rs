//! Header clauses (calico.md 1.3, design invariant 8): every line is judged on its own.

use heliast::regex::{Regex, Work};
use heliast::request::Http;
use heliast::terms::{HeaderMatch, HeaderOperator};
use heliast::truth::Truth;

pub(super) fn judge(clause: &HeaderMatch, http: &Http<'_>) -> Truth {
    let operator = match &clause.operator {
        // Whoever is among them in any reading of a line is not certainly none of them.
        HeaderOperator::NotIn(values) => HeaderOperator::In(values.clone()),
        HeaderOperator::DoesNotExist => HeaderOperator::Exists,
        HeaderOperator::Exists
        | HeaderOperator::In(_)
        | HeaderOperator::HasPrefix(_)
        | HeaderOperator::HasSuffix(_)
        | HeaderOperator::MatchesRegex(_) => clause.operator.clone(),
    };
    let lines = |names: &dyn Fn(&str) -> bool| -> Vec<&[u8]> {
        let known = http.headers.iter();
        let known = known.filter(|(known, _)| names(&String::from_utf8_lossy(known)));
        known.map(|(_, value)| trim(value)).collect()
    };
    let name = &clause.header;
    let mut truth = lines_hold(&lines(&|known| known == name), &operator);
    // CGI reads the two as one name.
    let is_other = |known: &str| known != name && known.replace('_', "-") == name.replace('_', "-");
    if truth == Truth::False && lines_hold(&lines(&is_other), &operator) != Truth::False {
        truth = Truth::Unknown;
    }
    match &clause.operator {
        HeaderOperator::NotIn(_) | HeaderOperator::DoesNotExist => truth.negate(),
        HeaderOperator::Exists
        | HeaderOperator::In(_)
        | HeaderOperator::HasPrefix(_)
        | HeaderOperator::HasSuffix(_)
        | HeaderOperator::MatchesRegex(_) => truth,
    }
}

fn lines_hold(lines: &[&[u8]], operator: &HeaderOperator) -> Truth {
    if lines.is_empty() {
        return Truth::False;
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
