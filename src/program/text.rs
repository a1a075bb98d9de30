//! A rule's clause about a text of the request: method, host, path, header and the like.
//!
//! A text that software behind us may read in several ways is held against all of them: see
//! [`crate::path`]. An Allow needs certainty, and a Deny is met by doubt.

use super::condition::{Context, write_both};
use crate::model::{MetadataShape, Pattern, Subject};
use crate::path::Class;
use crate::regex::ValueMatcher;
use crate::request::{Found, Http};
use crate::truth::Truth;
use std::fmt;

/// A clause about a text, with its expressions compiled.
#[derive(Debug)]
pub struct TextCondition {
    subject: Subject,
    any: Vec<Matcher>,
    none: Vec<Matcher>,
}

/// A pattern that is ready to be asked.
#[derive(Debug)]
pub(super) struct Matcher {
    pattern: Pattern,
    /// The expression, compiled; loading rules out that it cannot be.
    regex: Option<ValueMatcher>,
}

impl TextCondition {
    pub(super) fn compile(subject: &Subject, any: &[Pattern], none: &[Pattern]) -> Self {
        let compile = |patterns: &[Pattern]| patterns.iter().map(Matcher::compile).collect();
        Self {
            subject: subject.clone(),
            any: compile(any),
            none: compile(none),
        }
    }

    /// The field of the rule it comes from.
    #[must_use]
    pub fn field(&self) -> &'static str {
        match &self.subject {
            Subject::Method => "method",
            Subject::Host | Subject::Authority => "host",
            Subject::Path | Subject::Target => "path",
            Subject::Header(_) | Subject::SoleHeader(_) => "header",
            Subject::ServerName => "server name",
            Subject::Metadata(..) => "metadata",
            Subject::Domain => "domain",
        }
    }

    /// What it asks filters ahead of ours for.
    pub(super) fn metadata(&self) -> Option<&Vec<String>> {
        if let Subject::Metadata(path, _) = &self.subject {
            Some(path)
        } else {
            None
        }
    }

    /// Which text it asks about.
    #[must_use]
    pub fn subject(&self) -> &Subject {
        &self.subject
    }

    /// What it must be; nothing where anything will do.
    pub(super) fn wanted(&self) -> impl Iterator<Item = &Pattern> {
        self.any.iter().map(|one| &one.pattern)
    }

    /// Whether the text is as the clause asks.
    #[must_use]
    pub fn judge(&self, context: &Context<'_>) -> Truth {
        let request = context.request;
        match &self.subject {
            Subject::ServerName => self.judge_plain(request.server_name),
            Subject::Metadata(path, shape) => self.judge_metadata(path, *shape, context),
            Subject::Domain => self.judge_domain(context),
            Subject::Method
            | Subject::Host
            | Subject::Authority
            | Subject::Path
            | Subject::Target
            | Subject::Header(_)
            | Subject::SoleHeader(_) => match request.http {
                Some(http) => self.judge_http(&http, context),
                // A plain connection may carry anything.
                None => Truth::Unknown,
            },
        }
    }

    fn judge_http(&self, http: &Http<'_>, context: &Context<'_>) -> Truth {
        let others = || context.other_readings();
        match &self.subject {
            Subject::Method => self.judge_known(http.method),
            Subject::Authority => self.judge_known(http.authority),
            Subject::Host => self.judge_host(http.authority),
            Subject::Path => self.judge_path(http.path, others()),
            Subject::Target => self.judge_target(http.path, others()),
            Subject::Header(name) => self.judge_lines(&http.lines(name)),
            Subject::SoleHeader(name) => self.judge_sole(&http.lines(name)),
            Subject::ServerName | Subject::Metadata(..) | Subject::Domain => Truth::Unknown,
        }
    }

    /// A text that every HTTP request has; without it nothing is certain.
    fn judge_known(&self, text: Option<&[u8]>) -> Truth {
        text.map_or(Truth::Unknown, |text| self.judge_plain(Some(text)))
    }

    /// A text with one reading; none is like no pattern.
    fn judge_plain(&self, text: Option<&[u8]>) -> Truth {
        Truth::from(self.holds(text))
    }

    fn holds(&self, text: Option<&[u8]>) -> bool {
        let is_one = |matchers: &[Matcher]| {
            text.is_some_and(|text| matchers.iter().any(|one| one.matches(text)))
        };
        (self.any.is_empty() || is_one(&self.any)) && !is_one(&self.none)
    }

    /// The authority as it is decides an Allow; without port, or the dot at its end, it may mean
    /// the same to others (istio.md section 9 row 3).
    fn judge_host(&self, authority: Option<&[u8]>) -> Truth {
        let Some(authority) = authority else {
            return Truth::Unknown;
        };
        let host = authority.to_ascii_lowercase();
        let bare = without_port(&host);
        let undotted = bare.strip_suffix(b".").unwrap_or(bare);
        let others = [bare, undotted];
        let is_one = |matchers: &[Matcher]| {
            let holds = |text: &[u8]| matchers.iter().any(|one| one.matches_lower(text));
            match (holds(&host), others.iter().any(|other| holds(other))) {
                (true, _) => Truth::True,
                (false, true) => Truth::Unknown,
                (false, false) => Truth::False,
            }
        };
        // What is excluded must be no reading at all.
        self.both(is_one)
    }

    /// A path is held against all readings of it. An exact path that is met byte by byte is what
    /// its author wrote, however others may read it.
    fn judge_path(&self, raw: Option<&[u8]>, others: Option<&[Vec<u8>]>) -> Truth {
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
    fn judge_target(&self, raw: Option<&[u8]>, others: Option<&[Vec<u8>]>) -> Truth {
        let Some(raw) = raw else {
            return Truth::Unknown;
        };
        let (_, query) = split_path(raw);
        let Some(readings) = others else {
            return Truth::Unknown;
        };
        let others = readings
            .iter()
            .map(|reading| self.holds(Some(&[reading, query].concat())));
        let sent = [self.holds(Some(raw))];
        Truth::agreed(sent.into_iter().chain(others))
    }

    /// What must be, if anything must, and nothing of what must not.
    fn both(&self, is_one: impl Fn(&[Matcher]) -> Truth) -> Truth {
        let any = if self.any.is_empty() {
            Truth::True
        } else {
            is_one(&self.any)
        };
        let none = if self.none.is_empty() {
            Truth::False
        } else {
            is_one(&self.none)
        };
        any.and(none.negate())
    }

    /// Every line of a header on its own (design invariant 8).
    fn judge_lines<'l>(&self, lines: &(impl Iterator<Item = &'l [u8]> + Clone)) -> Truth {
        let is_one = |matchers: &[Matcher]| {
            super::header::judge_lines(lines.clone(), &|line| {
                matchers.iter().any(|one| one.matches_line(line))
            })
        };
        self.both(is_one)
    }

    /// Several lines are one value to some, joined by commas, and many to others: only that there
    /// are any is certain.
    fn judge_sole<'l>(&self, lines: &(impl Iterator<Item = &'l [u8]> + Clone)) -> Truth {
        let only_presence = |matchers: &[Matcher]| {
            let is_present = |one: &Matcher| one.pattern == Pattern::Present;
            matchers.iter().all(is_present)
        };
        match lines.clone().take(2).count() {
            0 => self.judge_plain(None),
            1 => self.judge_lines(lines),
            _several if only_presence(&self.any) && only_presence(&self.none) => {
                self.judge_lines(lines)
            }
            _several => Truth::Unknown,
        }
    }

    /// Of a list one element is enough, for values and for their `not` twins.
    fn judge_metadata(
        &self,
        path: &[String],
        shape: MetadataShape,
        context: &Context<'_>,
    ) -> Truth {
        let of_token = path.first().is_some_and(|filter| filter == TOKEN_FILTER);
        if of_token && context.request.http.is_none() {
            return Truth::Unknown;
        }
        let texts = match (context.request.metadata.at(path), shape) {
            (Found::Other, _) => return Truth::Unknown,
            (Found::Text(text), MetadataShape::Text | MetadataShape::TextOrList) => {
                std::slice::from_ref(text)
            }
            (Found::List(items), MetadataShape::List | MetadataShape::TextOrList) => items,
            (Found::Nothing, _)
            | (Found::Text(_), MetadataShape::List)
            | (Found::List(_), MetadataShape::Text) => &[],
        };
        self.both(|matchers| {
            let is_one = |text: &Vec<u8>| matchers.iter().any(|one| one.matches(text));
            Truth::from(texts.iter().any(is_one))
        })
    }

    fn judge_domain(&self, context: &Context<'_>) -> Truth {
        let request = context.request;
        let authority = request.http.and_then(|http| http.authority);
        let asked = request
            .server_name
            .or(authority)
            .map(<[u8]>::to_ascii_lowercase);
        let Some(asked) = asked.filter(|_| request.trusts_domain) else {
            return Truth::Unknown;
        };
        let bare = without_port(&asked);
        self.judge_plain(Some(bare.strip_suffix(b".").unwrap_or(bare)))
    }
}

/// The filter of Envoy that verifies tokens, and the name of what it writes.
pub(super) const TOKEN_FILTER: &str = "envoy.filters.http.jwt_authn";

/// A path, and its query or fragment.
fn split_path(raw: &[u8]) -> (&[u8], &[u8]) {
    let cut = raw.iter().position(|byte| matches!(byte, b'?' | b'#'));
    raw.split_at(cut.unwrap_or(raw.len()))
}

/// `host` of `host:port`; the colons of an address are no port.
pub(super) fn without_port(host: &[u8]) -> &[u8] {
    let end = host.iter().rposition(|byte| *byte == b':');
    let Some((name, port)) = end.and_then(|end| host.split_at_checked(end)) else {
        return host;
    };
    let port = port.strip_prefix(b":").unwrap_or_default();
    let is_port = !port.is_empty() && port.iter().all(u8::is_ascii_digit);
    let is_name = !name.contains(&b':') || name.ends_with(b"]");
    if is_port && is_name { name } else { host }
}

impl Matcher {
    pub(super) fn compile(pattern: &Pattern) -> Self {
        let regex = match pattern {
            Pattern::Regex(regex) => regex.matcher().ok(),
            Pattern::Present
            | Pattern::Exact(_)
            | Pattern::Prefix(_)
            | Pattern::Suffix(_)
            | Pattern::Template(_) => None,
        };
        Self {
            pattern: pattern.clone(),
            regex,
        }
    }

    pub(super) fn matches(&self, text: &[u8]) -> bool {
        match &self.pattern {
            Pattern::Present => !text.is_empty(),
            Pattern::Exact(wanted) => text == wanted.as_bytes(),
            Pattern::Prefix(start) => text.starts_with(start.as_bytes()),
            Pattern::Suffix(end) => text.ends_with(end.as_bytes()),
            Pattern::Regex(_) => self.regex.as_ref().is_some_and(|regex| regex.matches(text)),
            Pattern::Template(template) => template.matches(text, Class::Envoy),
        }
    }

    /// Whether it is this text and no pattern.
    fn is_exactly(&self, text: &[u8]) -> bool {
        matches!(&self.pattern, Pattern::Exact(wanted) if wanted.as_bytes() == text)
    }

    /// Whether others might say that the text matches: a template leaves out bytes that a segment
    /// may have all the same (istio.md 1.5).
    fn may_match(&self, text: &[u8]) -> bool {
        if let Pattern::Template(template) = &self.pattern {
            template.matches(text, Class::Any)
        } else {
            self.matches(text)
        }
    }

    /// The same where case does not count; the text is in lower case.
    fn matches_lower(&self, text: &[u8]) -> bool {
        let part = |part: &str, of: Option<&[u8]>| {
            of.is_some_and(|of| of.eq_ignore_ascii_case(part.as_bytes()))
        };
        match &self.pattern {
            Pattern::Exact(wanted) => part(wanted, Some(text)),
            Pattern::Prefix(start) => part(start, text.get(..start.len())),
            Pattern::Suffix(end) => {
                let from = text.len().checked_sub(end.len());
                part(end, from.and_then(|from| text.get(from..)))
            }
            Pattern::Present | Pattern::Regex(_) | Pattern::Template(_) => self.matches(text),
        }
    }

    /// The same of a line of a header, which is there even if it is empty.
    fn matches_line(&self, line: &[u8]) -> bool {
        self.pattern == Pattern::Present || self.matches(line)
    }
}

impl fmt::Display for Matcher {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.pattern {
            Pattern::Present => f.write_str("*"),
            Pattern::Exact(text) => f.write_str(text),
            Pattern::Prefix(start) => write!(f, "{start}*"),
            Pattern::Suffix(end) => write!(f, "*{end}"),
            Pattern::Regex(regex) => write!(f, "/{}/", regex.as_str()),
            Pattern::Template(template) => f.write_str(template.as_str()),
        }
    }
}

impl fmt::Display for TextCondition {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.subject {
            Subject::Header(name) | Subject::SoleHeader(name) => write!(f, "{name} ")?,
            Subject::Metadata(path, _) => write!(f, "{} ", path.join("."))?,
            Subject::Method
            | Subject::Host
            | Subject::Authority
            | Subject::Path
            | Subject::Target
            | Subject::ServerName
            | Subject::Domain => {}
        }
        let text = ToString::to_string;
        write_both(f, self.any.iter().map(text), self.none.iter().map(text))
    }
}
