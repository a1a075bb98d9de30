//! A rule's clause about one header: Calico Enterprise's extension (calico.md 1.3).

use crate::regex::Regex;

/// A clause about one request header.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
#[cfg_attr(feature = "compiled", derive(serde::Serialize, serde::Deserialize))]
pub struct HeaderMatch {
    /// The name, in lower case; `:authority` for `host`, because Envoy keeps that line so.
    pub header: String,
    /// How its values are tested.
    pub operator: HeaderOperator,
}

/// How the values of a header are tested; case-sensitive, byte by byte.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
#[cfg_attr(feature = "compiled", derive(serde::Serialize, serde::Deserialize))]
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
