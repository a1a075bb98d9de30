//! A rule's clause about who a token was issued to (istio.md 1.4, `requestPrincipals`).
//!
//! Tokens are verified by Envoy's own filter ahead of ours; what it wrote is all that is asked.

use super::condition::{Context, write_both};
use super::text::{Matcher, TOKEN_FILTER};
use crate::model::Pattern;
use crate::request::Found;
use crate::truth::Truth;
use std::fmt;

/// Issuer and subject of a verified token.
#[derive(Debug)]
pub struct TokenCondition {
    any: Vec<(Matcher, Matcher)>,
    none: Vec<(Matcher, Matcher)>,
    issuer: Vec<String>,
    subject: Vec<String>,
}

impl TokenCondition {
    pub(super) fn compile(any: &[(Pattern, Pattern)], none: &[(Pattern, Pattern)]) -> Self {
        let compile = |patterns: &[(Pattern, Pattern)]| {
            let pairs = patterns.iter();
            pairs
                .map(|(issuer, subject)| (Matcher::compile(issuer), Matcher::compile(subject)))
                .collect()
        };
        let claim = |name: &str| [TOKEN_FILTER, "payload", name].map(str::to_owned).to_vec();
        Self {
            any: compile(any),
            none: compile(none),
            issuer: claim("iss"),
            subject: claim("sub"),
        }
    }

    /// What it asks filters ahead of ours for.
    pub(super) fn metadata(&self) -> [&Vec<String>; 2] {
        [&self.issuer, &self.subject]
    }

    /// Whether the token is as the clause asks; without one no pattern matches.
    #[must_use]
    pub fn judge(&self, context: &Context<'_>) -> Truth {
        if context.request.http.is_none() {
            return Truth::Unknown;
        }
        let metadata = context.request.metadata;
        let (issuer, subject) = match (metadata.at(&self.issuer), metadata.at(&self.subject)) {
            (Found::Other, _) | (_, Found::Other) => return Truth::Unknown,
            (Found::Text(issuer), Found::Text(subject)) => (issuer, subject),
            // No token, or none that says whom it is for.
            _ => return Truth::from(self.any.is_empty()),
        };
        let work = &context.work;
        let judge =
            |(of, to): &(Matcher, Matcher)| of.judge(issuer, work).and(to.judge(subject, work));
        let one_of = |pairs: &[(Matcher, Matcher)]| {
            let judged = pairs.iter().map(judge);
            judged.fold(Truth::False, Truth::or)
        };
        let any = match self.any.is_empty() {
            true => Truth::True,
            false => one_of(&self.any),
        };
        any.and(one_of(&self.none).negate())
    }
}

impl fmt::Display for TokenCondition {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let text = |(issuer, subject): &(Matcher, Matcher)| format!("{issuer}/{subject}");
        write_both(f, self.any.iter().map(text), self.none.iter().map(text))
    }
}
