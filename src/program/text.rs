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

pub(super) use self::host::without_port;
pub(super) use self::matcher::Matcher;
pub(super) use self::metadata::TOKEN_FILTER;

use super::condition::Context;
use crate::model::{Pattern, Subject};
use crate::request::Http;
use crate::truth::Truth;

/// A clause about a text, with its expressions compiled.
#[derive(Debug)]
pub struct TextCondition {
    subject: Subject,
    any: Vec<Matcher>,
    none: Vec<Matcher>,
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
            Subject::ServerName => self.judge_plain(request.server_name, context),
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
            Subject::Method => self.judge_known(http.method, context),
            Subject::Authority => self.judge_known(http.authority, context),
            Subject::Host => self.judge_host(http.authority),
            Subject::Path => self.judge_path(http.path, others()),
            Subject::Target => self.judge_target(http.path, others(), context),
            Subject::Header(name) => self.judge_lines(&http.lines(name)),
            Subject::SoleHeader(name) => self.judge_sole(&http.lines(name)),
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
}
