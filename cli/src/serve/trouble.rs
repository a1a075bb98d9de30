//! Why the source cannot be served as it is now.

use crate::diagnostics::{Colour, Diagnostic, Diagnostics, Form};
use crate::manifests::{FileError, Manifests};
use heliast::problem::Severity;
use serde_json::Value;

/// What is wrong with the source.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Trouble {
    /// Such as `2 errors, 1 warning`.
    pub(super) summary: String,
    /// How many errors are listed.
    pub(super) errors: usize,
    /// For programs: the document that `heliast check --output json` prints.
    pub(super) json: Value,
    /// For people, with the lines at fault.
    pub(super) text: String,
    /// One line each.
    pub(super) lines: Vec<String>,
}

impl Trouble {
    /// What is wrong in files.
    pub(super) fn new(manifests: &Manifests, diagnostics: &Diagnostics) -> Self {
        Self {
            summary: diagnostics.summary(),
            errors: diagnostics.errors(),
            json: diagnostics.to_json(manifests),
            text: diagnostics.render(manifests, Form::Pretty, Colour::NONE),
            lines: diagnostics
                .render(manifests, Form::Compact, Colour::NONE)
                .lines()
                .map(str::to_owned)
                .collect(),
        }
    }

    /// A change that has no place in the order of bundles.
    pub(super) fn unnumbered(message: String, help: String) -> Self {
        let mut diagnostics = Diagnostics::default();
        diagnostics.push(Diagnostic {
            severity: Severity::Error,
            code: "no-higher-number",
            location: None,
            object: String::new(),
            path: String::new(),
            message,
            help: Some(help),
        });
        Self::new(&Manifests::new(), &diagnostics)
    }

    /// What cannot be read.
    pub(super) fn unreadable(errors: &[FileError]) -> Self {
        let mut diagnostics = Diagnostics::default();
        for error in errors {
            let help = if error.is_missing {
                "what was served of it stays; put it back, or start the server without it"
            } else {
                "what was served of it stays; let the server read it"
            };
            diagnostics.push(Diagnostic {
                severity: Severity::Error,
                code: "unreadable",
                location: None,
                object: String::new(),
                path: String::new(),
                message: error.to_string(),
                help: Some(help.to_owned()),
            });
        }
        Self::new(&Manifests::new(), &diagnostics)
    }
}
