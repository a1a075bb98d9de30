//! Why a bundle was not read.

use crate::diagnostics::{Diagnostic, Diagnostics};
use crate::manifests::{FileError, Manifests, Objects, Origin};
use heliast::problem::{FieldPath, Problems, Segment, Severity};
use std::io;

/// What is wrong with a file, and the file to show it in.
#[derive(Debug, Default)]
pub struct Refusal {
    /// The file.
    pub manifests: Manifests,
    /// What is wrong with it.
    pub diagnostics: Diagnostics,
}

/// Why a bundle was not read.
#[derive(Debug)]
pub enum Unread {
    /// The file is not there, or cannot be read.
    File(FileError),
    /// It is no bundle.
    Refused(Box<Refusal>),
}

impl From<FileError> for Unread {
    fn from(error: FileError) -> Self {
        Self::File(error)
    }
}

impl Refusal {
    /// A mistake at a field of a document. Where the document is not even JSON, that is the mistake.
    pub(super) fn at(
        name: &str,
        bytes: Vec<u8>,
        path: Vec<Segment>,
        message: String,
        help: &str,
    ) -> Self {
        let mut refusal = Self::of_syntax(name, bytes);
        if refusal.diagnostics.errors() == 0 {
            let path = FieldPath(path);
            refusal.diagnostics.push(Diagnostic {
                severity: Severity::Error,
                code: "bad-bundle",
                location: refusal.manifests.locate(0, &path),
                object: String::new(),
                path: path.to_string(),
                message,
                help: (!help.is_empty()).then(|| help.to_owned()),
            });
        }
        refusal
    }

    /// A file that is refused for what it is, not for a line of it.
    pub(super) fn of_file(name: &str, message: &str, help: &str) -> Self {
        let mut refusal = Self::default();
        refusal.diagnostics.push(Diagnostic {
            severity: Severity::Error,
            code: "bad-bundle",
            location: None,
            object: String::new(),
            path: String::new(),
            message: format!("{name}: {message}"),
            help: Some(help.to_owned()),
        });
        refusal
    }

    /// A file that begins as gzip does, and is none.
    #[must_use]
    pub fn of_gzip(name: &str, error: &io::Error) -> Self {
        let message = format!("the file begins as gzip does, and is none: {error}");
        Self::of_file(name, &message, "pack it again")
    }

    /// Problems of the engine with the `resources` of a bundle.
    pub(super) fn of_resources(name: &str, bytes: Vec<u8>, problems: &Problems) -> Self {
        let mut refusal = Self::of_syntax(name, bytes);
        let mut objects = Objects::default();
        objects.push_document(&refusal.manifests, 0);
        let manifests = &refusal.manifests;
        let list = problems.list.iter();
        let list = list.map(|problem| match objects.origin(problem.document) {
            Some(origin) => manifests.diagnose_at(problem, origin),
            None => manifests.diagnose_at(problem, &Origin::document(0)),
        });
        refusal.diagnostics.extend(list, problems.omitted);
        refusal
    }

    fn of_syntax(name: &str, bytes: Vec<u8>) -> Self {
        let mut refusal = Self::default();
        refusal.manifests.read_json(name, bytes);
        let list = refusal.manifests.diagnostics().iter().cloned();
        refusal.diagnostics.extend(list, 0);
        refusal
    }
}

impl From<Refusal> for Unread {
    fn from(refusal: Refusal) -> Self {
        Self::Refused(Box::new(refusal))
    }
}
