//! What is wrong with an input: what, where, why, and how to mend it.
//!
//! Inputs are read to the end, so that several mistakes are reported at once; any error refuses
//! the whole input (design 6.2).

use crate::limits;
use std::cell::{Cell, RefCell};
use std::fmt;

/// Whether the input can be used in spite of the problem.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Severity {
    /// The input is refused whole.
    Error,
    /// The input is used; something in it has no effect, or not the expected one.
    Warning,
}

impl fmt::Display for Severity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Error => "error",
            Self::Warning => "warning",
        })
    }
}

/// One step into an object.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum Segment {
    /// A key of a map.
    Key(String),
    /// An item of a list, from 0.
    Index(usize),
}

/// The way from an object's root to one of its fields; prints as `spec.ingress[0].action`.
#[derive(Debug, Clone, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct FieldPath(pub Vec<Segment>);

impl fmt::Display for FieldPath {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (position, segment) in self.0.iter().enumerate() {
            match segment {
                Segment::Key(key) if position == 0 => write!(f, "{key}")?,
                Segment::Key(key) => write!(f, ".{key}")?,
                Segment::Index(index) => write!(f, "[{index}]")?,
            }
        }
        Ok(())
    }
}

/// One mistake in an input.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Problem {
    /// Error or warning.
    pub severity: Severity,
    /// A stable name for this sort of mistake, in kebab case, such as `unknown-field`.
    pub code: &'static str,
    /// Position of the object in the input, from 0.
    pub document: usize,
    /// The object as its owner calls it, such as `NetworkPolicy dev/web`; empty if it has no name.
    pub object: String,
    /// The field at fault, from the root of the document.
    pub path: FieldPath,
    /// What is wrong, in lower case, without a full stop.
    pub message: String,
    /// How to mend it.
    pub help: Option<String>,
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.severity)?;
        if !self.object.is_empty() {
            write!(f, ": {}", self.object)?;
        }
        if !self.path.0.is_empty() {
            write!(f, ": {}", self.path)?;
        }
        write!(f, ": {}", self.message)?;
        match &self.help {
            Some(help) => write!(f, " ({help})"),
            None => Ok(()),
        }
    }
}

/// All that is wrong with an input, in the order of the input.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Problems {
    /// At most [`limits::PROBLEMS`] of them.
    pub list: Vec<Problem>,
    /// How many more there are.
    pub omitted: usize,
    /// Whether any of them, listed or omitted, is an error.
    pub refused: bool,
}

impl Problems {
    /// The errors among the listed problems.
    pub fn errors(&self) -> impl Iterator<Item = &Problem> {
        self.list
            .iter()
            .filter(|problem| problem.severity == Severity::Error)
    }

    /// The warnings among the listed problems.
    pub fn warnings(&self) -> impl Iterator<Item = &Problem> {
        self.list
            .iter()
            .filter(|problem| problem.severity == Severity::Warning)
    }
}

impl fmt::Display for Problems {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (position, problem) in self.list.iter().enumerate() {
            let separator = if position == 0 { "" } else { "\n" };
            write!(f, "{separator}{problem}")?;
        }
        match self.omitted {
            0 => Ok(()),
            more => write!(f, "\nand {more} more problems"),
        }
    }
}

impl std::error::Error for Problems {}

/// Where problems are collected while an input is read. Shared, hence the cells.
#[derive(Debug, Default)]
pub struct Report {
    list: RefCell<Vec<Problem>>,
    omitted: Cell<usize>,
    refused: Cell<bool>,
}

impl Report {
    /// Takes one problem; past [`limits::PROBLEMS`] only the count is kept, errors before warnings.
    pub fn add(&self, problem: Problem) {
        let is_error = problem.severity == Severity::Error;
        self.refused.set(self.refused.get() || is_error);
        let mut list = self.list.borrow_mut();
        if list.len() >= limits::PROBLEMS {
            self.omitted.set(self.omitted.get().saturating_add(1));
            let warning = list
                .iter()
                .rposition(|listed| listed.severity == Severity::Warning);
            let Some(position) = warning.filter(|_| is_error) else {
                return;
            };
            list.remove(position);
        }
        let place = list.partition_point(|listed| listed.document <= problem.document);
        list.insert(place, problem);
    }

    /// Whether an error was added so far.
    #[must_use]
    pub fn is_refused(&self) -> bool {
        self.refused.get()
    }

    /// All that was added, in the order of the input.
    #[must_use]
    pub fn into_problems(self) -> Problems {
        let list = self.list.into_inner();
        Problems {
            list,
            omitted: self.omitted.get(),
            refused: self.refused.get(),
        }
    }
}
