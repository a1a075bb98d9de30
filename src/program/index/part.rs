//! The parts of a request that rules are filed under, and the texts in them.

use crate::authority;
use crate::model::{Pattern, Subject};
use crate::program::filing::{Text, TextHash};
use crate::program::{Condition, Context};
use crate::request::is_authority;
use crate::terms::HeaderOperator;
use crate::truth::Truth;

/// A part of a request; `Name` is the name of a header.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Part<Name = String> {
    /// The path, in any case, with the slash at its end and without. Prefixes of Calico's end at a
    /// slash: a rule too many is found where others do not.
    Path,
    /// The lines of a header, of every spelling of its name, and their elements.
    Header(Name),
    /// The authority, in any case, and what else may be the host in it.
    Host,
    /// The method, in any case.
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
                let Some(path) = context.sent_path() else {
                    return false;
                };
                look(path);
                if let Some(short) = path.strip_suffix(b"/") {
                    look(short);
                }
                true
            }
            Self::Method => http.method.map(look).is_some(),
            Self::Host => {
                let Some(authority) = http.authority else {
                    return false;
                };
                look(authority);
                let nothing = |host: &[u8]| {
                    look(host);
                    false
                };
                authority::judge_others(authority, nothing) != Truth::Unknown
            }
            Self::Header(name) => {
                for line in http.lines(name).chain(http.underscored_lines(name)) {
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
    /// The byte as it is compared: case counts in headers alone.
    pub(super) fn folded(&self, byte: u8) -> u8 {
        match self {
            Self::Path | Self::Host | Self::Method => byte.to_ascii_lowercase(),
            Self::Header(_) => byte,
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
            Self::Header(name) => Part::Header(name.to_owned()),
            Self::Host => Part::Host,
            Self::Method => Part::Method,
        }
    }
}

/// Which texts a clause asks for, and of what; none if it asks for anything else than some texts.
pub(super) fn asked(condition: &Condition) -> Option<(Part<&str>, Vec<Text>)> {
    // Each with whether it is only the start of what is asked for.
    let mut texts: Vec<(Vec<u8>, bool)> = Vec::new();
    let mut add = |text: &[u8], is_prefix| texts.push((text.to_vec(), is_prefix));
    let part = match condition {
        Condition::Methods(methods) => {
            let methods = methods.iter();
            methods.for_each(|method| add(method.as_bytes(), false));
            Part::Method
        }
        Condition::Paths(patterns) => {
            for (_, matcher) in patterns {
                texts.extend(matcher.asked()?);
            }
            Part::Path
        }
        Condition::Header(header) => {
            let clause = header.clause();
            // A host has other forms.
            if is_authority(&clause.header) {
                return None;
            }
            let (values, is_prefix) = of_header(&clause.operator)?;
            let values = values.iter();
            values.for_each(|value| add(value.as_bytes(), is_prefix));
            Part::Header(clause.header.as_str())
        }
        Condition::Text(text) if *text.subject() == Subject::Path => {
            for matcher in text.wanted_paths() {
                texts.extend(matcher.asked()?);
            }
            Part::Path
        }
        Condition::Text(text) => {
            for pattern in text.wanted() {
                let (text, is_prefix) = of_pattern(pattern)?;
                add(text.as_bytes(), is_prefix);
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
    if texts.is_empty() || texts.contains(&(Vec::new(), true)) {
        return None;
    }
    let asks = |(text, is_prefix): (Vec<u8>, bool)| part.asks(&text, is_prefix);
    Some((part, texts.into_iter().map(asks).collect()))
}

/// The text that a pattern asks for, and whether that is only the start of it.
fn of_pattern(pattern: &Pattern) -> Option<(&str, bool)> {
    match pattern {
        Pattern::Exact(text) => Some((text, false)),
        Pattern::Prefix(text) => Some((text, true)),
        Pattern::Present | Pattern::Suffix(_) | Pattern::Regex(_) | Pattern::Template(_) => None,
    }
}

fn of_subject(subject: &Subject) -> Option<Part<&str>> {
    match subject {
        Subject::Method => Some(Part::Method),
        Subject::Host => Some(Part::Host),
        // A host and a path have other forms.
        Subject::Header(name) if is_authority(name) || name.starts_with(':') => None,
        Subject::Header(name) => Some(Part::Header(name.as_str())),
        Subject::Path
        | Subject::Authority
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
