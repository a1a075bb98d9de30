//! Manifests: YAML and JSON files as documents that know where each of their fields stands.

mod document;
mod files;
mod json;
pub mod limits;
mod node;
mod objects;
mod scalar;
mod source;
mod yaml;

pub use self::document::Document;
pub use self::files::{FileError, display, find, read};
pub use self::objects::{Objects, Origin};
pub use self::source::{Location, Position, SourceFile, Span};

use self::node::{Node, Syntax};
use crate::diagnostics::Diagnostic;
use crate::gzip;
use heliast::problem::{FieldPath, Problem};
use std::collections::BTreeMap;
use std::ops::Range;
use std::path::{Path, PathBuf};

/// Every file that was read so far, and the documents in them.
///
/// Syntax errors are kept as [`Diagnostic`]s beside the documents that could be read, so that
/// several broken files are reported at once.
#[derive(Debug, Default)]
pub struct Manifests {
    files: Vec<SourceFile>,
    documents: Vec<Document>,
    diagnostics: Vec<Diagnostic>,
    /// The documents of each file; a file that several tests name is read once.
    by_file: BTreeMap<PathBuf, Range<usize>>,
}

impl Manifests {
    /// Nothing read yet.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Reads a file, all manifests under a folder, or standard input where the path is `-`, and
    /// gives the positions of the documents found, in order.
    ///
    /// # Errors
    ///
    /// If a file is not there or cannot be read. What is wrong *in* a file is in
    /// [`Self::diagnostics`].
    pub fn read(&mut self, path: &Path) -> Result<Vec<usize>, FileError> {
        if path == Path::new("-") {
            let bytes = read(path, limits::FILE_BYTES)?;
            return Ok(self.add(&display(path), bytes, None).collect());
        }
        let mut documents = Vec::new();
        for file in find(path)? {
            documents.extend(self.read_file(&file)?);
        }
        Ok(documents)
    }

    /// Takes a text as if it were a file of that name.
    pub fn read_text(&mut self, name: &str, text: &str) -> Range<usize> {
        self.add(name, text.as_bytes().to_vec(), None)
    }

    /// Takes bytes as if they were a file of that name.
    pub fn read_bytes(&mut self, name: &str, bytes: Vec<u8>) -> Range<usize> {
        self.add(name, bytes, None)
    }

    /// Takes bytes that must be JSON as if they were a file of that name.
    pub fn read_json(&mut self, name: &str, bytes: Vec<u8>) -> Range<usize> {
        self.add(name, bytes, Some(Language::Json))
    }

    /// Where the file that was read last begins.
    #[must_use]
    pub fn start_of_last(&self) -> Option<Location> {
        let file = self.files.len().checked_sub(1)?;
        let span = Span::START;
        Some(Location { file, span })
    }

    /// The documents, in the order in which they were read.
    #[must_use]
    pub fn documents(&self) -> &[Document] {
        &self.documents
    }

    /// The files; [`Location::file`] is a position in here.
    #[must_use]
    pub fn files(&self) -> &[SourceFile] {
        &self.files
    }

    /// What is wrong with the files themselves.
    #[must_use]
    pub fn diagnostics(&self) -> &[Diagnostic] {
        &self.diagnostics
    }

    /// Where a field stands, or the nearest of its parents that is there.
    #[must_use]
    pub fn locate(&self, document: usize, path: &FieldPath) -> Option<Location> {
        self.documents
            .get(document)
            .map(|document| document.locate(&path.0, false))
    }

    /// A problem of the engine with the objects it was given, as one of the files.
    #[must_use]
    pub fn diagnose(&self, problem: &Problem, objects: &Objects) -> Diagnostic {
        match objects.origin(problem.document) {
            Some(origin) => self.diagnose_at(problem, origin),
            None => Diagnostic::of_problem(problem, None),
        }
    }

    /// A problem of the engine with an object that stands at `origin`.
    #[must_use]
    pub fn diagnose_at(&self, problem: &Problem, origin: &Origin) -> Diagnostic {
        let path = origin.path(&problem.path);
        // What is wrong with an unknown field is its name.
        let at_key = problem.code == "unknown-field";
        let document = self.documents.get(origin.document);
        Diagnostic::of_problem(
            problem,
            document.map(|document| document.locate(&path.0, at_key)),
        )
    }

    /// The first document of the file of another document, as a folder to look up relative paths in.
    #[must_use]
    pub fn folder_of(&self, document: usize) -> PathBuf {
        let file = self
            .documents
            .get(document)
            .and_then(|document| self.files.get(document.file()));
        let parent = file.and_then(|file| Path::new(&file.name).parent());
        parent.map(Path::to_path_buf).unwrap_or_default()
    }

    fn read_file(&mut self, path: &Path) -> Result<Range<usize>, FileError> {
        let unique = path
            .canonicalize()
            .map_err(|error| FileError::new(path, &error))?;
        if let Some(known) = self.by_file.get(&unique) {
            return Ok(known.clone());
        }
        let bytes = read(path, limits::FILE_BYTES)?;
        let documents = self.add(&display(path), bytes, None);
        self.by_file.insert(unique, documents.clone());
        Ok(documents)
    }

    fn add(&mut self, name: &str, bytes: Vec<u8>, language: Option<Language>) -> Range<usize> {
        let file = self.files.len();
        let (text, parsed) = parse(name, bytes, language);
        let first = self.documents.len();
        let is_said = |node: &Node| !node.is_null();
        let roots = parsed.roots.into_iter().filter(is_said);
        self.documents
            .extend(roots.map(|root| Document::new(file, root)));
        let location = |span| Location { file, span };
        let problems = parsed.problems.into_iter();
        self.diagnostics.extend(problems.map(|problem| {
            let place = location(problem.span);
            problem.into_diagnostic(place)
        }));
        self.files.push(SourceFile {
            name: name.to_owned(),
            text,
        });
        first..self.documents.len()
    }
}

/// What a file is written in.
#[derive(Debug, Clone, Copy)]
enum Language {
    Json,
    Yaml,
}

impl Language {
    /// What the name of a file or its first letter says.
    fn of(name: &str, text: &str) -> Self {
        let unpacked = Path::new(name.strip_suffix(".gz").unwrap_or(name));
        let is_json = match unpacked.extension() {
            Some(extension) => extension == "json",
            None => text.trim_start().starts_with('{') && json::is_valid(text),
        };
        if is_json { Self::Json } else { Self::Yaml }
    }
}

/// Reads a text in a language, or in the one that it seems to be in.
fn parse(name: &str, bytes: Vec<u8>, language: Option<Language>) -> (String, Syntax) {
    let refused = |code, message, help| (String::new(), Syntax::refused(code, message, help));
    let bytes = match gzip::unpack(bytes, limits::FILE_BYTES) {
        Ok(bytes) => bytes,
        Err(error) => {
            let message = format!("the file begins as gzip does, and is none: {error}");
            return refused("encoding", message, "pack it again");
        }
    };
    if bytes.len() > limits::FILE_BYTES {
        let most = limits::FILE_BYTES;
        let message = format!("the file has more than {most} bytes");
        return refused("file-size", message, "split it");
    }
    let text = match String::from_utf8(bytes) {
        Ok(text) => text,
        Err(error) => {
            let at = error.utf8_error().valid_up_to();
            let message = format!("the file is not UTF-8: the byte at {at} is out of place");
            return refused("encoding", message, "save it as UTF-8");
        }
    };
    let syntax = match language.unwrap_or_else(|| Language::of(name, &text)) {
        Language::Json => json::read(&text),
        Language::Yaml => yaml::read(&text),
    };
    (text, syntax)
}

#[cfg(test)]
mod tests;
