//! A clause about a text in words, for explanations.

use super::TextCondition;
use crate::model::Subject;
use crate::program::condition::write_both;
use std::fmt;

impl fmt::Display for TextCondition {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.subject {
            Subject::Header(name) | Subject::SoleHeader(name) => write!(f, "{name} ")?,
            Subject::Metadata(path, _) => write!(f, "{} ", path.join("."))?,
            Subject::Method
            | Subject::Host
            | Subject::Authority
            | Subject::Path
            | Subject::Target
            | Subject::ServerName
            | Subject::Domain => {}
        }
        let text = ToString::to_string;
        write_both(f, self.any.iter().map(text), self.none.iter().map(text))
    }
}
