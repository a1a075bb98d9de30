//! A rule's clause about a text of the request: method, host, path, header and the like.
//!
//! A text that software behind us may read in several ways is held against all of them: see
//! [`crate::path`]. An Allow needs certainty, and a Deny is met by doubt.

mod display;
mod host;
mod lines;
mod matcher;
mod metadata;
mod path;

pub(super) use self::matcher::Matcher;
pub(super) use self::metadata::TOKEN_FILTER;

use super::condition::Context;
use crate::case::Case;
use crate::model::{Pattern, Subject};
use crate::path::PathMatcher;
use crate::request::Http;
use crate::truth::Truth;

/// A clause about a text, with its expressions compiled.
#[derive(Debug)]
pub struct TextCondition {
    subject: Subject,
    any: Vec<Matcher>,
    none: Vec<Matcher>,
    /// The same, where it is about a path.
    paths: Option<Paths>,
}

/// What a path must be, and must not.
#[derive(Debug)]
pub(super) struct Paths {
    pub(super) any: Vec<PathMatcher>,
    pub(super) none: Vec<PathMatcher>,
}

impl TextCondition {
    pub(super) fn compile(subject: &Subject, any: &[Pattern], none: &[Pattern]) -> Self {
        let compile = |patterns: &[Pattern]| patterns.iter().map(Matcher::compile).collect();
        Self {
            subject: subject.clone(),
            any: compile(any),
            none: compile(none),
            paths: (*subject == Subject::Path).then(|| Paths {
                any: any.iter().map(path::matcher).collect(),
                none: none.iter().map(path::matcher).collect(),
            }),
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

    /// What a path must be; nothing where any will do.
    pub(super) fn wanted_paths(&self) -> impl Iterator<Item = &PathMatcher> {
        self.paths.iter().flat_map(|paths| &paths.any)
    }

    /// Whether the text is as the clause asks.
    #[must_use]
    pub fn judge(&self, context: &Context<'_>) -> Truth {
        let request = context.request;
        match &self.subject {
            Subject::ServerName => self.judge_server_name(request.server_name, context),
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
        let readings = &context.request.readings;
        match &self.subject {
            Subject::Method => self.judge_method(http.method, context),
            Subject::Authority => self.judge_known(http.authority, context),
            Subject::Host => self.judge_host(http.authority, readings),
            Subject::Path => self.judge_path(context),
            Subject::Target => self.judge_target(context),
            Subject::Header(name) => self.judge_header(http, name, context),
            Subject::SoleHeader(name) => self.judge_sole(http, name, readings),
            Subject::ServerName | Subject::Metadata(..) | Subject::Domain => Truth::Unknown,
        }
    }

    /// A text that every HTTP request has; without it nothing is certain.
    fn judge_known(&self, text: Option<&[u8]>, context: &Context<'_>) -> Truth {
        text.map_or(Truth::Unknown, |text| self.judge_plain(Some(text), context))
    }

    /// A text with one reading; none is like no pattern.
    fn judge_plain(&self, text: Option<&[u8]>, context: &Context<'_>) -> Truth {
        self.both_judged(|matchers| {
            text.map_or(Truth::False, |text| {
                Truth::any(matchers.iter().map(|one| one.judge(text, &context.work)))
            })
        })
    }

    /// What must be, if anything must, and nothing of what must not. No dialect has expressions over
    /// the texts that are judged so: among them nothing would be certain.
    fn both(&self, is_one: impl Fn(&[Matcher]) -> Truth) -> Truth {
        self.both_judged(|matchers| {
            if matchers.iter().any(Matcher::is_expression) {
                Truth::Unknown
            } else {
                is_one(matchers)
            }
        })
    }

    /// The same where expressions are judged.
    fn both_judged(&self, is_one: impl Fn(&[Matcher]) -> Truth) -> Truth {
        both(&self.any, &self.none, is_one)
    }

    /// A method as it is decides an Allow; some frameworks take it in any case. What an expression
    /// says is about the bytes alone: it stands in rules that allow.
    fn judge_method(&self, method: Option<&[u8]>, context: &Context<'_>) -> Truth {
        let Some(method) = method else {
            return Truth::Unknown;
        };
        self.both_judged(|matchers| {
            let as_sent = |one: &Matcher| {
                if one.pattern == Pattern::Present {
                    return Truth::True;
                }
                one.judge(method, &context.work)
            };
            let in_any_case = |one: &Matcher| one.matches_line(method, Case::Ignored);
            let is_folded = context.request.readings.quirks.method_case;
            let perhaps = is_folded && matchers.iter().any(in_any_case);
            let judged = matchers.iter().map(as_sent);
            judged.fold(Truth::from(perhaps).and(Truth::Unknown), Truth::or)
        })
    }

    /// The server name of a handshake; none, or an empty one, is like no pattern. Envoy hands it on
    /// in lower case. One that policy spells otherwise is never met there, and is meant all the same.
    fn judge_server_name(&self, name: Option<&[u8]>, context: &Context<'_>) -> Truth {
        let name = name.filter(|name| !name.is_empty());
        let Some(name) = name.map(<[u8]>::to_ascii_lowercase) else {
            return self.judge_plain(None, context);
        };
        self.both_judged(|matchers| {
            let judged = matchers.iter().map(|one| one.judge(&name, &context.work));
            let in_any_case = |one: &Matcher| one.matches_line(&name, Case::Ignored);
            let perhaps = Truth::from(matchers.iter().any(in_any_case)).and(Truth::Unknown);
            judged.fold(perhaps, Truth::or)
        })
    }

    /// A header; that of a pseudo-header is judged as what it stands for.
    fn judge_header(&self, http: &Http<'_>, name: &str, context: &Context<'_>) -> Truth {
        let readings = &context.request.readings;
        let truth = self.judge_lines(http, name, readings);
        let as_meant = match name {
            ":method" => self.judge_method(http.method, context),
            ":path" => self.judge_target(context),
            _other => return truth,
        };
        if as_meant == truth {
            truth
        } else {
            Truth::Unknown
        }
    }
}

/// What must be, if anything must, and nothing of what must not.
fn both<M>(any: &[M], none: &[M], is_one: impl Fn(&[M]) -> Truth) -> Truth {
    let any = if any.is_empty() {
        Truth::True
    } else {
        is_one(any)
    };
    let none = if none.is_empty() {
        Truth::False
    } else {
        is_one(none)
    };
    any.and(none.negate())
}
