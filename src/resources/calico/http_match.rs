//! A rule's HTTP clause (calico.md 1.3); `headers` is Calico Enterprise's extension.

use crate::path::PathPattern;

/// What an HTTP request must look like: every list that is not empty must have a match.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct HttpMatch {
    /// One of these methods, by exact spelling; `*` is any method.
    pub methods: Vec<String>,
    /// One of these paths. An entry that can match no request (calico.md 4.6) is kept as `None`, so
    /// that the list does not become empty and match everything.
    pub paths: Vec<Option<PathPattern>>,
    /// All of these headers.
    pub headers: Vec<HeaderMatch>,
}

/// A clause about one request header.
#[derive(Debug, Clone, PartialEq)]
pub struct HeaderMatch {
    /// The name, in lower case.
    pub header: String,
    /// How its values are tested.
    pub operator: HeaderOperator,
}

/// How the values of a header are tested; case-sensitive, byte by byte.
#[derive(Debug, Clone, PartialEq)]
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

/// A regular expression that has been compiled once to know that it can be.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Regex(String);

impl Regex {
    /// The expression as its author wrote it.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}
