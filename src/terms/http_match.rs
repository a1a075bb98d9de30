//! A rule's HTTP clause (calico.md 1.3).

use super::HeaderMatch;
use crate::path::PathPattern;
#[cfg(feature = "compiled")]
use crate::reader::{Read, Reader};

/// What an HTTP request must look like: every list that is not empty must have a match.
#[derive(Debug, Clone, Default, PartialEq)]
#[cfg_attr(feature = "compiler", derive(serde::Serialize))]
pub struct HttpMatch {
    /// One of these methods, by exact spelling; `*` is any method.
    pub methods: Vec<String>,
    /// One of these paths. An entry that can match no request (calico.md 4.6) is kept as `None`, so
    /// that the list does not become empty and match everything.
    pub paths: Vec<Option<PathPattern>>,
    /// All of these headers.
    pub headers: Vec<HeaderMatch>,
}

#[cfg(feature = "compiled")]
impl Read for HttpMatch {
    fn read(from: &mut Reader<'_>) -> Self {
        Self {
            methods: from.read(),
            paths: from.read(),
            headers: from.read(),
        }
    }
}
