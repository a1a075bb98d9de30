//! The parts of a request that rules are filed under, and the texts in them.

use crate::model::{Pattern, Subject};
use crate::path::PathKind;
use crate::program::text::without_port;
use crate::program::{Condition, Context};
use crate::terms::HeaderOperator;
use std::borrow::Cow;

/// A part of a request; `Name` is the name of a header.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Part<Name = String> {
    /// The path as Calico reads it, without the slash at its end.
    Path,
    /// The bytes of the path.
    SentPath,
    /// The lines of a header, and their elements.
    Header(Name),
    /// The authority in lower case, and what it means without port and dot.
    Host,
    /// The method.
    Method,
}

/// What a clause asks for: texts, and whether each is only the start of what it must be.
pub(super) type Asked<'p> = (Part<&'p str>, Vec<(Cow<'p, [u8]>, bool)>);

impl Part {
    /// Shows each text there is to `look`; false if it is not certain which there are.
    pub(super) fn texts(&self, context: &Context<'_>, look: &mut dyn FnMut(&[u8])) -> bool {
        let Some(http) = context.request.http else {
            return false;
        };
        match self {
            Self::Path => {
                let path = context.only_path();
                path.map(without_slash).map(look).is_some()
            }
            Self::SentPath => context.sent_path().map(look).is_some(),
            Self::Method => http.method.map(look).is_some(),
            Self::Host => {
                let Some(authority) = http.authority else {
                    return false;
                };
                let host = lower(authority);
                let bare = without_port(&host);
                let undotted = bare.strip_suffix(b".").unwrap_or(bare);
                look(&host);
                if bare.len() < host.len() {
                    look(bare);
                }
                if undotted.len() < bare.len() {
                    look(undotted);
                }
                true
            }
            Self::Header(name) => {
                for line in http.lines(name) {
                    look(line);
                    if line.contains(&b',') {
                        let elements = line.split(|byte| *byte == b',');
                        elements.map(<[u8]>::trim_ascii).for_each(&mut *look);
                    }
                }
                true
            }
        }
    }

    /// Whether a text that goes on like this starts with what comes before: a path of Calico's
    /// goes on with a segment, other texts with anything.
    pub(super) fn ends_before(&self, more: &[u8]) -> bool {
        match self {
            Self::Path => more.starts_with(b"/"),
            Self::SentPath | Self::Header(_) | Self::Host | Self::Method => true,
        }
    }
}

impl Part<&str> {
    pub(super) fn to_owned(self) -> Part {
        match self {
            Self::Path => Part::Path,
            Self::SentPath => Part::SentPath,
            Self::Header(name) => Part::Header(name.to_owned()),
            Self::Host => Part::Host,
            Self::Method => Part::Method,
        }
    }
}

/// What a clause asks for; none if it asks for anything else than some texts.
pub(super) fn asked(condition: &Condition) -> Option<Asked<'_>> {
    let (part, texts) = match condition {
        Condition::Methods(methods) => (Part::Method, whole(methods)),
        Condition::Paths(patterns) => {
            let patterns = patterns.iter().flatten();
            let texts = patterns.map(|pattern| {
                let is_prefix = match pattern.kind() {
                    PathKind::Exact => false,
                    PathKind::Prefix => true,
                };
                (Cow::Borrowed(without_slash(pattern.path())), is_prefix)
            });
            (Part::Path, texts.collect())
        }
        Condition::Header(header) => {
            let clause = header.clause();
            let texts = match &clause.operator {
                HeaderOperator::In(values) => whole(values),
                HeaderOperator::HasPrefix(values) => {
                    let starts = whole(values).into_iter();
                    starts.map(|(text, _)| (text, true)).collect()
                }
                HeaderOperator::Exists
                | HeaderOperator::DoesNotExist
                | HeaderOperator::HasSuffix(_)
                | HeaderOperator::NotIn(_)
                | HeaderOperator::MatchesRegex(_) => return None,
            };
            (Part::Header(clause.header.as_str()), texts)
        }
        Condition::Text(text) => {
            let part = match text.subject() {
                Subject::Method => Part::Method,
                Subject::Host => Part::Host,
                Subject::Path => Part::SentPath,
                Subject::Header(name) => Part::Header(name.as_str()),
                Subject::Authority
                | Subject::Target
                | Subject::SoleHeader(_)
                | Subject::ServerName
                | Subject::Metadata(..)
                | Subject::Domain => return None,
            };
            let texts = text.wanted().map(|pattern| pattern_text(part, pattern));
            (part, texts.collect::<Option<Vec<_>>>()?)
        }
        Condition::Protocol(_)
        | Condition::NotProtocol(_)
        | Condition::OwnNets(_)
        | Condition::OwnNotNets(_)
        | Condition::SourcePorts(_)
        | Condition::SourceNotPorts(_)
        | Condition::Ports(_)
        | Condition::NotPorts(_)
        | Condition::Http
        | Condition::Token(_)
        | Condition::PortRanges(..)
        | Condition::LocalNets(..)
        | Condition::RemoteNets(..)
        | Condition::AnyOf(_) => return None,
    };
    // What starts with nothing is every text.
    let asks_for_all = texts
        .iter()
        .any(|(text, is_prefix)| *is_prefix && text.is_empty());
    (!texts.is_empty() && !asks_for_all).then_some((part, texts))
}

fn whole(texts: &[String]) -> Vec<(Cow<'_, [u8]>, bool)> {
    let texts = texts.iter();
    texts
        .map(|text| (Cow::Borrowed(text.as_bytes()), false))
        .collect()
}

fn pattern_text<'p>(part: Part<&str>, pattern: &'p Pattern) -> Option<(Cow<'p, [u8]>, bool)> {
    let (text, is_prefix) = match pattern {
        Pattern::Exact(text) => (text, false),
        Pattern::Prefix(text) => (text, true),
        Pattern::Present | Pattern::Suffix(_) | Pattern::Regex(_) | Pattern::Template(_) => {
            return None;
        }
    };
    let text = if part == Part::Host {
        lower(text.as_bytes())
    } else {
        Cow::Borrowed(text.as_bytes())
    };
    Some((text, is_prefix))
}

fn lower(text: &[u8]) -> Cow<'_, [u8]> {
    if text.iter().any(u8::is_ascii_uppercase) {
        Cow::Owned(text.to_ascii_lowercase())
    } else {
        Cow::Borrowed(text)
    }
}

fn without_slash(path: &[u8]) -> &[u8] {
    path.strip_suffix(b"/").unwrap_or(path)
}
