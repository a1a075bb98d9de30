//! A rule's clause about one header: Calico Enterprise's extension (calico.md 1.3).

#[cfg(feature = "compiled")]
use crate::reader::{Read, Reader};
use crate::regex::Regex;

/// A clause about one request header.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
#[cfg_attr(feature = "compiler", derive(serde::Serialize))]
pub struct HeaderMatch {
    /// The name, in lower case; `:authority` for `host`, because Envoy keeps that line so.
    pub header: String,
    /// How its values are tested.
    pub operator: HeaderOperator,
}

#[cfg(feature = "compiled")]
impl Read for HeaderMatch {
    fn read(from: &mut Reader<'_>) -> Self {
        Self {
            header: from.read(),
            operator: from.read(),
        }
    }
}

/// How the values of a header are tested; case-sensitive, byte by byte.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
#[cfg_attr(feature = "compiler", derive(serde::Serialize))]
pub enum HeaderOperator {
    /// The header is there.
    Exists,
    /// The header is not there.
    DoesNotExist,
    /// A value starts with one of these.
    HasPrefix(Vec<String>),
    /// A value ends with one of these.
    HasSuffix(Vec<String>),
    /// A value is one of these.
    In(Vec<String>),
    /// No value is one of these.
    NotIn(Vec<String>),
    /// A value matches one of these regular expressions as a whole.
    MatchesRegex(Vec<Regex>),
}

#[cfg(feature = "compiled")]
impl Read for HeaderOperator {
    fn read(from: &mut Reader<'_>) -> Self {
        match from.variant() {
            0 => Self::Exists,
            1 => Self::DoesNotExist,
            2 => Self::HasPrefix(from.read()),
            3 => Self::HasSuffix(from.read()),
            4 => Self::In(from.read()),
            5 => Self::NotIn(from.read()),
            6 => Self::MatchesRegex(from.read()),
            _ => from.refuse(Self::Exists),
        }
    }
}
