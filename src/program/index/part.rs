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
    // Each with whether it is only the start of what is asked for.
    let mut texts: Vec<(&[u8], bool)> = Vec::new();
    let mut add = |text, is_prefix| texts.push((text, is_prefix));
    let part = match condition {
        Condition::Methods(methods) => {
            let methods = methods.iter();
            methods.for_each(|method| add(method.as_bytes(), false));
            Part::Method
        }
        Condition::Paths(patterns) => {
            for pattern in patterns.iter().flatten() {
                let is_prefix = match pattern.kind() {
                    PathKind::Exact => false,
                    PathKind::Prefix => true,
                };
                add(without_slash(pattern.path()), is_prefix);
            }
            Part::Path
        }
        Condition::Header(header) => {
            let clause = header.clause();
            let (values, is_prefix) = of_header(&clause.operator)?;
            let values = values.iter();
            values.for_each(|value| add(value.as_bytes(), is_prefix));
            Part::Header(clause.header.as_str())
        }
        Condition::Text(text) => {
            for pattern in text.wanted() {
                match pattern {
                    Pattern::Exact(text) => add(text.as_bytes(), false),
                    Pattern::Prefix(text) => add(text.as_bytes(), true),
                    Pattern::Present
                    | Pattern::Suffix(_)
                    | Pattern::Regex(_)
                    | Pattern::Template(_) => return None,
                }
            }
            of_subject(text.subject())?
        }
        Condition::Protocol(_)
        | Condition::NotProtocol(_)
        | Condition::OwnNets(_)
        | Condition::OwnNotNets(_)
        | Condition::OwnAddress(_)
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
    if texts.is_empty() || texts.contains(&(b"", true)) {
        return None;
    }
    let asks = |(text, is_prefix)| part.asks(text, is_prefix);
    Some((part, texts.into_iter().map(asks).collect()))
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

/// The values a header may have, or start with.
fn of_header(operator: &HeaderOperator) -> Option<(&[String], bool)> {
    match operator {
        HeaderOperator::In(values) => Some((values, false)),
        HeaderOperator::HasPrefix(values) => Some((values, true)),
        HeaderOperator::Exists
        | HeaderOperator::DoesNotExist
        | HeaderOperator::HasSuffix(_)
        | HeaderOperator::NotIn(_)
        | HeaderOperator::MatchesRegex(_) => None,
    }
}

fn without_slash(path: &[u8]) -> &[u8] {
    path.strip_suffix(b"/").unwrap_or(path)
}
