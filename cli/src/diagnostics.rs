//! Problems as users see them: where, what, and how to mend it.

mod colour;
mod documented;
mod github;
mod json;
mod pretty;
mod text;

pub use self::colour::{Colour, ColourChoice, Painted, Style};
pub use self::documented::documented;
pub use self::text::{WIDTH, clean, wrap};

use crate::manifests::{Location, Manifests};
use heliast::problem::{Problem, Severity};
use serde_json::Value;

/// One mistake in a file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Diagnostic {
    /// Error or warning.
    pub severity: Severity,
    /// A stable name for this sort of mistake, in kebab case.
    pub code: &'static str,
    /// Where it stands, if it stands in a file.
    pub location: Option<Location>,
    /// The object as its owner calls it; empty if it has no name.
    pub object: String,
    /// The field at fault, such as `spec.ingress[0].action`; empty for the whole object.
    pub path: String,
    /// What is wrong.
    pub message: String,
    /// How to mend it.
    pub help: Option<String>,
}

impl Diagnostic {
    /// A problem of the engine, where it stands.
    #[must_use]
    pub fn of_problem(problem: &Problem, location: Option<Location>) -> Self {
        Self {
            severity: problem.severity,
            code: problem.code,
            location,
            object: problem.object.clone(),
            path: problem.path.to_string(),
            message: problem.message.clone(),
            help: problem.help.clone(),
        }
    }

    fn is_error(&self) -> bool {
        self.severity == Severity::Error
    }
}

/// What is wrong with an input.
#[derive(Debug, Clone, Default)]
pub struct Diagnostics {
    list: Vec<Diagnostic>,
    omitted: usize,
}

/// How problems are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Form {
    /// With the line at fault, for people.
    Pretty,
    /// One line each.
    Compact,
    /// One JSON document.
    Json,
    /// Workflow commands, which GitHub shows beside the change.
    Github,
}

impl Diagnostics {
    /// Takes one, unless it was taken before: several tests may read the same broken file.
    pub fn push(&mut self, diagnostic: Diagnostic) {
        if !self.list.contains(&diagnostic) {
            self.list.push(diagnostic);
        }
    }

    /// Takes several, and the number of those that are not listed.
    pub fn extend(&mut self, list: impl IntoIterator<Item = Diagnostic>, omitted: usize) {
        for diagnostic in list {
            self.push(diagnostic);
        }
        self.omitted = self.omitted.saturating_add(omitted);
    }

    /// Puts them in the order of the files they stand in.
    pub fn sort(&mut self) {
        self.list.sort_by_key(|diagnostic| {
            diagnostic
                .location
                .map(|location| (location.file, location.span))
        });
    }

    /// The problems.
    #[must_use]
    pub fn list(&self) -> &[Diagnostic] {
        &self.list
    }

    /// How many errors are listed.
    #[must_use]
    pub fn errors(&self) -> usize {
        self.list
            .iter()
            .filter(|diagnostic| diagnostic.is_error())
            .count()
    }

    /// How many warnings are listed.
    #[must_use]
    pub fn warnings(&self) -> usize {
        self.list.len().saturating_sub(self.errors())
    }

    /// Such as `2 errors, 1 warning`.
    #[must_use]
    pub fn summary(&self) -> String {
        let mut parts = Vec::new();
        let mut count = |number: usize, word: &str| match number {
            0 => {}
            1 => parts.push(format!("1 {word}")),
            more => parts.push(format!("{more} {word}s")),
        };
        count(self.errors(), "error");
        count(self.warnings(), "warning");
        if self.omitted > 0 {
            parts.push(format!("{} more not shown", self.omitted));
        }
        if parts.is_empty() {
            "no problems".to_owned()
        } else {
            parts.join(", ")
        }
    }

    /// All of them as text.
    #[must_use]
    pub fn render(&self, manifests: &Manifests, form: Form, colour: Colour) -> String {
        match form {
            Form::Pretty => pretty::render(self, manifests, colour),
            Form::Compact => pretty::compact(self, manifests),
            Form::Json => json::render(self, manifests),
            Form::Github => github::render(self, manifests),
        }
    }

    /// The JSON form as a value, to be part of a larger document.
    #[must_use]
    pub fn to_json(&self, manifests: &Manifests) -> Value {
        json::document(self, manifests)
    }
}

#[cfg(test)]
mod tests;
