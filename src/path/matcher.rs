//! A path in a policy that is ready to be asked, with all readings of it.

use super::canonical::spelt;
use super::readings::{PathReadings, RequestPath};
use super::steps::{decode_but, merge_slashes};
use super::template::PathTemplate;
use super::value::Value;
use super::{PathKind, PathPattern};
use crate::case::Case;
use crate::settings::PathReading;
use crate::truth::Truth;

/// A path in a policy, and what others may read in it.
#[derive(Debug)]
pub struct PathMatcher {
    written: Vec<u8>,
    /// As the system of the policy compares it.
    own: Value,
    /// What it is to anybody; empty if that is [`Self::own`] alone.
    any: Vec<Value>,
    /// What it is to servers that differ in something that counts; empty if that is
    /// [`Self::own`] alone.
    every: Vec<Value>,
    /// It has more readings than are known, so anything may be among them.
    is_unbounded: bool,
}

impl PathMatcher {
    /// The one path that a rule of Calico's asks for.
    #[must_use]
    pub fn of_pattern(pattern: &PathPattern) -> Self {
        let value: fn(Vec<u8>) -> Value = match pattern.kind() {
            PathKind::Exact => Value::Exact,
            PathKind::Prefix => Value::Below,
        };
        let own = value(pattern.path().to_vec());
        Self::new(pattern.written(), own, value)
    }

    /// A whole path.
    #[must_use]
    pub fn exact(text: &str) -> Self {
        let own = Value::Exact(text.as_bytes().to_vec());
        Self::new(text.as_bytes(), own, Value::Exact)
    }

    /// What a path starts with.
    #[must_use]
    pub fn start(text: &str) -> Self {
        Self::of_part(text, Value::Start)
    }

    /// What a path ends with.
    #[must_use]
    pub fn end(text: &str) -> Self {
        Self::of_part(text, Value::End)
    }

    /// A path with operators in place of segments.
    #[must_use]
    pub fn template(template: &PathTemplate) -> Self {
        let reading = |place: usize| {
            let text = |text: &[u8]| part_readings(text).into_iter().nth(place);
            Value::Like(template.literals(|part| text(part).unwrap_or_default()))
        };
        let own = Value::Template(template.clone());
        let values = [reading(0), reading(1)].to_vec();
        Self::of_values(template.as_str().as_bytes(), own, values)
    }

    /// Every path there is.
    #[must_use]
    pub fn anything() -> Self {
        Self::start("")
    }

    /// What nobody can say of a path.
    #[must_use]
    pub fn unknown() -> Self {
        Self {
            is_unbounded: true,
            ..Self::of_values(b"", Value::Exact(Vec::new()), Vec::new())
        }
    }

    fn new(written: &[u8], own: Value, value: fn(Vec<u8>) -> Value) -> Self {
        // No path of a request has these, so nothing is before them.
        let is_odd = written.iter().any(|byte| matches!(byte, b'?' | b'#'));
        if is_odd || !written.starts_with(b"/") {
            return Self::of_values(written, own, Vec::new());
        }
        let Some(readings) = PathReadings::of(written) else {
            return Self {
                is_unbounded: true,
                ..Self::of_values(written, own, Vec::new())
            };
        };
        let values = |list: Vec<Vec<u8>>| {
            let list: Vec<Value> = list.into_iter().map(value).collect();
            if list == [own.clone()] {
                Vec::new()
            } else {
                list
            }
        };
        Self {
            any: values(readings.any),
            every: values(readings.every),
            written: written.to_vec(),
            own,
            is_unbounded: false,
        }
    }

    /// The start or the end of a path is no path: only its letters are read in other ways.
    fn of_part(text: &str, value: fn(Vec<u8>) -> Value) -> Self {
        let own = value(text.as_bytes().to_vec());
        let values = part_readings(text.as_bytes());
        let values = values.map(value).to_vec();
        Self::of_values(text.as_bytes(), own, values)
    }

    fn of_values(written: &[u8], own: Value, mut every: Vec<Value>) -> Self {
        every.dedup();
        if every == [own.clone()] {
            every.clear();
        }
        let mut any = every.clone();
        if !any.is_empty() && !any.contains(&own) {
            any.push(own.clone());
        }
        Self {
            written: written.to_vec(),
            own,
            any,
            every,
            is_unbounded: false,
        }
    }

    fn any(&self) -> &[Value] {
        if self.any.is_empty() {
            std::slice::from_ref(&self.own)
        } else {
            &self.any
        }
    }

    fn every(&self) -> &[Value] {
        if self.every.is_empty() {
            std::slice::from_ref(&self.own)
        } else {
            &self.every
        }
    }

    /// Whether it is written as the path is sent, with any fragment, and no pattern: whoever reads one
    /// otherwise reads the other so as well.
    fn is_identical(&self, path: &[u8]) -> bool {
        matches!(self.own, Value::Exact(_)) && self.written == path
    }

    /// Whether nobody reads anything else in it.
    fn is_plain(&self) -> bool {
        self.every.is_empty() && !self.is_unbounded
    }

    /// Whether each reading of it takes some reading of the path: so a path with an escaped slash
    /// in a policy does not take one with a slash.
    fn is_met(&self, path: &RequestPath<'_>) -> bool {
        !self.is_unbounded
            && self.every.iter().all(|value| {
                let readings = path.every();
                readings.is_some_and(|mut all| all.any(|one| value.meets(one, Case::Counts)))
            })
    }

    /// What rules may be looked up by: what it asks for in lower case, and whether that is only
    /// the start of it; none if that cannot be said.
    pub(crate) fn asked(&self) -> Option<Vec<(Vec<u8>, bool)>> {
        let asked = |value: &Value| match value {
            Value::Exact(text) => Some((super::without_final_slashes(text).to_vec(), false)),
            Value::Below(text) => Some((super::without_final_slashes(text).to_vec(), true)),
            Value::Start(text) => Some((text.clone(), true)),
            Value::End(_) | Value::Template(_) | Value::Like(_) => None,
        };
        let all = self.any().iter().map(asked).collect();
        if self.is_unbounded { None } else { all }
    }
}

/// Whether a path is one of these, as Calico reads it: True if Calico's reading matches, and all
/// others do (only Calico's, where the operator says so); Unknown if any reading does.
#[must_use]
pub fn judge_calico<'m>(
    matchers: &(impl Iterator<Item = &'m PathMatcher> + Clone),
    path: &RequestPath<'_>,
) -> Truth {
    let Some(own) = path.normalised() else {
        return Truth::Unknown;
    };
    let is_own = |matcher: &PathMatcher| matcher.own.is(own);
    if path.settings().path == PathReading::Calico && matchers.clone().any(is_own) {
        return Truth::True;
    }
    judge(matchers, path, is_own)
}

/// Whether a path is one of these, byte by byte and in all other readings; Unknown if it is in any.
#[must_use]
pub fn judge_bytes<'m>(
    matchers: &(impl Iterator<Item = &'m PathMatcher> + Clone),
    path: &RequestPath<'_>,
) -> Truth {
    let own = path.before_fragment();
    judge(matchers, path, |matcher| matcher.own.is(own))
}

fn judge<'m>(
    matchers: &(impl Iterator<Item = &'m PathMatcher> + Clone),
    path: &RequestPath<'_>,
    is_own: impl Fn(&PathMatcher) -> bool,
) -> Truth {
    let mut own = false;
    for matcher in matchers.clone().filter(|matcher| is_own(matcher)) {
        let is_plain = path.sent().is_some() && matcher.is_plain();
        if is_plain || matcher.is_identical(path.bytes()) {
            return Truth::True;
        }
        own = true;
    }
    let (Some(mut every), Some(mut any)) = (path.every(), path.any()) else {
        return Truth::Unknown;
    };
    let surely = |reading: &[u8]| {
        let mut met = matchers.clone().filter(|matcher| matcher.is_met(path));
        met.any(|one| {
            one.every()
                .iter()
                .any(|value| value.meets(reading, Case::Counts))
        })
    };
    if own && every.all(surely) {
        return Truth::True;
    }
    let case = if path.settings().quirks.path_case {
        Case::Ignored
    } else {
        Case::Counts
    };
    let perhaps = |reading: &[u8]| {
        matchers
            .clone()
            .any(|one| one.is_unbounded || one.any().iter().any(|value| value.meets(reading, case)))
    };
    if own || any.any(perhaps) {
        Truth::Unknown
    } else {
        Truth::False
    }
}

/// Part of a path as those read it who decode escaped slashes, and as those who keep them.
fn part_readings(text: &[u8]) -> [Vec<u8>; 2] {
    let decoded = decode_but(text, b"").unwrap_or_else(|| text.to_vec());
    [decoded, spelt(text)].map(|text| merge_slashes(&text).unwrap_or(text))
}
