//! The parts of a request that rules are filed under, and the texts in them.

use crate::model::{Pattern, Subject};
use crate::path::PathKind;
use crate::program::filing::{Text, TextHash};
use crate::program::text::without_port;
use crate::program::{Condition, Context};
use crate::terms::HeaderOperator;

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
                let bare = without_port(authority);
                let undotted = bare.strip_suffix(b".").unwrap_or(bare);
                look(authority);
                if bare.len() < authority.len() {
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
}

impl<Name> Part<Name> {
    /// Whether what a text starts with may end before this byte: in a path of Calico's only before
    /// a slash.
    pub(super) fn may_end_before(&self, byte: u8) -> bool {
        match self {
            Self::Path => byte == b'/',
            Self::SentPath | Self::Header(_) | Self::Host | Self::Method => true,
        }
    }

    /// The byte as it is compared: in hosts, case does not count.
    pub(super) fn folded(&self, byte: u8) -> u8 {
        match self {
            Self::Host => byte.to_ascii_lowercase(),
            Self::Path | Self::SentPath | Self::Header(_) | Self::Method => byte,
        }
    }

    fn asks(&self, text: &[u8], is_prefix: bool) -> Text {
        let mut hash = TextHash::default();
        text.iter().for_each(|byte| hash.add(self.folded(*byte)));
        let (hash, prefix) = if is_prefix {
            (hash.of_prefix(), Some(text.len()))
        } else {
            (hash.of_whole(), None)
        };
        Text { hash, prefix }
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

/// Which texts a clause asks for, and of what; none if it asks for anything else than some texts.
pub(super) fn asked(condition: &Condition) -> Option<(Part<&str>, Vec<Text>)> {
    let (part, texts): (_, Option<Vec<Text>>) = match condition {
        Condition::Methods(methods) => (Part::Method, all(Part::Method, methods, false)),
        Condition::Paths(patterns) => {
            let patterns = patterns.iter().flatten();
            let texts = patterns.map(|pattern| {
                let is_prefix = match pattern.kind() {
                    PathKind::Exact => false,
                    PathKind::Prefix => true,
                };
                Part::Path::<&str>.asks(without_slash(pattern.path()), is_prefix)
            });
            (Part::Path, Some(texts.collect()))
        }
        Condition::Header(header) => {
            let clause = header.clause();
            let part = Part::Header(clause.header.as_str());
            match &clause.operator {
                HeaderOperator::In(values) => (part, all(part, values, false)),
                HeaderOperator::HasPrefix(values) => (part, all(part, values, true)),
                HeaderOperator::Exists
                | HeaderOperator::DoesNotExist
                | HeaderOperator::HasSuffix(_)
                | HeaderOperator::NotIn(_)
                | HeaderOperator::MatchesRegex(_) => return None,
            }
        }
        Condition::Text(text) => {
            let part = of_subject(text.subject())?;
            let texts = text.wanted().map(|pattern| of_pattern(part, pattern));
            (part, texts.collect())
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
    let names_texts = |texts: &Vec<Text>| {
        let asks_for_all = texts.iter().any(|text| text.prefix == Some(0));
        !texts.is_empty() && !asks_for_all
    };
    Some((part, texts.filter(names_texts)?))
}

fn of_subject(subject: &Subject) -> Option<Part<&str>> {
    match subject {
        Subject::Method => Some(Part::Method),
        Subject::Host => Some(Part::Host),
        Subject::Path => Some(Part::SentPath),
        Subject::Header(name) => Some(Part::Header(name.as_str())),
        Subject::Authority
        | Subject::Target
        | Subject::SoleHeader(_)
        | Subject::ServerName
        | Subject::Metadata(..)
        | Subject::Domain => None,
    }
}

fn all(part: Part<&str>, texts: &[String], is_prefix: bool) -> Option<Vec<Text>> {
    let texts = texts.iter();
    Some(
        texts
            .map(|text| part.asks(text.as_bytes(), is_prefix))
            .collect(),
    )
}

fn of_pattern(part: Part<&str>, pattern: &Pattern) -> Option<Text> {
    match pattern {
        Pattern::Exact(text) => Some(part.asks(text.as_bytes(), false)),
        Pattern::Prefix(text) => Some(part.asks(text.as_bytes(), true)),
        Pattern::Present | Pattern::Suffix(_) | Pattern::Regex(_) | Pattern::Template(_) => None,
    }
}

fn without_slash(path: &[u8]) -> &[u8] {
    path.strip_suffix(b"/").unwrap_or(path)
}
